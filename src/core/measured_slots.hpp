// The slots of each replica, by measurement where the settings ask for that.
#pragma once

#include "core/checkpoint.hpp"
#include "core/service_times.hpp"
#include "core/settings.hpp"

namespace tenfold::core {

// As many slots as keep a replica's CPU busy and not more than busy; one until usage was measured.
class MeasuredSlots {
 public:
  explicit MeasuredSlots(const ReplicaSettings& settings) : record_{.slots = first(settings)} {}
  explicit MeasuredSlots(const ConcurrencyRecord& record) : record_{record} {}

  std::uint32_t slots() const { return record_.slots; }

  // The settings changed; what was measured is kept if it still counts.
  void configure(const ReplicaSettings& settings, const ReplicaSettings& before);

  // Usage was sampled. True if that gives another number of slots, or the first measured one.
  bool measure(TimePoint now, const ReplicaSettings& settings, const ServiceTimes& times);

  const ConcurrencyRecord& save() const { return record_; }

 private:
  static std::uint32_t first(const ReplicaSettings& settings) {
    return settings.is_concurrency_auto ? 1 : settings.concurrency;
  }

  ConcurrencyRecord record_;
};

}  // namespace tenfold::core
