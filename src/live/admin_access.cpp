#include "live/admin_access.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace tenfold::live {

namespace {

// A shorter one could be tried out.
constexpr std::size_t kShortestToken = 16;
constexpr std::string_view kScheme = "Bearer ";

bool is_address(std::string_view host) {
  const std::string text{host};
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

// Of "host", "host:port" or "[address]:port".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

std::string_view authority_of(const http::Head& head) {
  return head.authority().empty() ? head.find("Host").value_or("") : head.authority();
}

}  // namespace

bool AdminAccess::is_ours(const http::Head& head) const {
  const std::string_view host = host_of(authority_of(head));
  if (host.empty() || host.starts_with('[') || is_address(host)) return true;
  return http::equals_ignoring_case(host, "localhost") ||
         std::ranges::any_of(hosts, [host](const std::string& ours) { return http::equals_ignoring_case(host, ours); });
}

bool AdminAccess::is_from_here(const http::Head& head) {
  const auto site = head.find("Sec-Fetch-Site");
  if (site && *site != "same-origin") return false;
  const auto origin = head.find("Origin");
  if (!origin) return true;
  const std::size_t scheme_end = origin->find("://");
  return scheme_end != std::string_view::npos &&
         http::equals_ignoring_case(origin->substr(scheme_end + 3), authority_of(head));
}

bool AdminAccess::is_allowed(const http::Head& head) const {
  if (token.empty()) return true;
  const std::string_view given = head.find("Authorization").value_or("");
  if (!http::equals_ignoring_case(given.substr(0, kScheme.size()), kScheme)) return false;
  const std::string_view word = given.substr(kScheme.size());
  if (word.size() != token.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < token.size(); ++i)
    difference |= static_cast<unsigned char>(word[i]) ^ static_cast<unsigned char>(token[i]);
  return difference == 0;
}

std::expected<std::string, std::string> read_token(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in) return std::unexpected(fmt::format("the admin token cannot be read from {}", file.string()));
  const std::string whole{std::istreambuf_iterator<char>{in}, {}};
  constexpr std::string_view kSpace = " \t\r\n";
  std::string_view text = whole;
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  text.remove_suffix(text.size() - (text.find_last_not_of(kSpace) + 1));
  const bool is_one_word = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  if (text.size() < kShortestToken || !is_one_word) {
    return std::unexpected(
        fmt::format("{} holds no token: it is one word of {} characters or more, as `openssl rand -hex 32` makes it",
                    file.string(), kShortestToken));
  }
  return std::string{text};
}

}  // namespace tenfold::live
