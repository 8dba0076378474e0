// Who comes when: models of arrivals, from a text spec.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "sim/class_names.hpp"

namespace tenfold::sim {

struct Arrival {
  core::TimePoint at{};  // since the workload's zero
  core::RequestClass klass{};
  // Of a closed loop: the client, from 1 on, who comes again when this request has ended. 0 for one who does not.
  std::uint32_t client = 0;
  // How long it takes in a slot, where the workload knows: of a trace, or of a journal.
  std::optional<core::Duration> service;
  friend bool operator==(const Arrival&, const Arrival&) = default;
};

// No arrival comes later: 250 years, so that a time and a span are still a time. A workload whose next arrival would
// lie beyond gives one at kNever.
inline constexpr core::TimePoint kLastArrival{std::chrono::hours{24 * 365 * 250}};

// Arrivals in the order of their times. Endless unless it is over by itself.
class Workload {
 public:
  Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  virtual ~Workload() = default;

  // The next one; nothing when it is over.
  virtual std::optional<Arrival> next() = 0;
  // How many there will be, where that is known: of a burst, a trace or a journal.
  virtual std::optional<std::uint64_t> total() const { return std::nullopt; }
  // When a client of a closed loop comes again, whose request ended at `now`.
  virtual core::TimePoint comes_again(std::uint32_t /*client*/, core::TimePoint /*now*/, bool /*was_answered*/) {
    return core::kNever;
  }
  // From an instant of the policy's polls to the first arrival, where that is known: of a journal.
  virtual std::optional<core::Duration> offset() const { return std::nullopt; }

  // What people should know of the files it was read from, a sentence each.
  std::vector<std::string> notes;
  // It is of requests that took a time which it does not know, so that no time may stand for it by default.
  bool wants_service = false;
};

// What a workload is made with beside its spec.
struct WorkloadOptions {
  // So many times as many requests, in the same time.
  double rate_scale = 1;
  // Where its classes get their numbers; none: by itself.
  ClassNames* classes = nullptr;
};

// A workload as `--workload` takes it; the same seed gives the same arrivals. The error says what is wrong with the
// spec, or with the file that it names, with its line.
std::expected<std::unique_ptr<Workload>, std::string> make_workload(std::string_view spec, std::uint64_t seed,
                                                                    const WorkloadOptions& options = {});

// All kinds with their keys, a line each, for people.
std::string_view workload_help();

}  // namespace tenfold::sim
