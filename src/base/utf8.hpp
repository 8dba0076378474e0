// UTF-8, as RFC 3629 has it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenfold {

// The length of the well-formed character at the front of `text`, which is not empty; 0 if there is none: overlong
// forms, surrogates and what lies above U+10FFFF are not well-formed.
std::size_t utf8_length(std::string_view text);

// `text` with `replacement` for each byte that belongs to no well-formed character.
std::string to_utf8(std::string_view text, std::string_view replacement);

}  // namespace tenfold
