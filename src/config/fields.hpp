// How a setting's text becomes a member of AppConfig, and the member text again: one format a struct, each with
// `read(member, text)` and `write(member)`, which undo each other.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/app_config.hpp"
#include "config/units.hpp"

namespace tenfold::config {

using Applied = std::expected<void, std::string>;

// Stores what `parsed` holds, or passes its error on.
template <class T, class U>
Applied store(T& member, std::expected<U, std::string>&& parsed) {
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  member = static_cast<T>(std::move(*parsed));
  return {};
}

// What the formats below share.
std::string format_number(double number);
// "'{text}' is not from {least} to {most}".
std::expected<core::Duration, std::string> parse_duration_in(std::string_view text, core::Duration least,
                                                             core::Duration most);
// A whole number of seconds, or a duration with its unit.
std::expected<core::Duration, std::string> parse_seconds(std::string_view text, std::uint32_t least,
                                                         std::uint32_t most);
std::string format_seconds(core::Duration duration);
// A number in (above, most].
std::expected<double, std::string> parse_number_above(std::string_view text, double above, double most);
// "{what} '{word}' is not known; did you mean ...", with all that is known where nothing is near.
std::string unknown_word(std::string_view what, std::string_view word, const std::vector<std::string_view>& known);

template <std::uint32_t least, std::uint32_t most>
struct Count {
  template <std::integral T>
  static Applied read(T& member, std::string_view text) {
    return store(member, parse_count(text, least, most));
  }
  template <std::integral T>
  static std::string write(T member) {
    return std::to_string(member);
  }
};

// A duration in least..most, both in milliseconds. The least keeps a typing error from becoming a busy loop.
template <std::int64_t least, std::int64_t most = 24LL * 3600 * 1000>
struct Time {
  static Applied read(core::Duration& member, std::string_view text) {
    return store(member, parse_duration_in(text, std::chrono::milliseconds{least}, std::chrono::milliseconds{most}));
  }
  static std::string write(core::Duration member) { return format_duration(member); }
};

// Whole seconds, written as a number: Azure's and Kubernetes' way. A duration with a unit is understood too.
template <std::uint32_t least, std::uint32_t most>
struct Seconds {
  static Applied read(core::Duration& member, std::string_view text) {
    return store(member, parse_seconds(text, least, most));
  }
  static std::string write(core::Duration member) { return format_seconds(member); }
};

struct Size {
  static Applied read(core::Bytes& member, std::string_view text) { return store(member, parse_size(text)); }
  static std::string write(core::Bytes member) { return format_size(member); }
};

// A number in least..most, both included, or in (least, most].
template <int least, int most, bool is_least_out = false>
struct Number {
  static Applied read(double& member, std::string_view text) {
    return store(member, is_least_out ? parse_number_above(text, least, most) : parse_number(text, least, most));
  }
  static std::string write(double member) { return format_number(member); }
};
template <int most>
using Above0 = Number<0, most, true>;

struct Text {
  static Applied read(std::string& member, std::string_view text) {
    member = text;
    return {};
  }
  static std::string write(const std::string& member) { return member; }
};

// One of the words of an enumeration. `Words` has `kWhat`, what such a word is, and `kAll`, pairs of word and value.
template <class Words>
struct Word {
  template <class Enum>
  static Applied read(Enum& member, std::string_view text) {
    std::vector<std::string_view> known;
    for (const auto& [word, value] : Words::kAll) {
      if (word == text) {
        member = value;
        return {};
      }
      known.push_back(word);
    }
    return std::unexpected(unknown_word(Words::kWhat, text, known));
  }
  template <class Enum>
  static std::string write(Enum member) {
    for (const auto& [word, value] : Words::kAll) {
      if (value == member) return std::string{word};
    }
    return "";
  }
};

// A setting that is one member in one format. `Field` is a lambda without captures that yields the member.
template <class Format, class Field>
constexpr Setting field(std::string_view flag, std::string_view key, std::string_view value_name, std::string_view help,
                        Field) {
  return {.flag = flag,
          .key = key,
          .value_name = value_name,
          .help = help,
          .apply = [](AppConfig& config, std::string_view text) { return Format::read(Field{}(config), text); },
          .show = [](const AppConfig& config) { return Format::write(Field{}(config)); }};
}

}  // namespace tenfold::config

// The member of AppConfig at `path`, to read or to write.
#define TENFOLD_FIELD(path) ([](auto& config) -> auto& { return config.path; })
