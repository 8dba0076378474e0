#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <tenfold/json.hpp>

namespace tenfold::json {

namespace {

constexpr std::size_t kShownCharacters = 200;

// The bytes of the first `kShownCharacters` characters of what is UTF-8: all of it if it has no more.
std::size_t shown_size(std::string_view text) {
  std::size_t characters = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && characters++ == kShownCharacters) break;
  }
  return at;
}

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

Value shorten(const Value& input) {
  if (input.is_string()) {
    const std::string_view text = input.get_string();
    return Value(text.substr(0, shown_size(text)));
  }
  if (!input.is_structured()) return input;
  // Of what may be large only the beginning is written.
  std::array<char, 4 * kShownCharacters + 4> buffer;
  boost::json::serializer serializer;
  serializer.reset(&input);
  const std::string_view text = serializer.read(buffer.data(), buffer.size());
  const std::size_t size = shown_size(text);
  return size == text.size() && serializer.done() ? input : Value(text.substr(0, size));
}

void add_more(std::vector<FieldError>& errors, std::string_view where, std::size_t more) {
  if (more == 0) return;
  errors.push_back({.type = "too_many_errors",
                    .loc = {where},
                    .msg = fmt::format("There are {} more errors like these", more),
                    .input = nullptr});
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
