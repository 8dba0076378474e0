#include "sim/random.hpp"

#include <cassert>
#include <cmath>

#include "core/portable_math.hpp"

namespace tenfold::sim {

namespace {

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15ULL;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// FNV-1a.
std::uint64_t hash(std::string_view name) {
  std::uint64_t value = 0xCBF29CE484222325ULL;
  for (const char c : name) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return value;
}

constexpr std::size_t kLayers = 256;

// Layers of equal area under a falling density: layer i reaches from 0 to edge[i], and lies between height[i] and
// height[i + 1]. Layer 0 is the base with the tail; its edge is that of a rectangle of the same area.
struct Ziggurat {
  std::array<double, kLayers + 1> edge{};
  std::array<double, kLayers + 1> height{};
};

// `r` is where the tail begins, `area` what each layer holds; both from the paper's equation for 256 layers.
template <class Density, class Inverse>
Ziggurat make_ziggurat(double r, double area, Density density, Inverse inverse) {
  Ziggurat z;
  z.edge[0] = area / density(r);
  z.edge[1] = r;
  z.height[1] = density(r);
  for (std::size_t i = 2; i < kLayers; ++i) {
    z.height[i] = z.height[i - 1] + area / z.edge[i - 1];
    z.edge[i] = inverse(z.height[i]);
  }
  z.edge[kLayers] = 0;
  z.height[kLayers] = 1;
  return z;
}

constexpr double kExponentialTail = 7.69711747013104972;
constexpr double kNormalTail = 3.6541528853610088;

const Ziggurat& exponential_ziggurat() {
  static const Ziggurat table = make_ziggurat(
      kExponentialTail, 3.9496598225815571993e-3, [](double x) { return core::portable_exp(-x); },
      [](double y) { return -core::portable_log(y); });
  return table;
}

const Ziggurat& normal_ziggurat() {
  static const Ziggurat table = make_ziggurat(
      kNormalTail, 4.92867323399141e-3, [](double x) { return core::portable_exp(-x * x / 2); },
      [](double y) { return std::sqrt(-2 * core::portable_log(y)); });
  return table;
}

// The bits of one draw: 8 choose the layer, one the sign, 53 others the place in it.
std::size_t layer_of(std::uint64_t bits) { return bits & (kLayers - 1); }
double place_of(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }
double with_sign_of(std::uint64_t bits, double x) { return (bits & kLayers) != 0 ? -x : x; }

// Beyond kNormalTail: Marsaglia's method of 1964, as in the paper.
double normal_tail(Random& random) {
  for (;;) {
    const double x = random.exponential() / kNormalTail;
    const double y = random.exponential();
    if (y + y >= x * x) return kNormalTail + x;
  }
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t state = mix(seed + kGamma) + (stream + 1) * kGamma;
  // Mixed once more: states of neighbouring streams would overlap, shifted by a word.
  state = mix(state);
  for (std::uint64_t& word : state_) word = mix(state += kGamma);
}

Random::Random(std::uint64_t seed, std::string_view stream) : Random{seed, hash(stream)} {}

std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide{bits()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t uneven = -bound % bound;
    while (static_cast<std::uint64_t>(product) < uneven) product = Wide{bits()} * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Random::exponential() {
  static const Ziggurat& z = exponential_ziggurat();
  for (double beyond = 0;; beyond += kExponentialTail) {
    for (;;) {
      const std::uint64_t drawn = bits();
      const std::size_t layer = layer_of(drawn);
      const double x = place_of(drawn) * z.edge[layer];
      if (x < z.edge[layer + 1]) return beyond + x;
      if (layer == 0) break;  // the tail has the form of the whole
      const double y = z.height[layer] + uniform() * (z.height[layer + 1] - z.height[layer]);
      if (y < core::portable_exp(-x)) return beyond + x;
    }
  }
}

double Random::normal() {
  static const Ziggurat& z = normal_ziggurat();
  for (;;) {
    const std::uint64_t drawn = bits();
    const std::size_t layer = layer_of(drawn);
    const double x = place_of(drawn) * z.edge[layer];
    if (x < z.edge[layer + 1]) return with_sign_of(drawn, x);
    if (layer == 0) return with_sign_of(drawn, normal_tail(*this));
    const double y = z.height[layer] + uniform() * (z.height[layer + 1] - z.height[layer]);
    if (y < core::portable_exp(-x * x / 2)) return with_sign_of(drawn, x);
  }
}

}  // namespace tenfold::sim
