#include "load/template.hpp"

#include <charconv>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "config/units.hpp"

namespace tenfold::load {

namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void append_uuid(sim::Random& random, std::string& out) {
  const std::uint64_t high = (random.bits() & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (random.bits() & ~(3ULL << 62)) | (2ULL << 62);
  fmt::format_to(std::back_inserter(out), "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                 high & 0xFFFF, low >> 48, low & 0xFFFF'FFFF'FFFFULL);
}

}  // namespace

std::expected<Template::Place, std::string> Template::parse_place(std::string_view words) {
  std::string_view rest = words;
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest == "index") return Place{.kind = Kind::kIndex};
  if (rest == "uuid") return Place{.kind = Kind::kUuid};
  if (config::take_until(rest, ' ') == "random") {
    const auto low = whole_number(config::take_until(rest, ' '));
    const auto high = whole_number(config::take_until(rest, ' '));
    if (low && high && *low <= *high && rest.empty()) return Place{.kind = Kind::kRandom, .low = *low, .high = *high};
  }
  return std::unexpected(fmt::format(
      "{{{{{}}}}} is not filled in: write {{{{index}}}}, {{{{random 1 100}}}} or {{{{uuid}}}}, or send the body as it "
      "is by --raw",
      words.substr(0, 40)));
}

std::expected<Template, std::string> Template::parse(std::string_view text) {
  Template made;
  for (std::size_t open = 0; (open = text.find(kOpen)) != std::string_view::npos;) {
    const std::size_t close = text.find(kClose, open);
    if (close == std::string_view::npos) return std::unexpected("a {{ has no }}; send the body as it is by --raw");
    auto place = parse_place(text.substr(open + kOpen.size(), close - open - kOpen.size()));
    if (!place) return std::unexpected(place.error());
    place->before = text.substr(0, open);
    made.places_.push_back(std::move(*place));
    text.remove_prefix(close + kClose.size());
  }
  made.end_ = text;
  return made;
}

Template Template::plain(std::string text) {
  Template made;
  made.end_ = std::move(text);
  return made;
}

void Template::fill(std::uint64_t index, sim::Random& random, std::string& out) const {
  out.clear();
  for (const Place& place : places_) {
    out += place.before;
    switch (place.kind) {
      case Kind::kIndex:
        fmt::format_to(std::back_inserter(out), "{}", index);
        break;
      case Kind::kRandom: {
        const std::uint64_t span = static_cast<std::uint64_t>(place.high) - static_cast<std::uint64_t>(place.low) + 1;
        const std::uint64_t drawn = span == 0 ? random.bits() : random.below(span);  // 0: all 2^64
        fmt::format_to(std::back_inserter(out), "{}",
                       static_cast<std::int64_t>(static_cast<std::uint64_t>(place.low) + drawn));
        break;
      }
      case Kind::kUuid:
        append_uuid(random, out);
        break;
    }
  }
  out += end_;
}

}  // namespace tenfold::load
