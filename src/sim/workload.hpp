// Who comes when: models of arrivals, from a text spec.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/time.hpp"

namespace tenfold::sim {

struct Arrival {
  core::TimePoint at{};  // since the workload's zero
  core::RequestClass klass{};
  // How long it takes in a slot, where the workload knows: of a trace, or of a journal.
  std::optional<core::Duration> service;
  friend bool operator==(const Arrival&, const Arrival&) = default;
};

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
};

// A workload as `--workload` takes it; the same seed gives the same arrivals. The error says what is wrong with the
// spec, or with the file that it names, with its line.
std::expected<std::unique_ptr<Workload>, std::string> make_workload(std::string_view spec, std::uint64_t seed);

// All kinds with their keys, a line each, for people.
std::string_view workload_help();

}  // namespace tenfold::sim
