// Distributions of spans of time, from a text spec: of service times, cold starts and patience alike.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "sim/random.hpp"
#include "sim/spec.hpp"

namespace tenfold::sim {

class Span {
 public:
  Span() = default;
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  virtual ~Span() = default;
  // At least a nanosecond, at most 31 years.
  virtual core::Duration draw(Random& random) const = 0;
  virtual core::Duration mean() const = 0;
};

// Any of the kinds that `span_help` lists. Null if the spec's kind is none of these; the spec says so then, and names
// `others` as known too. What else is wrong stands in the spec.
std::unique_ptr<Span> make_span(SpecReader& spec, const std::vector<std::string_view>& others = {});

// All kinds with their keys, for people.
std::string_view span_help();

// Draws from `values` with replacement; there must be one.
std::unique_ptr<Span> make_empirical_span(std::vector<core::Duration> values);

}  // namespace tenfold::sim
