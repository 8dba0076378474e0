// JSON into structs and back, by Boost.Describe, with the precise place of everything that does not fit.
//
//   struct Item { std::string name; double weight; int count = 1; };
//   BOOST_DESCRIBE_STRUCT(Item, (), (name, weight, count))
//
// A member may be missing if it is a std::optional, or if its struct has `static constexpr bool kHasDefaults = true`:
// then what the struct initialises it with stands. Errors have the shape and the words of FastAPI's (pydantic 2), so
// that clients of a FastAPI service need no change.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>

namespace tenfold::json {

using Value = boost::json::value;

// One thing that is wrong with an input: {"type": ..., "loc": [...], "msg": ..., "input": ...}.
struct FieldError {
  std::string type;
  boost::json::array loc;
  std::string msg;
  Value input;
};

// {"detail": [...]}, the body of a 422.
std::string to_detail(const std::vector<FieldError>& errors);

// So many errors are told of one input, and how many more there are.
inline constexpr std::size_t kMaxErrors = 100;

// `input` as an error shows it: cut to 200 characters, a list or an object as its text if it is longer.
Value shorten(const Value& input);

// Tells that there are `more` errors than are told, if there are.
void add_more(std::vector<FieldError>& errors, std::string_view where, std::size_t more);

// Collects the errors of one input, and knows where it is.
class Reader {
 public:
  // `where` is the first part of each error's place: "body" or "query".
  explicit Reader(std::string_view where) { loc_.emplace_back(where); }

  // Members that a struct does not have are errors from now on.
  void forbid_unknown() { forbids_unknown_ = true; }

  // The first kMaxErrors, and one that says how many more there are.
  std::vector<FieldError> errors() const {
    std::vector<FieldError> told = errors_;
    add_more(told, std::string_view{loc_[0].get_string()}, more_);
    return told;
  }

  void fail(std::string type, std::string msg, const Value& input) {
    if (errors_.size() == kMaxErrors) {
      ++more_;
    } else {
      errors_.push_back({std::move(type), loc_, std::move(msg), shorten(input)});
    }
  }

  // Reads what lies at `key` of what is being read.
  template <class Key, class T>
  void read_at(const Key& key, const Value& value, T& out) {
    loc_.emplace_back(key);
    read(value, out);
    loc_.pop_back();
  }

  template <class T>
  void missing(std::string_view name, const T& parent) {
    loc_.emplace_back(name);
    fail("missing", "Field required", parent);
    loc_.pop_back();
  }

  void read(const Value& value, bool& out) {
    if (!value.is_bool()) return fail("bool_type", "Input should be a valid boolean", value);
    out = value.get_bool();
  }

  void read(const Value& value, std::string& out) {
    if (!value.is_string()) return fail("string_type", "Input should be a valid string", value);
    out = value.get_string();
  }

  template <std::integral T>
  void read(const Value& value, T& out) {
    if (value.is_double() && std::floor(value.get_double()) != value.get_double()) {
      return fail("int_from_float", "Input should be a valid integer, got a number with a fractional part", value);
    }
    if (!value.is_number()) return fail("int_type", "Input should be a valid integer", value);
    boost::system::error_code error;
    out = value.to_number<T>(error);
    if (error) fail("int_parsing_size", "Input should be an integer that fits its type", value);
  }

  template <std::floating_point T>
  void read(const Value& value, T& out) {
    if (!value.is_number()) return fail("float_type", "Input should be a valid number", value);
    out = value.to_number<T>();
  }

  template <class T>
  void read(const Value& value, std::optional<T>& out) {
    if (value.is_null()) {
      out.reset();
    } else {
      read(value, out.emplace());
    }
  }

  template <class T>
  void read(const Value& value, std::vector<T>& out) {
    if (!value.is_array()) return fail("list_type", "Input should be a valid list", value);
    out.clear();
    out.reserve(value.get_array().size());
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      T item{};
      read_at(i, value.get_array()[i], item);
      out.push_back(std::move(item));
    }
  }

  template <class T>
  void read(const Value& value, std::map<std::string, T>& out) {
    if (!value.is_object()) return fail("dict_type", "Input should be a valid dictionary", value);
    out.clear();
    for (const auto& [key, item] : value.get_object()) read_at(key, item, out[std::string{key}]);
  }

  template <class T>
    requires boost::describe::has_describe_enumerators<T>::value
  void read(const Value& value, T& out) {
    std::string names;
    bool is_found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
      names += (names.empty() ? "'" : ", '") + std::string{enumerator.name} + "'";
      if (!value.is_string() || value.get_string() != enumerator.name) return;
      out = enumerator.value;
      is_found = true;
    });
    if (!is_found) fail("enum", "Input should be " + names, value);
  }

  template <class T>
    requires boost::describe::has_describe_members<T>::value
  void read(const Value& value, T& out) {
    if (!value.is_object()) {
      return fail("model_attributes_type", "Input should be a valid dictionary or object to extract fields from",
                  value);
    }
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
    boost::mp11::mp_for_each<Members>([&](auto member) {
      auto& field = out.*member.pointer;
      if (const Value* found = value.get_object().if_contains(member.name)) {
        read_at(member.name, *found, field);
      } else if (!may_be_missing(out, field)) {
        missing(member.name, value);
      }
    });
    if (forbids_unknown_) refuse_unknown<Members>(value.get_object());
  }

 private:
  template <class Members>
  void refuse_unknown(const boost::json::object& object) {
    for (const auto& [key, item] : object) {
      bool is_known = false;
      boost::mp11::mp_for_each<Members>([&](auto member) { is_known = is_known || key == member.name; });
      if (is_known) continue;
      loc_.emplace_back(key);
      fail("extra_forbidden", "Extra inputs are not permitted", item);
      loc_.pop_back();
    }
  }

  template <class T, class Field>
  static constexpr bool may_be_missing(const T&, const Field&) {
    if constexpr (requires { T::kHasDefaults; }) return T::kHasDefaults;
    return requires(const Field& field) { field.has_value(); };
  }

  boost::json::array loc_;
  std::vector<FieldError> errors_;
  std::size_t more_ = 0;
  bool forbids_unknown_ = false;
};

// A struct, or anything inside one, as JSON. What is no number (infinity, NaN) becomes null: JSON has no word for it.
template <class T>
Value to_value(const T& item) {
  if constexpr (std::same_as<T, Value> || std::same_as<T, bool> || std::integral<T>) {
    return item;
  } else if constexpr (std::floating_point<T>) {
    return std::isfinite(item) ? Value(item) : Value(nullptr);
  } else if constexpr (std::convertible_to<T, std::string_view>) {
    return Value(std::string_view(item));
  } else if constexpr (boost::describe::has_describe_enumerators<T>::value) {
    return Value(boost::describe::enum_to_string(item, ""));
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    boost::json::object object;
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
    boost::mp11::mp_for_each<Members>([&](auto member) { object[member.name] = to_value(item.*member.pointer); });
    return object;
  } else if constexpr (requires { item.has_value(); }) {
    return item ? to_value(*item) : Value(nullptr);
  } else if constexpr (requires { typename T::mapped_type; }) {
    boost::json::object object;
    for (const auto& [key, value] : item) object[key] = to_value(value);
    return object;
  } else {
    boost::json::array array;
    for (const auto& element : item) array.push_back(to_value(element));
    return array;
  }
}

// The JSON text of `value`: numbers as people write them, a whole float with its ".0".
std::string to_text(const Value& value);

// Parses a body. What is no JSON is one error at its position.
std::optional<Value> parse(std::string_view text, std::vector<FieldError>& errors);

}  // namespace tenfold::json
