#include "live/metrics/parse.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tenfold::live {

namespace {

namespace json = boost::json;

// A document that nests deeper holds no metric.
constexpr std::size_t kMaxDepth = 64;

// How much of an answer is quoted in a reason.
constexpr std::size_t kQuoted = 40;

std::string quote(std::string_view text) {
  std::string quoted{text.substr(0, kQuoted)};
  for (char& c : quoted) {
    if (c < ' ' || c > '~') c = ' ';
  }
  return fmt::format("'{}{}'", quoted, text.size() > kQuoted ? "..." : "");
}

std::string_view word_of(json::kind kind) {
  switch (kind) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
    case json::kind::string:
      return "a string";
    default:
      return "a number";
  }
}

std::optional<json::value> parse_document(std::string_view body) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  json::value document = json::parse({body.data(), body.size()}, error, {}, options);
  if (error) return std::nullopt;
  return document;
}

std::expected<json::value, std::string> parse_answer(int status, std::string_view body) {
  if (status != 200) return std::unexpected(fmt::format("it answered {} and not 200", status));
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return std::unexpected("it answered with an empty body");
  auto document = parse_document(body);
  if (!document) return std::unexpected(fmt::format("it answered with what is no JSON: {}", quote(body)));
  return std::move(*document);
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// One key or index further.
const json::value* step_into(const json::value& value, const std::string& key) {
  if (const json::object* object = value.if_object()) return object->if_contains(key);
  const json::array* array = value.if_array();
  const auto index = array ? parse_whole<std::size_t>(key) : std::nullopt;
  return index ? array->if_contains(*index) : nullptr;
}

std::expected<double, std::string> to_number(const json::value& value) {
  std::optional<double> number;
  if (value.is_number()) {
    number = value.to_number<double>();
  } else if (const json::string* text = value.if_string()) {
    number = parse_whole<double>({text->data(), text->size()});
    if (!number)
      return std::unexpected(fmt::format("its value {} is not a number", quote({text->data(), text->size()})));
  } else {
    return std::unexpected(fmt::format("its value is {} and not a number", word_of(value.kind())));
  }
  if (!std::isfinite(*number)) return std::unexpected("its value is not a finite number");
  return *number;
}

std::expected<Location, std::string> parse_pointer(std::string_view text) {
  Location location;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      location.emplace_back();
    } else if (text[i] != '~') {
      location.back() += text[i];
    } else {
      const char escaped = ++i < text.size() ? text[i] : ' ';
      if (escaped != '0' && escaped != '1')
        return std::unexpected(fmt::format("'{}' is no JSON pointer: after ~ comes 0 or 1", text));
      location.back() += escaped == '0' ? '~' : '/';
    }
  }
  return location;
}

// Takes a name, up to an unescaped dot or bracket, off the front.
std::string take_name(std::string_view& rest) {
  std::string name;
  while (!rest.empty() && rest.front() != '.' && rest.front() != '[') {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    name += rest.front();
    rest.remove_prefix(1);
  }
  return name;
}

std::expected<Location, std::string> parse_dotted(std::string_view text) {
  const auto bad = [text](std::string_view why) {
    return std::unexpected(
        fmt::format("'{}' is no location of a value: {}; write a.b[0].c, or the JSON pointer /a/b/0/c", text, why));
  };
  Location location;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.front() == '[') {
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos) return bad("a bracket is not closed");
      location.emplace_back(rest.substr(1, end - 1));
      if (!parse_whole<std::size_t>(location.back())) return bad("between brackets stands an index");
      rest.remove_prefix(end + 1);
      continue;
    }
    if (!location.empty()) {
      if (rest.front() != '.') return bad("after a bracket comes a dot");
      rest.remove_prefix(1);
    }
    location.push_back(take_name(rest));
    if (location.back().empty()) return bad("a name is missing");
  }
  return location;
}

// The reason that Prometheus gives, in an answer of whatever status.
std::string prometheus_error(int status, const json::value& document) {
  const json::value* error = step_into(document, "error");
  const json::string* text = error ? error->if_string() : nullptr;
  if (!text) return fmt::format("it answered {} and is no Prometheus server, or has no such query", status);
  return fmt::format("it refused the query: {}",
                     std::string_view{text->data(), std::min<std::size_t>(text->size(), 200)});
}

bool has_word(const json::value* value, std::string_view word) {
  const json::string* text = value ? value->if_string() : nullptr;
  return text && std::string_view{text->data(), text->size()} == word;
}

// The second of the pair [time, "value"].
std::expected<double, std::string> sample_value(const json::value* sample) {
  const json::value* value = sample ? step_into(*sample, "1") : nullptr;
  if (!value || !sample->is_array()) return std::unexpected("it answered with a result that has no value");
  return to_number(*value);
}

}  // namespace

std::expected<Location, std::string> parse_location(std::string_view text) {
  return text.starts_with('/') ? parse_pointer(text) : parse_dotted(text);
}

std::expected<double, std::string> parse_json_metric(int status, std::string_view body, const Location& location) {
  const auto document = parse_answer(status, body);
  if (!document) return std::unexpected(document.error());
  const json::value* value = &*document;
  for (std::size_t i = 0; i < location.size(); ++i) {
    const json::value* next = step_into(*value, location[i]);
    if (!next) {
      const std::string where =
          i == 0 ? "its answer"
                 : quote(fmt::format(
                       "{}", fmt::join(location.begin(), location.begin() + static_cast<std::ptrdiff_t>(i), ".")));
      return std::unexpected(
          fmt::format("there is no {} in {}, which is {}", quote(location[i]), where, word_of(value->kind())));
    }
    value = next;
  }
  return to_number(*value);
}

std::expected<double, std::string> parse_prometheus_metric(int status, std::string_view body) {
  if (status != 200) {
    if (const auto document = parse_document(body)) return std::unexpected(prometheus_error(status, *document));
  }
  const auto document = parse_answer(status, body);
  if (!document) return std::unexpected(document.error());
  if (!has_word(step_into(*document, "status"), "success")) return std::unexpected(prometheus_error(status, *document));
  const json::value* data = step_into(*document, "data");
  const json::value* result = data ? step_into(*data, "result") : nullptr;
  const json::value* type = data ? step_into(*data, "resultType") : nullptr;
  if (has_word(type, "scalar")) return sample_value(result);
  const json::array* vector = result ? result->if_array() : nullptr;
  if (!has_word(type, "vector") || !vector)
    return std::unexpected("the query's result is neither a scalar nor a vector");
  if (vector->empty()) return std::unexpected("the query's result is empty");
  if (vector->size() > 1)
    return std::unexpected(
        fmt::format("the query's result has {} elements and not one; put sum() around it", vector->size()));
  return sample_value(step_into(vector->front(), "value"));
}

}  // namespace tenfold::live
