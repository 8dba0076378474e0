// Random numbers of a simulation: the same seed gives the same numbers on every system.
//
// No std::*_distribution is used, because the standard leaves their output to each library.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tenfold::sim {

// xoshiro256++ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021), its
// state filled by splitmix64 as its authors advise. Period 2^256 - 1.
//
//   Random arrivals{seed, 1};
//   Random service{seed, 2};    // what one draws does not move the other
//
// Generators of the same seed and different streams are independent for all that matters here.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);
  Random(std::uint64_t seed, std::string_view stream);

  // 64 random bits.
  std::uint64_t bits() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  // A whole number below `bound`, each as likely; `bound` > 0. Lemire, "Fast random integer generation in an interval",
  // ACM TOMACS 29, 2019.
  std::uint64_t below(std::uint64_t bound);

  // Any order of `items`, each as likely: Fisher and Yates, "Statistical Tables", 1938.
  template <class Item>
  void shuffle(std::vector<Item>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  // Exponential with mean 1, and normal with mean 0 and variance 1. Both by the ziggurat (Marsaglia and Tsang, "The
  // ziggurat method for generating random variables", J. Stat. Software 5, 2000) with 256 layers.
  double exponential();
  double normal();

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace tenfold::sim
