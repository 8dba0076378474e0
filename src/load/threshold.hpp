// What must not be: by which a run fails in CI.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "load/result.hpp"

namespace tenfold::load {

// "p95 > 500ms": crossed where it is true of a result.
//
//   TIME OP DURATION         TIME is p50, p90, p95, p99, p99.9 or any other percentile, mean, min or max; before it may
//                            stand a part of the time: "queue p95 > 1s" (late, network, queue, coldstart, solve)
//   errors OP COUNT|SHARE%   requests that were not answered 2xx and as expected
//   rate OP NUMBER           answers a second
//
// OP is >, >=, < or <=.
struct Threshold {
  enum class Kind : std::uint8_t { kQuantile, kMean, kMin, kMax, kErrors, kErrorShare, kRate };
  enum class Comparison : std::uint8_t { kAbove, kAtLeast, kBelow, kAtMost };

  std::string text;  // as it was written
  Kind kind = Kind::kQuantile;
  std::optional<Part> part;  // nothing: the whole time
  double quantile = 0;       // 0 to 1
  Comparison comparison = Comparison::kAbove;
  double limit = 0;  // seconds, errors, their share from 0 to 1, or answers a second

  bool is_of_errors() const { return kind == Kind::kErrors || kind == Kind::kErrorShare; }
};

// The error says what is wrong with the text, and what would be right.
std::expected<Threshold, std::string> parse_threshold(std::string_view text);

// What a threshold found.
struct Verdict {
  std::optional<double> value;  // in the limit's unit; nothing if there was nothing to measure
  bool is_crossed = true;       // also if there was nothing to measure
};
Verdict judge(const Threshold& threshold, const Result& result);

// "412.0 ms", "3", "1.2 %", "98.1 a second"; "nothing to measure".
std::string value_text(const Threshold& threshold, const Verdict& verdict);

}  // namespace tenfold::load
