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

SpecReader::SpecReader(std::string_view option, std::string_view text, Unit unit)
    : option_{option}, text_{text}, unit_{unit} {
  const std::size_t colon = text.find(':');
  kind_ = text.substr(0, colon);
  if (colon == std::string_view::npos) return;
  rest_ = text.substr(colon + 1);
  split(rest_);
}

SpecReader SpecReader::of_keys(std::string_view option, std::string_view text) {
  SpecReader spec{option, ""};
  spec.text_ = spec.rest_ = text;
  spec.split(text);
  return spec;
}

void SpecReader::split(std::string_view keys) {
  while (!keys.empty()) {
    const std::size_t comma = std::min(keys.find(','), keys.size());
    const std::string_view part = keys.substr(0, comma);
    keys.remove_prefix(std::min(comma + 1, keys.size()));
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
    const bool is_bare = i == 0 && is_first && pairs_[i].first.empty() && !taken_[i];
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

std::expected<core::Duration, std::string> SpecReader::parse_span(std::string_view text) const {
  if (unit_ == Unit::kTime) return config::parse_duration(text);
  const auto size = config::parse_size(text);
  if (!size) return std::unexpected(size.error());
  return core::Duration{static_cast<core::Duration::rep>(core::to_number(*size))};
}

core::Duration SpecReader::duration(std::string_view key) {
  const std::string* value = require(key);
  return value ? take(parse_span(*value), key) : core::Duration{};
}

core::Duration SpecReader::duration(std::string_view key, core::Duration otherwise) {
  const std::string* value = find(key);
  return value ? take(parse_span(*value), key) : otherwise;
}

double SpecReader::number(std::string_view key, double otherwise, double least, double most) {
  const std::string* value = find(key);
  return value ? take(config::parse_number(*value, least, most), key) : otherwise;
}

std::uint64_t SpecReader::count(std::string_view key, std::uint64_t otherwise, std::uint64_t least,
                                std::uint64_t most) {
  const std::string* value = find(key);
  if (!value) return otherwise;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), count);
  if (error != std::errc{} || end != value->data() + value->size() || count < least || count > most) {
    fail(fmt::format("{}: '{}' is no whole number from {} to {}", key, *value, least, most));
    return otherwise;
  }
  return count;
}

std::string SpecReader::text(std::string_view key, std::string_view otherwise) {
  const std::string* value = find(key);
  return value ? *value : std::string{otherwise};
}

std::vector<std::string> SpecReader::bare() {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (!pairs_[i].first.empty()) continue;
    taken_[i] = true;
    values.push_back(pairs_[i].second);
  }
  return values;
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
