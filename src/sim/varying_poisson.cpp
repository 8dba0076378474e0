#include "sim/varying_poisson.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "core/portable_math.hpp"

namespace tenfold::sim {

namespace {

constexpr double kNsPerSecond = 1e9;

double seconds(core::Duration span) { return static_cast<double>(span.count()) / kNsPerSecond; }

// What is left of a piece.
struct Rest {
  double length_s = 0;
  double rate = 0;   // at its beginning
  double slope = 0;  // per second
};

Rest rest_of(const RatePiece& piece, core::Duration passed) {
  const double slope = piece.from == piece.to ? 0 : (piece.to - piece.from) / seconds(piece.length);
  return {.length_s = seconds(piece.length - passed), .rate = piece.from + slope * seconds(passed), .slope = slope};
}

// The expected number of arrivals in it.
double mass_of(const Rest& rest) { return (rest.rate + rest.slope * rest.length_s / 2) * rest.length_s; }

// How long until `mass` arrivals are expected: the root of rate * x + slope * x^2 / 2 = mass, in the form that does not
// cancel.
double time_of(const Rest& rest, double mass) {
  if (rest.slope == 0) return mass / rest.rate;
  const double square = std::max(0.0, rest.rate * rest.rate + 2 * rest.slope * mass);
  return 2 * mass / (rest.rate + std::sqrt(square));
}

class Steady final : public RateCurve {
 public:
  explicit Steady(double rate) : rate_{rate} {}
  std::optional<RatePiece> next() override { return RatePiece{.length = kForever, .from = rate_, .to = rate_}; }

 private:
  double rate_;
};

class Cycle final : public RateCurve {
 public:
  explicit Cycle(std::vector<RatePiece> pieces) : pieces_{std::move(pieces)} {}
  std::optional<RatePiece> next() override { return pieces_[next_++ % pieces_.size()]; }

 private:
  std::vector<RatePiece> pieces_;
  std::size_t next_ = 0;
};

class Ramp final : public RateCurve {
 public:
  explicit Ramp(const RatePiece& line) : line_{line} {}
  std::optional<RatePiece> next() override {
    if (!std::exchange(has_begun_, true)) return line_;
    if (line_.to == 0) return std::nullopt;
    return RatePiece{.length = kForever, .from = line_.to, .to = line_.to};
  }

 private:
  RatePiece line_;
  bool has_begun_ = false;
};

class Day final : public RateCurve {
 public:
  Day(const DayShape& shape, const Random& random) : shape_{shape}, random_{random} {
    line_ = std::clamp(shape.period / 1440, core::Duration{1}, kMinute);
    variance_ = core::portable_log(1 + shape.noise * shape.noise);
  }

  std::optional<RatePiece> next() override {
    if (at_ >= noise_until_) draw_noise();
    const core::Duration begin = at_;
    at_ = std::min(begin + line_, noise_until_);
    return RatePiece{.length = at_ - begin, .from = rate(begin), .to = rate(at_)};
  }

 private:
  static constexpr core::Duration kMinute = std::chrono::minutes{1};

  double rate(core::Duration at) const {
    const double turns = static_cast<double>((at % shape_.period).count()) / static_cast<double>(shape_.period.count());
    // sin(x) = cos(x - a quarter), which is cos(x + three quarters).
    const double sine = core::portable_cos_turns(turns < 0.25 ? turns + 0.75 : turns - 0.25);
    return std::max(0.0, shape_.mean * (1 + shape_.amplitude * sine) * noise_);
  }

  void draw_noise() {
    noise_until_ += kMinute;
    if (shape_.noise > 0) noise_ = core::portable_exp(std::sqrt(variance_) * random_.normal() - variance_ / 2);
  }

  DayShape shape_;
  Random random_;
  core::Duration line_{};
  double variance_ = 0;
  core::Duration at_{};
  core::Duration noise_until_{};
  double noise_ = 1;
};

class Modulated final : public RateCurve {
 public:
  Modulated(std::vector<RateState> states, const Random& random) : states_{std::move(states)}, random_{random} {
    double all_s = 0;
    for (const RateState& state : states_) all_s += seconds(state.mean_stay);
    double place_s = random_.uniform() * all_s;
    while (state_ + 1 < states_.size() && place_s >= seconds(states_[state_].mean_stay)) {
      place_s -= seconds(states_[state_++].mean_stay);
    }
  }

  std::optional<RatePiece> next() override {
    const RateState& state = states_[state_];
    const double ns = random_.exponential() * static_cast<double>(state.mean_stay.count());
    const core::Duration stay{1 + static_cast<core::Duration::rep>(std::min(ns, 1e18))};
    state_ = (state_ + 1 + static_cast<std::size_t>(random_.below(states_.size() - 1))) % states_.size();
    return RatePiece{.length = stay, .from = state.rate, .to = state.rate};
  }

 private:
  std::vector<RateState> states_;
  Random random_;
  std::size_t state_ = 0;
};

}  // namespace

VaryingPoisson::VaryingPoisson(std::unique_ptr<RateCurve> curve, const Random& random, double scale)
    : curve_{std::move(curve)}, random_{random}, mass_{1 / scale} {
  take_piece();
}

void VaryingPoisson::take_piece() {
  piece_ = piece_began_ < kLastArrival ? curve_->next() : std::nullopt;
  if (piece_) piece_->length = std::min(piece_->length, kLastArrival - piece_began_);
}

std::optional<Arrival> VaryingPoisson::next() {
  double mass = random_.exponential() * mass_;
  while (piece_) {
    const Rest rest = rest_of(*piece_, at_ - piece_began_);
    const double all = mass_of(rest);
    if (mass < all) {
      // To the nearest nanosecond, and not beyond the piece by a rounding error.
      const double ns = std::min(time_of(rest, mass), rest.length_s) * kNsPerSecond;
      at_ += core::Duration{static_cast<core::Duration::rep>(std::floor(ns + 0.5))};
      return Arrival{.at = at_};
    }
    mass -= all;
    piece_began_ += piece_->length;
    at_ = piece_began_;
    take_piece();
  }
  return piece_began_ < kLastArrival ? std::nullopt : std::optional{Arrival{.at = core::kNever}};
}

std::unique_ptr<RateCurve> make_steady_curve(double rate) { return std::make_unique<Steady>(rate); }

std::unique_ptr<RateCurve> make_cycle_curve(std::vector<RatePiece> pieces) {
  assert(std::ranges::any_of(pieces, [](const RatePiece& piece) { return piece.from + piece.to > 0; }));
  return std::make_unique<Cycle>(std::move(pieces));
}

std::unique_ptr<RateCurve> make_modulated_curve(std::vector<RateState> states, const Random& random) {
  assert(states.size() >= 2);
  return std::make_unique<Modulated>(std::move(states), random);
}

std::unique_ptr<RateCurve> make_ramp_curve(double from, double to, core::Duration over) {
  return std::make_unique<Ramp>(RatePiece{.length = over, .from = from, .to = to});
}

std::unique_ptr<RateCurve> make_day_curve(const DayShape& shape, const Random& random) {
  return std::make_unique<Day>(shape, random);
}

}  // namespace tenfold::sim
