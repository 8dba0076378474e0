// Numbers as people read them.
#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"

namespace tenfold::report {

constexpr double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

// "4.7 ms", "250.0 ms", "1.25 s", "300 s".
std::string span_text(core::Duration span);

// A configured span, which has no more digits than someone wrote: "250 ms", "15 s", "2.5 s".
std::string setting_text(core::Duration span);

// "1 replica", "2 replicas".
std::string counted(std::uint64_t count, std::string_view noun);

// Characters of UTF-8.
std::size_t width_of(std::string_view text);

// `text` in lines of at most `width` characters, broken between words; those after the first begin with `indent`
// blanks. A word that is longer than a line has one of its own.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

// Text as it may stand in XML and HTML, also within quotes. Bytes that are not UTF-8 or not allowed there become '?'.
std::string escape_xml(std::string_view text);

}  // namespace tenfold::report
