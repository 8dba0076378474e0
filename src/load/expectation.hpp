// What answers must hold.
#pragma once

#include <expected>
#include <optional>
#include <string>

namespace tenfold::load {

// What an answer's JSON must hold: a dotted path such as `plan.items[0].name`, and its value as JSON or as plain text.
struct Expectation {
  std::string path;
  std::string value;
  // Numbers may differ by this, relative to the expected one.
  double tolerance = 1e-6;
};

// "PATH=VALUE".
std::expected<Expectation, std::string> parse_expectation(const std::string& text);
// Nothing if `body` is as expected, else what is different, in words.
std::optional<std::string> check(const Expectation& expectation, const std::string& body);

}  // namespace tenfold::load
