#include "config/isolation.hpp"

#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/fields.hpp"

namespace tenfold::config {

namespace {

constexpr std::string_view kWithout = "no-";

constexpr Isolation kOff{.wanted = {}, .required = {}};
constexpr Isolation kStrict{.wanted = kAllIsolation, .required = kAllIsolation};

std::optional<IsolationPart> part_called(std::string_view name) {
  for (const auto& [known, part] : kIsolationParts) {
    if (known == name) return part;
  }
  return std::nullopt;
}

std::string unknown(std::string_view word) {
  std::vector<std::string_view> known{"auto", "off", "strict"};
  for (const auto& [name, part] : kIsolationParts) known.push_back(name);
  return unknown_word("isolation", word, known);
}

// False for a word that is not known.
bool apply_word(Isolation& isolation, std::string_view word) {
  if (word == "auto" || word == "off" || word == "strict") {
    isolation = word == "auto" ? Isolation{} : word == "off" ? kOff : kStrict;
    return true;
  }
  const bool is_without = word.starts_with(kWithout);
  const auto part = part_called(is_without ? word.substr(kWithout.size()) : word);
  if (!part) return false;
  if (is_without) {
    isolation.wanted.remove(*part);
    isolation.required.remove(*part);
  } else {
    isolation.wanted.add(*part);
    isolation.required.add(*part);
  }
  return true;
}

// The words that begin with `base` and say `isolation`; nothing where what it leaves to the machine is not left so.
std::optional<std::vector<std::string>> words_from(std::string_view base, const Isolation& isolation) {
  Isolation made;
  apply_word(made, base);
  std::vector<std::string> words{std::string{base}};
  for (const auto& [name, part] : kIsolationParts) {
    const bool is_required = isolation.required.has(part);
    if (isolation.wanted.has(part) == made.wanted.has(part) && is_required == made.required.has(part)) continue;
    words.push_back(isolation.wanted.has(part) ? std::string{name} : fmt::format("{}{}", kWithout, name));
    apply_word(made, words.back());
  }
  if (made != isolation) return std::nullopt;
  if (base == "off" && words.size() > 1) words.erase(words.begin());
  if (base == "auto" && words.size() > 1 && words[1].starts_with(kWithout)) words.erase(words.begin());
  return words;
}

}  // namespace

std::expected<Isolation, std::string> parse_isolation(std::string_view text) {
  Isolation isolation = text.starts_with(kWithout) ? Isolation{} : kOff;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    std::string_view word = rest.substr(0, comma);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (!apply_word(isolation, word)) return std::unexpected(unknown(word));
    if (comma == std::string_view::npos) return isolation;
    rest.remove_prefix(comma + 1);
  }
}

std::string format_isolation(const Isolation& isolation) {
  std::vector<std::string> shortest;
  for (const std::string_view base : {"auto", "off", "strict"}) {
    const auto words = words_from(base, isolation);
    if (words && (shortest.empty() || words->size() < shortest.size())) shortest = *words;
  }
  return fmt::format("{}", fmt::join(shortest, ","));
}

}  // namespace tenfold::config
