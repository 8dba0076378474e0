#include "config/fields.hpp"

#include <fmt/format.h>

namespace tenfold::config {

std::string format_number(double number) { return fmt::format("{}", number); }

std::expected<core::Duration, std::string> parse_duration_in(std::string_view text, core::Duration least,
                                                             core::Duration most) {
  auto parsed = parse_duration(text);
  if (parsed && (*parsed < least || *parsed > most)) {
    return std::unexpected(
        fmt::format("'{}' is not from {} to {}", text, format_duration(least), format_duration(most)));
  }
  return parsed;
}

std::expected<core::Duration, std::string> parse_seconds(std::string_view text, std::uint32_t least,
                                                         std::uint32_t most) {
  const bool has_unit = text.find_first_not_of("0123456789") != std::string_view::npos;
  if (has_unit && parse_duration(text))
    return parse_duration_in(text, std::chrono::seconds{least}, std::chrono::seconds{most});
  const auto seconds = parse_count(text, least, most);
  if (!seconds) return std::unexpected(fmt::format("{}, in seconds", seconds.error()));
  return std::chrono::seconds{*seconds};
}

std::string format_seconds(core::Duration duration) {
  std::string text = format_duration(duration);
  const bool is_whole = duration % std::chrono::seconds{1} == core::Duration::zero();
  if (is_whole) text.pop_back();
  return text;
}

std::expected<double, std::string> parse_number_above(std::string_view text, double above, double most) {
  const auto parsed = parse_number(text, above, most);
  if (!parsed || *parsed <= above)
    return std::unexpected(fmt::format("'{}' is no number above {}, at most {}", text, above, most));
  return parsed;
}

std::string unknown_word(std::string_view what, std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view near = nearest(word, known);
  if (!near.empty()) return fmt::format("{} '{}' is not known; did you mean '{}'?", what, word, near);
  return fmt::format("{} '{}' is not known; known: {}", what, word, fmt::join(known, ", "));
}

}  // namespace tenfold::config
