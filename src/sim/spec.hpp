// How models are written on a command line: `kind`, `kind:value` or `kind:key=value,key=value`.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.hpp"

namespace tenfold::sim {

// Takes a spec apart, key by key, and remembers the first thing that is wrong:
//
//   SpecReader spec{"--workload", "poisson:rate=15"};
//   if (spec.kind() == "poisson") { const double rate = spec.rate("rate"); ... }
//   if (!spec.error().empty()) ...      // also if a key was given that nobody asked for
class SpecReader {
 public:
  // What `duration` reads: times; or sizes, a byte for a nanosecond, so that what draws the one can draw the other.
  enum class Unit : std::uint8_t { kTime, kSize };

  // `option` is what the error begins with.
  SpecReader(std::string_view option, std::string_view text, Unit unit = Unit::kTime);
  // Of an option that has keys and no kind.
  static SpecReader of_keys(std::string_view option, std::string_view text);

  const std::string& kind() const { return kind_; }
  // The value of `kind:value`, or all that stands behind the colon.
  const std::string& rest() const { return rest_; }

  // Each takes the value of `key`, or of `kind:value` if `key` is the first one asked for. Without one it is
  // `otherwise`; the forms without that want the key. What they return after an error means nothing.
  double rate(std::string_view key);  // per second: 15, 15/s, 900/min, 3600/h
  double rate(std::string_view key, double otherwise);
  core::Duration duration(std::string_view key);
  core::Duration duration(std::string_view key, core::Duration otherwise);
  double number(std::string_view key, double otherwise, double least, double most);
  std::uint64_t count(std::string_view key, std::uint64_t otherwise, std::uint64_t least, std::uint64_t most);
  std::string text(std::string_view key, std::string_view otherwise);

  // All values without a key: of `kind:value,value`.
  std::vector<std::string> bare();

  bool has(std::string_view key) const;
  // The pairs, for kinds whose keys are data.
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }
  void take_all() { taken_.assign(pairs_.size(), true); }

  // Says that the spec's kind is none of `known`.
  void unknown_kind(const std::vector<std::string_view>& known);
  void fail(std::string_view what);

  // The first thing that was wrong, with the spec in it; empty if nothing was. Asked last.
  std::string error();

 private:
  const std::string* find(std::string_view key);
  const std::string* require(std::string_view key);
  template <class T>
  T take(std::expected<T, std::string>&& parsed, std::string_view key);
  void split(std::string_view keys);
  std::expected<core::Duration, std::string> parse_span(std::string_view text) const;

  std::string option_;
  std::string text_;
  Unit unit_ = Unit::kTime;
  std::string kind_;
  std::string rest_;
  std::vector<std::pair<std::string, std::string>> pairs_;  // an empty key for `kind:value`
  std::vector<bool> taken_;
  std::vector<std::string> asked_;
  std::string error_;
};

// "15", "15/s", "900/min", "3600/h": per second.
std::expected<double, std::string> parse_rate(std::string_view text);

}  // namespace tenfold::sim
