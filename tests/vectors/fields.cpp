#include "vectors/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace tenfold::test {

Fields::Fields(std::string where, std::vector<const boost::json::object*> layers)
    : where_{std::move(where)}, layers_{std::move(layers)} {}

double Fields::number(std::string_view name) const {
  const auto number = number_of(require(name));
  if (!number) fail(name, "is not a number");
  return *number;
}

double Fields::number_or(std::string_view name, double fallback) const { return has(name) ? number(name) : fallback; }

std::uint32_t Fields::count(std::string_view name) const {
  const double value = number(name);
  const bool is_count = value >= 0 && value <= std::numeric_limits<std::int32_t>::max() && value == std::floor(value);
  if (!is_count) fail(name, "is not a whole number from 0 on");
  return static_cast<std::uint32_t>(value);
}

std::uint32_t Fields::count_or(std::string_view name, std::uint32_t fallback) const {
  return has(name) ? count(name) : fallback;
}

bool Fields::flag(std::string_view name) const {
  const boost::json::value& value = require(name);
  if (!value.is_bool()) fail(name, "is neither true nor false");
  return value.as_bool();
}

bool Fields::flag_or(std::string_view name, bool fallback) const { return has(name) ? flag(name) : fallback; }

std::string Fields::text(std::string_view name) const {
  const boost::json::value& value = require(name);
  if (!value.is_string()) fail(name, "is not a text");
  return std::string{value.as_string()};
}

std::string Fields::text_or(std::string_view name, std::string_view fallback) const {
  return has(name) ? text(name) : std::string{fallback};
}

const boost::json::array& Fields::array(std::string_view name) const {
  const boost::json::value& value = require(name);
  if (!value.is_array()) fail(name, "is not an array");
  return value.as_array();
}

const boost::json::object* Fields::object(std::string_view name) const {
  return has(name) ? &as_object(require(name), fmt::format("{}: '{}'", where_, name)) : nullptr;
}

const boost::json::value* Fields::find(std::string_view name) const {
  for (const boost::json::object* layer : layers_) {
    const boost::json::value* value = layer->if_contains(name);
    if (value != nullptr && !value->is_null()) return value;
  }
  return nullptr;
}

const boost::json::value& Fields::require(std::string_view name) const {
  const boost::json::value* value = find(name);
  if (value == nullptr) fail(name, "is missing");
  return *value;
}

void Fields::fail(std::string_view name, std::string_view problem) const {
  throw BadVectors{fmt::format("{}: '{}' {}", where_, name, problem)};
}

std::optional<double> number_of(const boost::json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  return is_number ? std::optional{number} : std::nullopt;
}

boost::json::value parse_exactly(std::string_view text, boost::system::error_code& error) {
  std::string quoted;
  bool is_in_text = false;
  while (!text.empty()) {
    const std::size_t digits = is_in_text ? 0 : std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
    const std::string_view number = text.substr(0, digits);
    const bool is_fraction = number.find_first_of(".eE") != std::string_view::npos &&
                             number.find_first_of("0123456789") != std::string_view::npos;
    if (is_fraction) quoted += fmt::format("\"{}\"", number);
    if (is_fraction) {
      text.remove_prefix(digits);
      continue;
    }
    const std::size_t taken = is_in_text && text.front() == '\\' ? std::min<std::size_t>(2, text.size()) : 1;
    if (text.front() == '"') is_in_text = !is_in_text;
    quoted += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return boost::json::parse(quoted, error);
}

const boost::json::object& as_object(const boost::json::value& value, std::string_view where) {
  if (!value.is_object()) throw BadVectors{fmt::format("{} is not an object", where)};
  return value.as_object();
}

std::string unknown_sections(const boost::json::object& file, std::initializer_list<std::string_view> known) {
  std::string unknown;
  for (const auto& section : file) {
    const std::string_view name = section.key();
    if (section.value().is_string() || std::ranges::find(known, name) != known.end()) continue;
    unknown += fmt::format("{}unknown section '{}'", unknown.empty() ? "" : ", ", name);
  }
  if (!unknown.empty()) unknown += fmt::format("; known are {}", fmt::join(known, ", "));
  return unknown;
}

}  // namespace tenfold::test
