// Reads the fields of a case, with an error that names the field where one is missing or wrong.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace tenfold::test {

// The file is not of the format. What it says is for people.
struct BadVectors : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A field is looked up in the first layer that has it: a step, its case, the file's defaults. A null counts as absent.
class Fields {
 public:
  // `where` names the place in errors. The layers must outlive this object.
  Fields(std::string where, std::vector<const boost::json::object*> layers);

  const std::string& where() const { return where_; }
  bool has(std::string_view name) const { return find(name) != nullptr; }

  double number(std::string_view name) const;
  double number_or(std::string_view name, double fallback) const;
  // A whole number from zero on.
  std::uint32_t count(std::string_view name) const;
  std::uint32_t count_or(std::string_view name, std::uint32_t fallback) const;
  bool flag(std::string_view name) const;
  bool flag_or(std::string_view name, bool fallback) const;
  std::string text_or(std::string_view name, std::string_view fallback) const;
  std::string text(std::string_view name) const;
  const boost::json::array& array(std::string_view name) const;
  // Null where there is none.
  const boost::json::object* object(std::string_view name) const;

 private:
  const boost::json::value* find(std::string_view name) const;
  const boost::json::value& require(std::string_view name) const;
  [[noreturn]] void fail(std::string_view name, std::string_view problem) const;

  std::string where_;
  std::vector<const boost::json::object*> layers_;
};

// The value of a number, to the digit; nothing if it is none. `parse_exactly` keeps a fraction as its text.
std::optional<double> number_of(const boost::json::value& value);

// Boost.JSON (1.81) does not round fractions to the nearest double: they become texts, which `number_of` reads.
boost::json::value parse_exactly(std::string_view text, boost::system::error_code& error);

// `value` as an object; `where` is for the error.
const boost::json::object& as_object(const boost::json::value& value, std::string_view where);

// The sections of a file that are not `known`, as a complaint, or an empty text: what nobody runs must not look as if
// it had passed. A text that explains the file is no section.
std::string unknown_sections(const boost::json::object& file, std::initializer_list<std::string_view> known);

}  // namespace tenfold::test
