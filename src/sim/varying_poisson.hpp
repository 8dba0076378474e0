// Poisson arrivals whose rate changes over time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "sim/random.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

// A piece of a rate's course: from `from` to `to` requests a second, in a straight line over `length`.
struct RatePiece {
  core::Duration length{};
  double from = 0;
  double to = 0;
};
inline constexpr core::Duration kForever = core::Duration::max();

// A rate's course, piece by piece.
class RateCurve {
 public:
  virtual ~RateCurve() = default;
  // The next piece; nothing if no request comes any more. A curve that goes on for ever must not stay at zero for ever.
  virtual std::optional<RatePiece> next() = 0;
};

// The Poisson process of that rate. By change of time and not by thinning: the expected number of arrivals until the
// next is exponential with mean 1 (Cinlar, "Introduction to Stochastic Processes", 1975), and over a straight line the
// time that it takes follows from a square root. So each arrival costs one draw, however low the rate is against its
// peak, and one that falls to zero for ever ends.
class VaryingPoisson final : public Workload {
 public:
  // At `scale` times the curve's rate.
  VaryingPoisson(std::unique_ptr<RateCurve> curve, const Random& random, double scale = 1);
  std::optional<Arrival> next() override;

 private:
  void take_piece();

  std::unique_ptr<RateCurve> curve_;
  Random random_;
  double mass_;  // of the curve, for an arrival
  std::optional<RatePiece> piece_;
  core::TimePoint piece_began_{};
  core::TimePoint at_{};  // of the last arrival, or of the piece's beginning if there was none in it
};

// One rate for ever.
std::unique_ptr<RateCurve> make_steady_curve(double rate);

// The pieces one after the other, and again from the first. One of them must not be zero throughout.
std::unique_ptr<RateCurve> make_cycle_curve(std::vector<RatePiece> pieces);

// A state of a process that modulates a rate: the rate in it, and how long it lasts on average.
struct RateState {
  double rate = 0;
  core::Duration mean_stay{};
};
// A Markov-modulated Poisson process's rate (MMPP; Fischer and Meier-Hellstern, "The Markov-modulated Poisson process
// cookbook", Performance Evaluation 18, 1993): stays are exponential, the next state is any other, each as likely, and
// the first one is drawn as it is found at any time. There must be two states or more, one of them with a rate.
std::unique_ptr<RateCurve> make_modulated_curve(std::vector<RateState> states, const Random& random);

// One straight line, and its end's rate from then on.
std::unique_ptr<RateCurve> make_ramp_curve(double from, double to, core::Duration over);

// A day: mean * (1 + amplitude * sin), which begins at its mean and rises, times noise that is drawn anew each minute:
// lognormal with mean 1 and `noise` as its coefficient of variation. The sine is followed in straight lines of a
// minute, or of a 1440th of a shorter period.
struct DayShape {
  double mean = 1;
  double amplitude = 0.8;
  core::Duration period = std::chrono::hours{24};
  double noise = 0;
};
std::unique_ptr<RateCurve> make_day_curve(const DayShape& shape, const Random& random);

}  // namespace tenfold::sim
