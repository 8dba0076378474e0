#include "config/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace tenfold::config {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// Takes a number and the unit behind it off the front of `text`, multiplied out.
std::optional<double> take_quantity(std::string_view& text, std::span<const Unit> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (text.starts_with(' ')) text.remove_prefix(1);
  const std::string_view name = text.substr(0, text.find_first_of("0123456789."));
  const auto unit = std::ranges::find(units, name, &Unit::name);
  if (unit == units.end()) return std::nullopt;
  text.remove_prefix(name.size());
  return number * unit->factor;
}

std::optional<double> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const auto quantity = take_quantity(text, units);
  return text.empty() ? quantity : std::nullopt;
}

}  // namespace

std::expected<core::Duration, std::string> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 8> kUnits{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}, {"d", 24 * 3600e9}}};
  std::string_view rest = text;
  auto ns = take_quantity(rest, kUnits);
  while (ns && !rest.empty()) {
    const auto more = take_quantity(rest, kUnits);
    ns = more ? std::optional{*ns + *more} : std::nullopt;
  }
  if (!ns || *ns > 1e18) return std::unexpected(fmt::format("'{}' is no duration; write 250ms, 5s, 2m or 1h", text));
  return core::Duration{static_cast<core::Duration::rep>(std::llround(*ns))};
}

std::expected<core::Bytes, std::string> parse_size(std::string_view text) {
  constexpr double kKi = 1024;
  constexpr std::array<Unit, 15> kUnits{{{"", 1},
                                         {"B", 1},
                                         {"KiB", kKi},
                                         {"Ki", kKi},
                                         {"MiB", kKi * kKi},
                                         {"Mi", kKi * kKi},
                                         {"GiB", kKi * kKi * kKi},
                                         {"Gi", kKi * kKi * kKi},
                                         {"kB", 1e3},
                                         {"KB", 1e3},
                                         {"MB", 1e6},
                                         {"GB", 1e9},
                                         {"k", 1e3},
                                         {"M", 1e6},
                                         {"G", 1e9}}};
  const auto bytes = parse_quantity(text, kUnits);
  if (!bytes || *bytes > 1e18) return std::unexpected(fmt::format("'{}' is no size; write 64MiB, 512Mi or 1Gi", text));
  return core::Bytes{static_cast<std::uint64_t>(std::llround(*bytes))};
}

std::expected<std::uint32_t, std::string> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
    return std::unexpected(fmt::format("'{}' is no whole number from {} to {}", text, least, most));
  }
  return number;
}

std::expected<double, std::string> parse_positive(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !(number > 0) || !std::isfinite(number)) {
    return std::unexpected(fmt::format("'{}' is no number above zero", text));
  }
  return number;
}

std::expected<double, std::string> parse_number(std::string_view text, double least, double most) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc{} && end == text.data() + text.size() && !std::isnan(number);
  if (!is_number || number < least || number > most)
    return std::unexpected(fmt::format("'{}' is no number from {} to {}", text, least, most));
  return number;
}

std::expected<double, std::string> parse_rate(std::string_view text) {
  constexpr std::array<Unit, 5> kUnits{{{"", 1}, {"/s", 1}, {"/m", 1. / 60}, {"/min", 1. / 60}, {"/h", 1. / 3600}}};
  const auto rate = parse_quantity(text, kUnits);
  if (!rate) return std::unexpected(fmt::format("'{}' is no rate; write 15, 15/s, 900/min or 3600/h", text));
  return *rate;
}

std::string format_duration(core::Duration duration) {
  const core::Duration::rep ns = duration.count();
  if (ns % 1'000'000'000 == 0) return fmt::format("{}s", ns / 1'000'000'000);
  if (ns % 1'000'000 == 0) return fmt::format("{}ms", ns / 1'000'000);
  if (ns % 1'000 == 0) return fmt::format("{}us", ns / 1'000);
  return fmt::format("{}ns", ns);
}

std::string format_size(core::Bytes size) {
  const std::uint64_t bytes = core::to_number(size);
  // Azure writes memory in Gi, in steps of a quarter: those come out as it writes them.
  if (bytes > 0 && bytes % (1ULL << 28) == 0) return fmt::format("{}Gi", static_cast<double>(bytes) / (1ULL << 30));
  if (bytes > 0 && bytes % (1ULL << 20) == 0) return fmt::format("{}Mi", bytes >> 20);
  if (bytes > 0 && bytes % (1ULL << 10) == 0) return fmt::format("{}Ki", bytes >> 10);
  return fmt::format("{}", bytes);
}

std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  std::string_view front = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (front.starts_with(' ')) front.remove_prefix(1);
  while (front.ends_with(' ')) front.remove_suffix(1);
  return front;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  // Restricted edit distance: insertions, deletions, substitutions, and swaps of neighbours.
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
        d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
        const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        if (is_swap) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
    return d[a.size()][b.size()];
  };
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t d = distance(word, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

}  // namespace tenfold::config
