#include "core/scale/drain.hpp"

#include <algorithm>
#include <cmath>

#include "core/queue/request_table.hpp"
#include "core/service_times.hpp"

namespace tenfold::core {

namespace {

// A start that takes longer than starts do is expected to take so much of a start still.
constexpr double kOverdue = 1.0 / 8;

// The answer is right to this part of itself, or to this part of a request.
constexpr double kPrecision = 1e-4;

// Ages by bin: how many, and their sum in nanoseconds.
class Ages {
 public:
  void add(Duration age, std::uint32_t slots) {
    Bin& bin = bins_[duration_bin(age)];
    is_empty_ = false;
    bin.slots += slots;
    bin.sum += age.count() * slots;
  }

  bool is_empty() const { return is_empty_; }

  template <class F>
  void for_each(F f) const {
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      if (bins_[i].slots == 0) continue;
      const auto slots = static_cast<double>(bins_[i].slots);
      f(slots, static_cast<double>(bins_[i].sum) / slots / 1e9);
    }
  }

 private:
  struct Bin {
    std::int64_t slots = 0;
    std::int64_t sum = 0;
  };
  std::array<Bin, kDurationBins> bins_{};
  bool is_empty_ = true;
};

}  // namespace

Drain::Drain(const Situation& situation, double service_s, double cold_start_s)
    : service_s_{service_s}, turns_{std::max(1.0, (1 + situation.times.service_scv()) / 2)} {
  add_running(situation);
  add_replicas(situation, cold_start_s);
}

void Drain::add_running(const Situation& situation) {
  Ages ages;
  situation.requests.for_each_running([&](const RequestRecord& request) {
    const auto where = situation.replicas.find(request.replica);
    const bool goes_on = where && situation.replicas[*where].state == ReplicaState::kReady;
    if (goes_on && request.state != RequestState::kStuck) ages.add(situation.now - request.dispatched, 1);
  });
  if (ages.is_empty()) return;
  const ResidualLife residual{situation.times.spans()};
  ages.for_each([&](double slots, double age_s) {
    // Of what nothing was measured yet, the guess is the mean.
    const double left_s = situation.times.is_service_known() ? residual(age_s) : std::max(age_s, service_s_);
    running_[running_count_++] = {.slots = slots, .until_s = std::max(left_s, 1e-6)};
  });
}

void Drain::add_replicas(const Situation& situation, double cold_start_s) {
  const std::uint32_t slots = situation.replicas.concurrency();
  Ages ages;
  std::uint32_t free = 0;
  for (const Slot slot : situation.replicas.by_age()) {
    const ReplicaRecord& replica = situation.replicas[slot];
    if (replica.state == ReplicaState::kStarting) ages.add(situation.now - replica.since, slots);
    if (replica.state == ReplicaState::kReady && !replica.is_unready && replica.running < slots)
      free += slots - replica.running;
  }
  free_ = free;
  ages.for_each([&](double slots_of_bin, double age_s) {
    starting_[starting_count_++] = {.slots = slots_of_bin,
                                    .until_s = std::max(cold_start_s - age_s, cold_start_s * kOverdue)};
  });
}

double Drain::started_by(double after_s) const {
  double sum = free_ * (1 + after_s / service_s_);
  for (std::size_t i = 0; i < running_count_; ++i) {
    const Group& group = running_[i];
    const double rest_s = after_s - group.until_s;
    sum += group.slots * (rest_s < 0 ? turns_ * after_s / group.until_s : turns_ + rest_s / service_s_);
  }
  for (std::size_t i = 0; i < starting_count_; ++i)
    sum += starting_[i].slots * started_by_new(after_s, starting_[i].until_s);
  return sum;
}

double Drain::time_to_start(double count, double at_most_s) const {
  if (started_by(0) >= count) return 0;
  double from_s = 0;
  double to_s = std::min(service_s_, at_most_s);
  while (started_by(to_s) < count) {
    if (to_s >= at_most_s) return at_most_s;
    from_s = to_s;
    to_s = std::min(4 * to_s, at_most_s);
  }
  // Mostly a straight line: where it would cross, and where that was not good enough the middle (regula falsi, in the
  // form of Dowell and Jarratt's Illinois algorithm, BIT 11, 1971).
  double above = started_by(to_s) - count;
  double below = started_by(from_s) - count;
  bool was_above = false;
  bool was_below = false;
  while (to_s - from_s > kPrecision * to_s) {
    const double at_s = from_s + (to_s - from_s) * below / (below - above);
    const double there = started_by(at_s) - count;
    if (std::abs(there) <= kPrecision) return at_s;
    if (there >= 0) {
      to_s = at_s;
      above = there;
      below /= was_above ? 2 : 1;
    } else {
      from_s = at_s;
      below = there;
      above /= was_below ? 2 : 1;
    }
    was_above = there >= 0;
    was_below = !was_above;
  }
  return to_s;
}

}  // namespace tenfold::core
