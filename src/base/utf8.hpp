// UTF-8, as RFC 3629 has it.
#pragma once

#include <cstddef>
#include <string_view>

namespace tenfold {

// The length of the well-formed character at the front of `text`, which is not empty; 0 if there is none: overlong
// forms, surrogates and what lies above U+10FFFF are not well-formed.
std::size_t utf8_length(std::string_view text);

}  // namespace tenfold
