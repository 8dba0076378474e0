// How long requests take in a slot: models of service times, from a text spec.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "sim/random.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

class ServiceTime {
 public:
  ServiceTime() = default;
  ServiceTime(const ServiceTime&) = delete;
  ServiceTime& operator=(const ServiceTime&) = delete;
  virtual ~ServiceTime() = default;

  // How long `arrival` takes in a slot of its own; never below a nanosecond. A model of several classes of requests
  // also says which class it is. What the workload knows goes first: see `service_of`.
  virtual core::Duration draw(Arrival& arrival, Random& random) = 0;
  // The mean.
  virtual core::Duration mean() const = 0;
  // Classes that arrivals named and it has no times of, so that they took any of its times; in order, each once.
  virtual std::vector<core::RequestClass> unknown_classes() const { return {}; }
};

// The workload's own service time, else a draw.
inline core::Duration service_of(ServiceTime& model, Arrival& arrival, Random& random) {
  return arrival.service ? *arrival.service : model.draw(arrival, random);
}

// A model as `--service` takes it, its classes numbered by `classes`, or by itself. The error says what is wrong with
// the spec.
std::expected<std::unique_ptr<ServiceTime>, std::string> make_service_time(std::string_view spec, std::uint64_t seed,
                                                                           ClassNames* classes = nullptr);

// The kinds that are no spans (see span_help) with their keys, a line each, for people.
std::string_view service_time_help();

}  // namespace tenfold::sim
