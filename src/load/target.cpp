#include "load/target.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

namespace tenfold::load {

namespace {

constexpr std::uint16_t kDefaultPort = 80;

std::unexpected<std::string> wrong(const std::string& url, std::string_view what) {
  return std::unexpected(fmt::format("'{}' {}; write http://127.0.0.1:8080/solve", url, what));
}

// Nothing: there is no such port.
std::optional<std::uint16_t> port_of(const boost::urls::url_view& url) {
  const std::string_view text = url.port();
  if (text.empty()) return kDefaultPort;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::string path_of(const boost::urls::url_view& url) {
  std::string path{url.encoded_path()};
  if (path.empty()) path = "/";
  if (url.has_query()) path.append("?").append(std::string_view{url.encoded_query()});
  return path;
}

}  // namespace

std::expected<Target, std::string> parse_target(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || !url->has_authority()) return wrong(text, "is no URL to send to");
  // Boost takes what follows a port's digits for the path's beginning.
  const std::string_view path = url->encoded_path();
  if (!path.empty() && path.front() != '/') return wrong(text, "is no URL to send to");
  if (url->scheme_id() == boost::urls::scheme::https) return wrong(text, "wants TLS, which is not spoken here");
  if (url->scheme_id() != boost::urls::scheme::http) return wrong(text, "is no URL to send to");
  if (url->host().empty()) return wrong(text, "names no host");
  if (url->has_userinfo()) return wrong(text, "has a user's name: send it by --header 'Authorization: ...'");
  const auto port = port_of(*url);
  if (!port) return wrong(text, fmt::format("has port {}, and ports are 1 to 65535", std::string_view{url->port()}));
  const bool is_v6 = url->host_type() == boost::urls::host_type::ipv6;
  return Target{.host = is_v6 ? std::string{url->host_address()} : std::string{url->host()},
                .port = *port,
                .host_field = std::string{url->encoded_host_and_port()},
                .path = path_of(*url)};
}

std::expected<http::Endpoint, std::string> resolve(const Target& target) {
  boost::asio::io_context context;
  boost::system::error_code error;
  boost::asio::ip::tcp::resolver resolver{context};
  const std::string name = target.host == "localhost" ? "127.0.0.1" : target.host;
  const auto found = resolver.resolve(name, std::to_string(target.port), error);
  if (error || found.empty())
    return std::unexpected(fmt::format("the host '{}' is not known: {}", name, error.message()));
  const auto address = found.begin()->endpoint();
  return http::Endpoint::tcp(address.address().to_string(), address.port());
}

}  // namespace tenfold::load
