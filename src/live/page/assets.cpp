#include "live/page/assets.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace tenfold::live {

namespace {

// All that the page needs is here: nothing is run or loaded that came from elsewhere, and nobody puts it in a frame.
constexpr std::string_view kProtection =
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";

// Whether one of the words of a field with commas is `word`, whatever parameters follow it; but for `;q=0`.
bool names(std::optional<std::string_view> field, std::string_view word) {
  std::string_view rest = field.value_or("");
  while (!rest.empty()) {
    std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one.ends_with(";q=0")) continue;
    one = one.substr(0, one.find(';'));
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == word) return true;
  }
  return false;
}

}  // namespace

const Asset* find_asset(std::string_view path) {
  const std::span<const Asset> all = page_assets();
  const auto found = std::ranges::find(all, path, &Asset::path);
  return found == all.end() ? nullptr : &*found;
}

void answer_asset(http::ServerConnection& connection, const Asset& asset) {
  const http::Head& head = connection.head();
  const bool is_gzip = names(head.find("Accept-Encoding"), "gzip");
  const std::string fields = fmt::format("{}ETag: {}\r\nCache-Control: no-cache\r\nVary: Accept-Encoding\r\n{}",
                                         kProtection, asset.etag, is_gzip ? "Content-Encoding: gzip\r\n" : "");
  if (names(head.find("If-None-Match"), asset.etag)) return connection.respond_not_modified(fields);
  connection.respond(200, asset.content_type, is_gzip ? asset.gzip : asset.bytes, fields);
}

}  // namespace tenfold::live
