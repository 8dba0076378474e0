// How fast the service works, measured: what Retry-After and "this deadline cannot be met" follow from.
#pragma once

#include <cstdint>

#include "core/checkpoint.hpp"
#include "core/time.hpp"

namespace tenfold::core {

class Pace {
 public:
  Pace() = default;
  explicit Pace(const PaceRecord& record) : record_{record} {}

  // A request was answered after `service` in its slot.
  void finished(Duration service);

  // How long `slots` busy slots take to start `requests` that wait, at the measured pace (Little's law); zero while
  // nothing is known.
  Duration time_to_start(std::uint64_t requests, std::uint64_t slots) const;

  const PaceRecord& save() const { return record_; }

 private:
  PaceRecord record_;
};

}  // namespace tenfold::core
