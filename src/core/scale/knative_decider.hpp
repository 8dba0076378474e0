// How Knative's Pod Autoscaler turns two averages into a count: the stable one, and the panic one that sees a burst.
#pragma once

#include <cstdint>
#include <vector>

#include "core/actions.hpp"
#include "core/checkpoint.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// Source: knative/serving pkg/autoscaler/scaling/autoscaler.go (main, August 2026), Scale;
// pkg/autoscaler/aggregation/max for the scale-down delay.
//
//   KnativeDecider decider{KnativeSettings{}};
//   decider.decide(now, {.ready = 2, .stable = 31.0 / 7, .panic = 90.0 / 7}).desired;   // averages over the target
class KnativeDecider {
 public:
  // What it looks at.
  struct Look {
    std::uint32_t ready = 0;
    // The averages over the stable and the panic window, each over its target: replicas' worth of load.
    double stable = 0;
    double panic = 0;
    // Whether anything can still send requests. If not, neither the rate nor the delay holds back the shrinking.
    bool is_reachable = true;
  };

  struct Decision {
    std::uint32_t desired = 0;
    // By the averages alone, and whether that was the panic window's.
    std::uint32_t wanted = 0;
    bool is_by_panic = false;
    // What made `desired` of `wanted`.
    Limit limit = Limit::kNone;
  };

  explicit KnativeDecider(const KnativeSettings& settings) : settings_{settings} {}

  // Other settings from now on; the panic and what was delayed stay.
  void configure(const KnativeSettings& settings) { settings_ = settings; }

  // An autoscaler that comes to a service of more than one replica holds them until it knows better.
  void start_in_panic(TimePoint now, std::uint32_t ready);

  Decision decide(TimePoint now, const Look& look);

  // Since when it panics, or when it last saw a reason to; kNever if it does not.
  TimePoint panic_since() const { return panic_since_; }

  void save(KnativeRecord& record) const;
  void load(const KnativeRecord& record);

 private:
  void watch_for_panic(TimePoint now, bool is_over_threshold);
  std::uint32_t delay(TimePoint now, std::uint32_t desired);

  KnativeSettings settings_;
  TimePoint panic_since_ = kNever;
  std::uint32_t panic_most_ = 0;
  std::vector<Recommendation> delayed_;
};

// How many more requests at once the ready replicas could take, beyond those in flight and the burst that they are to
// be ready for; below zero, Knative keeps its buffering activator in the path. 0 for a `burst` of 0, -1 (always) for
// one below zero. `capacity` is what one replica takes at once, `panic` the average over the panic window.
double excess_burst_capacity(std::uint32_t ready, double capacity, double burst, double panic);

}  // namespace tenfold::core
