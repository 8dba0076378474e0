#include "load/expectation.hpp"

#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tenfold::load {

namespace {

// `a.b[2].c` as a JSON pointer, /a/b/2/c.
std::string to_pointer(std::string_view path) {
  std::string pointer;
  bool at_start = true;
  for (const char c : path) {
    if (c == '.' || c == '[') {
      at_start = true;
    } else if (c != ']') {
      if (at_start) pointer += '/';
      at_start = false;
      pointer += c;
    }
  }
  return pointer;
}

bool is_equal(const boost::json::value& found, const boost::json::value& wanted, double tolerance) {
  if (!found.is_number() || !wanted.is_number()) return found == wanted;
  const double a = found.to_number<double>();
  const double b = wanted.to_number<double>();
  return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

}  // namespace

std::expected<Expectation, std::string> parse_expectation(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return std::unexpected(fmt::format("'{}' is not PATH=VALUE, such as status=optimal", text));
  }
  return Expectation{.path = text.substr(0, equals), .value = text.substr(equals + 1)};
}

std::optional<std::string> check(const Expectation& expectation, const std::string& body) {
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(body, error);
  if (error) return "the answer is no JSON";
  const boost::json::value* found = answer.find_pointer(to_pointer(expectation.path), error);
  if (!found) return fmt::format("the answer has no {}", expectation.path);
  boost::json::value wanted = boost::json::parse(expectation.value, error);
  if (error) wanted = boost::json::string(expectation.value);
  if (is_equal(*found, wanted, expectation.tolerance)) return std::nullopt;
  return fmt::format("{} is {}, not {}", expectation.path, boost::json::serialize(*found), expectation.value);
}

}  // namespace tenfold::load
