#include "live/metrics/request.hpp"

#include <charconv>

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "live/version.hpp"

namespace tenfold::live {

namespace {

// The port that a URL names, 80 if it names none; 0 for one that cannot be.
std::uint16_t port_of(const boost::urls::url_view& url) {
  const std::string_view text{url.port().data(), url.port().size()};
  if (text.empty()) return 80;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

std::expected<MetricRequest, std::string> to_request(const std::string& text) {
  const auto place = parse_place(text, "metric");
  if (!place) return std::unexpected(place.error());
  return MetricRequest{
      .host = place->host,
      .port = place->port,
      .head = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tenfold/{}\r\nAccept: application/json\r\n"
                          "Connection: close\r\n\r\n",
                          place->target, place->authority, kVersion),
      .url = text};
}

}  // namespace

std::expected<HttpPlace, std::string> parse_place(const std::string& text, std::string_view what) {
  const auto url = boost::urls::parse_uri(text);
  if (url && url->scheme() == "https") {
    return std::unexpected(
        fmt::format("'{}' needs TLS, which is not supported for {}s yet; give an http URL", text, what));
  }
  if (!url || url->scheme() != "http" || url->encoded_host().empty() || port_of(*url) == 0) {
    return std::unexpected(fmt::format("'{}' is no URL of a {}; write http://HOST:PORT/PATH", text, what));
  }
  if (url->has_userinfo()) {
    return std::unexpected(fmt::format("'{}' holds a user name, and logging in is not supported for {}s", text, what));
  }
  std::string target{url->encoded_target()};
  if (!target.starts_with('/')) target.insert(0, "/");
  const bool is_v6 = url->host_type() == boost::urls::host_type::ipv6;
  return HttpPlace{.host = is_v6 ? std::string{url->host_address()} : std::string{url->host()},
                   .port = port_of(*url),
                   .authority = std::string{url->encoded_host_and_port()},
                   .target = std::move(target)};
}

std::expected<MetricRequest, std::string> make_request(const config::JsonSource& source) {
  return to_request(source.url);
}

std::expected<MetricRequest, std::string> make_request(const config::PrometheusSource& source) {
  std::string base = source.server_address;
  while (base.ends_with('/')) base.pop_back();
  auto request = to_request(
      fmt::format("{}/api/v1/query?query={}", base, boost::urls::encode(source.query, boost::urls::unreserved_chars)));
  if (!request) return to_request(source.server_address);  // the error is about what the user wrote
  request->url = source.server_address;
  return request;
}

}  // namespace tenfold::live
