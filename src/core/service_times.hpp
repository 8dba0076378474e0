// What is measured of the service's times: in a slot, to start a replica, and the CPU that a request takes meanwhile.
// Retry-After, impossible deadlines, the order `shortest`, the policy `slo` and `concurrency: auto` follow from it.
#pragma once

#include <cstdint>

#include "core/checkpoint.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

namespace tenfold::core {

class ServiceTimes {
 public:
  ServiceTimes() = default;
  explicit ServiceTimes(TimesRecord record) : record_{std::move(record)} {}

  // A request of `klass` was answered after `service` in its slot.
  void finished(RequestClass klass, Duration service);
  // A replica was ready `cold_start` after its start.
  void started(StartWay way, Duration cold_start);
  // A replica used `cpu`, and its threads waited for one for `cpu_wait` altogether, while its slots were taken for
  // `busy` altogether. `is_saturated`: it had no CPU left to use, so that a request may want more than it got.
  void used(Duration cpu, Duration cpu_wait, Duration busy, bool is_saturated);

  // The mean time in a slot of requests of `klass`, of all requests where that class is new; zero while nothing is
  // known.
  Duration expected(RequestClass klass) const;
  // The standard deviation of the same.
  Duration deviation(RequestClass klass) const;
  // The longest of all classes' means.
  Duration longest_expected() const;
  Duration service() const { return to_duration(record_.service.mean); }
  // The squared coefficient of variation of the time in a slot.
  double service_scv() const;
  // Whether requests are of several classes.
  bool has_classes() const;
  bool is_service_known() const { return record_.service.count > 0; }

  // How long requests were in their slots, for what is left of one that has been there for some time.
  const HistogramRecord& spans() const { return record_.spans; }

  // Of a start in the way of the last one.
  Duration cold_start() const { return to_duration(next_start().mean); }
  Duration cold_start_deviation() const { return deviation_of(next_start()); }
  bool is_cold_start_known() const { return next_start().count > 0; }

  // CPUs that a taken slot uses; zero while nothing is known.
  double cpus_per_slot() const { return record_.cpus_per_slot; }
  // The same if it never had to wait for one.
  double cpus_wanted() const { return record_.cpus_wanted; }
  // The most CPUs that a taken slot was seen to use.
  double most_cpus() const { return record_.most_cpus; }
  bool is_usage_known() const { return record_.usage_ns > 0; }

  const TimesRecord& save() const { return record_; }

 private:
  const MomentsRecord& moments(RequestClass klass) const;
  const MomentsRecord& next_start() const;
  MomentsRecord& starts(StartWay way);
  static Duration deviation_of(const MomentsRecord& moments);
  static Duration to_duration(double ns) { return Duration{static_cast<Duration::rep>(ns)}; }

  TimesRecord record_;
};

// From this many CPUs per taken slot on, a service is CPU-bound: it computes for more than half of its time.
inline constexpr double kCpuBound = 0.5;

// Slots that keep `cpu` CPUs busy and not more than busy, at `cpus_per_slot` each: at least one.
std::uint32_t slots_for(double cpu, double cpus_per_slot);

}  // namespace tenfold::core
