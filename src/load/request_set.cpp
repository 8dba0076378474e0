#include "load/request_set.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "http/characters.hpp"
#include "http/head.hpp"

namespace tenfold::load {

namespace {

constexpr std::string_view kEnd = "\r\n";

std::expected<void, std::string> check_header(const std::string& name, const std::string& value) {
  if (!http::all_are(name, http::kToken)) return std::unexpected(fmt::format("'{}' is no header's name", name));
  if (!value.empty() && !http::all_are(value, http::kValue))
    return std::unexpected(fmt::format("the header {} has a value that no header may have", name));
  if (http::equals_ignoring_case(name, "content-length") || http::equals_ignoring_case(name, "transfer-encoding"))
    return std::unexpected(fmt::format("the header {} follows from the body and is not set by hand", name));
  return {};
}

bool is_among(const std::vector<std::pair<std::string, std::string>>& headers, std::string_view name) {
  return std::ranges::any_of(headers,
                             [&](const auto& header) { return http::equals_ignoring_case(header.first, name); });
}

// "METHOD URL" or "URL".
std::pair<std::string, std::string> split_method(const std::string& text, const std::string& otherwise) {
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return {otherwise, text};
  return {text.substr(0, space), text.substr(space + 1)};
}

}  // namespace

std::expected<RequestSet, std::string> RequestSet::make(const Options& options) {
  for (const auto& [name, value] : options.headers) {
    if (auto checked = check_header(name, value); !checked) return std::unexpected(checked.error());
  }
  RequestSet set;
  for (const std::string& url : options.urls) {
    if (auto added = set.add_line(options, url); !added) return std::unexpected(added.error());
  }
  for (const Body& body : options.bodies) {
    if (auto added = set.add_body(body, options); !added) return std::unexpected(added.error());
  }
  if (options.bodies.empty()) {
    if (auto added = set.add_body({}, options); !added) return std::unexpected(added.error());
  }
  return set;
}

std::expected<void, std::string> RequestSet::add_line(const Options& options, const std::string& url) {
  const auto [method, place] = split_method(url, options.method);
  if (!http::all_are(method, http::kToken)) return std::unexpected(fmt::format("'{}' is no method", method));
  auto target = parse_target(place);
  if (!target) return std::unexpected(target.error());
  RequestLine line{.method = method, .server = server_of(*target), .carries_body = method != "GET" && method != "HEAD"};
  line.head = fmt::format("{} {} HTTP/1.1\r\n", method, target->path);
  if (!is_among(options.headers, "host")) line.head += fmt::format("Host: {}\r\n", target->host_field);
  for (const auto& [name, value] : options.headers) {
    const bool is_of_body = http::equals_ignoring_case(name, "content-type");
    if (line.carries_body || !is_of_body) line.head += fmt::format("{}: {}\r\n", name, value);
  }
  line.target = std::move(*target);
  lines_.push_back(std::move(line));
  return {};
}

std::size_t RequestSet::server_of(const Target& target) {
  const auto found = std::ranges::find_if(
      servers_, [&](const Target& server) { return server.host == target.host && server.port == target.port; });
  if (found != servers_.end()) return static_cast<std::size_t>(found - servers_.begin());
  servers_.push_back(target);
  return servers_.size() - 1;
}

std::expected<void, std::string> RequestSet::add_body(const Body& body, const Options& options) {
  auto text = options.is_raw ? Template::plain(body.text) : Template::parse(body.text);
  if (!text) return std::unexpected(text.error());
  BodyLine line{.body = std::move(*text)};
  const bool says_type = !body.content_type.empty() && !is_among(options.headers, "content-type");
  if (says_type) line.type_field = fmt::format("Content-Type: {}\r\n", body.content_type);
  if (line.body.is_plain())
    line.fields = fmt::format("{}Content-Length: {}\r\n\r\n", line.type_field, line.body.text().size());
  bodies_.push_back(std::move(line));
  return {};
}

RequestSet::Rest RequestSet::rest(std::uint64_t index, sim::Random& random, std::string& fields,
                                  std::string& text) const {
  if (!line(index).carries_body) return {.fields = kEnd};
  const BodyLine& chosen = bodies_[index / lines_.size() % bodies_.size()];
  if (chosen.body.is_plain()) return {.fields = chosen.fields, .body = chosen.body.text()};
  chosen.body.fill(index, random, text);
  fields = chosen.type_field;
  fmt::format_to(std::back_inserter(fields), "Content-Length: {}\r\n\r\n", text.size());
  return {.fields = fields, .body = text};
}

}  // namespace tenfold::load
