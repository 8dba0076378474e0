#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <tenfold/json.hpp>

namespace tenfold::json {

namespace {

void append(std::string& out, const Value& value);

// The shortest text that reads back as the same number (fmt's default), and still a float for who reads it.
void append_double(std::string& out, double number) {
  const std::size_t start = out.size();
  fmt::format_to(std::back_inserter(out), "{}", number);
  if (out.find_first_of(".en", start) == std::string::npos) out += ".0";
}

void append_object(std::string& out, const boost::json::object& object) {
  out += '{';
  bool is_first = true;
  for (const auto& [key, member] : object) {
    if (!std::exchange(is_first, false)) out += ',';
    out += boost::json::serialize(boost::json::string(key));
    out += ':';
    append(out, member);
  }
  out += '}';
}

void append_array(std::string& out, const boost::json::array& array) {
  out += '[';
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ',';
    append(out, array[i]);
  }
  out += ']';
}

void append(std::string& out, const Value& value) {
  if (value.is_double()) return append_double(out, value.get_double());
  if (value.is_object()) return append_object(out, value.get_object());
  if (value.is_array()) return append_array(out, value.get_array());
  out += boost::json::serialize(value);
}

}  // namespace

std::string to_text(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string to_detail(const std::vector<FieldError>& errors) {
  boost::json::array detail;
  for (const FieldError& error : errors) {
    detail.push_back({{"type", error.type}, {"loc", error.loc}, {"msg", error.msg}, {"input", error.input}});
  }
  return to_text(boost::json::object{{"detail", std::move(detail)}});
}

std::optional<Value> parse(std::string_view text, std::vector<FieldError>& errors) {
  boost::json::stream_parser parser;
  boost::system::error_code error;
  std::size_t parsed = parser.write_some(text.data(), text.size(), error);
  if (!error && parsed < text.size()) error = boost::json::error::extra_data;
  if (!error) parser.finish(error);
  if (!error) return parser.release();
  errors.push_back({.type = "json_invalid",
                    .loc = {"body", parsed},
                    .msg = fmt::format("JSON decode error: {}", error.message()),
                    .input = boost::json::object{}});
  return std::nullopt;
}

}  // namespace tenfold::json
