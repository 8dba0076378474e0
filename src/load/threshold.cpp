#include "load/threshold.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/units.hpp"
#include "report/words.hpp"

namespace tenfold::load {

namespace {

using Kind = Threshold::Kind;
using Comparison = Threshold::Comparison;

constexpr double kAll = 1e18;

constexpr auto kPartOrder =
    std::to_array<Part>({Part::kLate, Part::kNetwork, Part::kQueue, Part::kColdStart, Part::kSolve});
constexpr auto kNamed = std::to_array<std::pair<std::string_view, Kind>>({{"mean", Kind::kMean},
                                                                          {"min", Kind::kMin},
                                                                          {"max", Kind::kMax},
                                                                          {"errors", Kind::kErrors},
                                                                          {"rate", Kind::kRate}});

std::unexpected<std::string> wrong(std::string_view text, std::string_view what) {
  return std::unexpected(fmt::format(
      "--fail-if: '{}': {}; write 'p95 > 500ms', 'queue p99 > 1s', 'errors > 1%' or 'rate < 100'", text, what));
}

Comparison comparison_of(std::string_view op) {
  if (op == ">") return Comparison::kAbove;
  if (op == ">=") return Comparison::kAtLeast;
  return op == "<" ? Comparison::kBelow : Comparison::kAtMost;
}

bool read_metric(std::string_view name, Threshold& threshold) {
  for (const auto& [word, kind] : kNamed) {
    if (name != word) continue;
    threshold.kind = kind;
    return true;
  }
  if (!name.starts_with('p')) return false;
  const auto percent = config::parse_number(name.substr(1), 0, 100);
  threshold.quantile = percent.value_or(0) / 100;
  return percent.has_value();
}

// The part of the time before the metric's name, if one stands there.
void read_part(std::string_view& words, Threshold& threshold) {
  std::string_view rest = words;
  const std::string_view first = config::take_until(rest, ' ');
  for (const Part part : kPartOrder) {
    if (first != to_word(part)) continue;
    threshold.part = part;
    words = rest;
  }
}

std::expected<double, std::string> read_limit(std::string_view text, Threshold& threshold) {
  if (threshold.kind == Kind::kRate) return config::parse_number(text, 0, kAll);
  if (threshold.kind != Kind::kErrors) {
    const auto span = config::parse_duration(text);
    if (!span) return std::unexpected(span.error());
    return core::to_seconds(*span);
  }
  if (!text.ends_with('%')) return config::parse_number(text, 0, kAll);
  text.remove_suffix(1);
  threshold.kind = Kind::kErrorShare;
  const auto percent = config::parse_number(text, 0, 100);
  if (!percent) return percent;
  return *percent / 100;
}

std::string_view trimmed(std::string_view text) { return config::take_until(text, '\0'); }

std::optional<double> value_of(const Threshold& threshold, const Result& result) {
  if (threshold.kind == Kind::kErrors) return static_cast<double>(result.failed);
  if (threshold.kind == Kind::kRate) return result.rate_per_s();
  if (threshold.kind == Kind::kErrorShare) {
    if (result.requests() == 0) return std::nullopt;
    return static_cast<double>(result.failed) / static_cast<double>(result.requests());
  }
  const Histogram& times = threshold.part ? result.parts[static_cast<std::size_t>(*threshold.part)] : result.time;
  if (times.count() == 0) return std::nullopt;
  switch (threshold.kind) {
    case Kind::kMean:
      return times.mean_s();
    case Kind::kMin:
      return times.min_s();
    case Kind::kMax:
      return times.max_s();
    default:
      return times.quantile_s(threshold.quantile);
  }
}

bool holds(double value, Comparison comparison, double limit) {
  switch (comparison) {
    case Comparison::kAbove:
      return value > limit;
    case Comparison::kAtLeast:
      return value >= limit;
    case Comparison::kBelow:
      return value < limit;
    case Comparison::kAtMost:
      return value <= limit;
  }
  return false;
}

}  // namespace

std::expected<Threshold, std::string> parse_threshold(std::string_view text) {
  Threshold threshold{.text = std::string{trimmed(text)}};
  const std::size_t op = text.find_first_of("<>");
  if (op == std::string_view::npos) return wrong(text, "it compares nothing");
  const std::size_t limit = op + 1 < text.size() && text[op + 1] == '=' ? op + 2 : op + 1;
  std::string_view name = trimmed(text.substr(0, op));
  read_part(name, threshold);
  name = trimmed(name);
  if (!read_metric(name, threshold)) return wrong(text, fmt::format("'{}' is not measured", name));
  if (threshold.part && (threshold.is_of_errors() || threshold.kind == Kind::kRate))
    return wrong(text, fmt::format("only times have parts, and '{}' is none", name));
  threshold.comparison = comparison_of(text.substr(op, limit - op));
  const auto value = read_limit(trimmed(text.substr(limit)), threshold);
  if (!value) return wrong(text, value.error());
  threshold.limit = *value;
  return threshold;
}

Verdict judge(const Threshold& threshold, const Result& result) {
  const auto value = value_of(threshold, result);
  return {.value = value, .is_crossed = !value || holds(*value, threshold.comparison, threshold.limit)};
}

std::string value_text(const Threshold& threshold, const Verdict& verdict) {
  if (!verdict.value) return "nothing to measure";
  switch (threshold.kind) {
    case Kind::kErrors:
      return fmt::format("{:.0f}", *verdict.value);
    case Kind::kErrorShare:
      return fmt::format("{:.4g} %", 100 * *verdict.value);
    case Kind::kRate:
      return fmt::format("{:.1f} a second", *verdict.value);
    default:
      return report::span_text(core::Duration{static_cast<core::Duration::rep>(*verdict.value * 1e9)});
  }
}

}  // namespace tenfold::load
