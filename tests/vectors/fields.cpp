#include "vectors/fields.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace tenfold::test {

Fields::Fields(std::string where, std::vector<const boost::json::object*> layers)
    : where_{std::move(where)}, layers_{std::move(layers)} {}

double Fields::number(std::string_view name) const {
  const boost::json::value& value = require(name);
  if (!value.is_number()) fail(name, "is not a number");
  return value.to_number<double>();
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

bool Fields::flag_or(std::string_view name, bool fallback) const {
  const boost::json::value* value = find(name);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) fail(name, "is neither true nor false");
  return value->as_bool();
}

std::string Fields::text_or(std::string_view name, std::string_view fallback) const {
  const boost::json::value* value = find(name);
  if (value == nullptr) return std::string{fallback};
  if (!value->is_string()) fail(name, "is not a text");
  return std::string{value->as_string()};
}

const boost::json::array& Fields::array(std::string_view name) const {
  const boost::json::value& value = require(name);
  if (!value.is_array()) fail(name, "is not an array");
  return value.as_array();
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
