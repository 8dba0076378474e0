// Where the sections of an LP file begin.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "solver/lp_tokens.hpp"

namespace tenfold::solver {

enum class LpSection : std::uint8_t {
  kRows,
  kBounds,
  kGenerals,
  kBinaries,
  kSemis,
  kForeign,  // known elsewhere and not here
  kEnd,
};

struct LpHeader {
  LpSection section;
  std::size_t tokens;  // how many make it up
};

// The section whose name stands at the next token. A name with a colon after it is a label.
std::optional<LpHeader> find_header(const LpTokens& tokens);

// True for a word that makes up a section's name: it cannot be a column's.
bool is_header_word(std::string_view word);

}  // namespace tenfold::solver
