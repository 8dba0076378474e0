#include "live/request_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace tenfold::live {

namespace {

// Longer than this nobody waits for an answer, and it cannot overflow.
constexpr double kLongestSeconds = 1e6;

std::optional<core::Duration> parse_seconds(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "ms") {
    number /= 1000;
  } else if (!unit.empty() && unit != "s") {
    return std::nullopt;
  }
  return std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>{std::min(number, kLongestSeconds)});
}

std::optional<core::Duration> preferred_wait(std::string_view preferences) {
  while (!preferences.empty()) {
    const std::size_t end = std::min(preferences.find_first_of(",;"), preferences.size());
    std::string_view preference = preferences.substr(0, end);
    preferences.remove_prefix(std::min(end + 1, preferences.size()));
    preference.remove_prefix(std::min(preference.find_first_not_of(' '), preference.size()));
    if (preference.size() > 5 && http::equals_ignoring_case(preference.substr(0, 5), "wait=")) {
      return parse_seconds(preference.substr(5));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<core::Duration> requested_timeout(const http::Head& head) {
  std::optional<core::Duration> timeout;
  if (const auto field = head.find("x-request-timeout")) timeout = parse_seconds(*field);
  if (const auto field = head.find("prefer")) {
    const auto wait = preferred_wait(*field);
    if (wait && (!timeout || *wait < *timeout)) timeout = wait;
  }
  return timeout;
}

bool is_safe_to_repeat(const http::Head& head) {
  constexpr std::array<std::string_view, 6> kIdempotent{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
  return std::ranges::find(kIdempotent, head.method()) != kIdempotent.end() || head.find("idempotency-key").has_value();
}

}  // namespace tenfold::live
