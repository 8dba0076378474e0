#include "sim/spec.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/units.hpp"

namespace tenfold::sim {

std::expected<double, std::string> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto number = config::parse_number(text.substr(0, slash), 0, 1e9);
  const std::string_view unit = slash == std::string_view::npos ? "s" : text.substr(slash + 1);
  const double seconds = unit == "s" ? 1 : unit == "min" || unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (!number || seconds == 0) return std::unexpected(fmt::format("'{}' is no rate; write 15, 15/s or 900/min", text));
  return *number / seconds;
}

SpecReader::SpecReader(std::string_view option, std::string_view text) : option_{option}, text_{text} {
  const std::size_t colon = text.find(':');
  kind_ = text.substr(0, colon);
  if (colon == std::string_view::npos) return;
  rest_ = text.substr(colon + 1);
  std::string_view left = rest_;
  while (!left.empty()) {
    const std::size_t comma = std::min(left.find(','), left.size());
    const std::string_view part = left.substr(0, comma);
    left.remove_prefix(std::min(comma + 1, left.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      pairs_.emplace_back("", part);
    } else {
      pairs_.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
  }
  taken_.assign(pairs_.size(), false);
}

bool SpecReader::has(std::string_view key) const {
  return std::ranges::any_of(pairs_, [key](const auto& pair) { return pair.first == key; });
}

const std::string* SpecReader::find(std::string_view key) {
  const bool is_first = asked_.empty();
  asked_.emplace_back(key);
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const bool is_bare = i == 0 && is_first && pairs_[i].first.empty();
    if (pairs_[i].first != key && !is_bare) continue;
    taken_[i] = true;
    return &pairs_[i].second;
  }
  return nullptr;
}

const std::string* SpecReader::require(std::string_view key) {
  const std::string* value = find(key);
  if (!value) fail(fmt::format("it needs {}=...", key));
  return value;
}

template <class T>
T SpecReader::take(std::expected<T, std::string>&& parsed, std::string_view key) {
  if (parsed) return *parsed;
  fail(fmt::format("{}: {}", key, parsed.error()));
  return {};
}

double SpecReader::rate(std::string_view key) {
  const std::string* value = require(key);
  const double rate = value ? take(parse_rate(*value), key) : 0;
  if (value && rate <= 0) fail(fmt::format("{} must be above zero", key));
  return rate;
}

double SpecReader::rate(std::string_view key, double otherwise) {
  const std::string* value = find(key);
  return value ? take(parse_rate(*value), key) : otherwise;
}

core::Duration SpecReader::duration(std::string_view key) {
  const std::string* value = require(key);
  return value ? take(config::parse_duration(*value), key) : core::Duration{};
}

core::Duration SpecReader::duration(std::string_view key, core::Duration otherwise) {
  const std::string* value = find(key);
  return value ? take(config::parse_duration(*value), key) : otherwise;
}

double SpecReader::number(std::string_view key, double otherwise, double least, double most) {
  const std::string* value = find(key);
  return value ? take(config::parse_number(*value, least, most), key) : otherwise;
}

std::uint64_t SpecReader::count(std::string_view key, std::uint64_t otherwise, std::uint64_t least) {
  const std::string* value = find(key);
  if (!value) return otherwise;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), count);
  if (error != std::errc{} || end != value->data() + value->size() || count < least) {
    fail(fmt::format("{}: '{}' is no whole number from {}", key, *value, least));
  }
  return count;
}

std::string SpecReader::text(std::string_view key, std::string_view otherwise) {
  const std::string* value = find(key);
  return value ? *value : std::string{otherwise};
}

void SpecReader::unknown_kind(const std::vector<std::string_view>& known) {
  const std::string_view near = config::nearest(kind_, known);
  take_all();
  fail(near.empty() ? fmt::format("'{}' is not known; known: {}", kind_, fmt::join(known, ", "))
                    : fmt::format("'{}' is not known; did you mean '{}'?", kind_, near));
}

void SpecReader::fail(std::string_view what) {
  if (error_.empty()) error_ = fmt::format("{} {}: {}", option_, text_, what);
}

std::string SpecReader::error() {
  for (std::size_t i = 0; i < pairs_.size() && error_.empty(); ++i) {
    if (taken_[i]) continue;
    const auto& [key, value] = pairs_[i];
    const std::string_view near = config::nearest(key, {asked_.begin(), asked_.end()});
    const std::string hint =
        near.empty() ? fmt::format("known: {}", fmt::join(asked_, ", ")) : fmt::format("did you mean '{}'?", near);
    fail(key.empty() ? fmt::format("'{}' is not KEY=VALUE", value) : fmt::format("unknown key '{}'; {}", key, hint));
  }
  return error_;
}

}  // namespace tenfold::sim
