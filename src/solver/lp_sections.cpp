#include "solver/lp_sections.hpp"

#include <algorithm>
#include <array>

#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

struct Header {
  std::string_view first;
  std::string_view second;  // a word, "-" for a sign, or nothing
  std::string_view third;
  LpSection section;
};

// The longer before the shorter.
constexpr std::array kHeaders{
    Header{"subject", "to", "", LpSection::kRows},
    Header{"such", "that", "", LpSection::kRows},
    Header{"st", "", "", LpSection::kRows},
    Header{"s.t.", "", "", LpSection::kRows},
    Header{"st.", "", "", LpSection::kRows},
    Header{"lazy", "constraints", "", LpSection::kRows},
    Header{"user", "cuts", "", LpSection::kRows},
    Header{"general", "constraints", "", LpSection::kForeign},
    Header{"semi", "-", "continuous", LpSection::kSemis},
    Header{"semis", "", "", LpSection::kSemis},
    Header{"semi", "", "", LpSection::kSemis},
    Header{"bounds", "", "", LpSection::kBounds},
    Header{"bound", "", "", LpSection::kBounds},
    Header{"generals", "", "", LpSection::kGenerals},
    Header{"general", "", "", LpSection::kGenerals},
    Header{"gen", "", "", LpSection::kGenerals},
    Header{"integers", "", "", LpSection::kGenerals},
    Header{"integer", "", "", LpSection::kGenerals},
    Header{"int", "", "", LpSection::kGenerals},
    Header{"binaries", "", "", LpSection::kBinaries},
    Header{"binary", "", "", LpSection::kBinaries},
    Header{"bin", "", "", LpSection::kBinaries},
    Header{"sos", "", "", LpSection::kForeign},
    Header{"sos1", "", "", LpSection::kForeign},
    Header{"sos2", "", "", LpSection::kForeign},
    Header{"pwlobj", "", "", LpSection::kForeign},
    Header{"scenario", "", "", LpSection::kForeign},
    Header{"end", "", "", LpSection::kEnd},
};

bool fits(const LpToken& token, std::string_view word) {
  if (word.empty()) return true;
  if (word == "-") return token.kind == LpToken::Kind::kSign && token.sign == '-';
  return token.kind == LpToken::Kind::kName && equals_ignoring_case(token.text, word);
}

}  // namespace

std::optional<LpHeader> find_header(const LpTokens& tokens) {
  const LpToken& first = tokens.peek();
  if (first.kind != LpToken::Kind::kName || first.text.size() > std::string_view{"generals"}.size())
    return std::nullopt;
  const auto found = std::ranges::find_if(kHeaders, [&](const Header& header) {
    return fits(first, header.first) && fits(tokens.peek(1), header.second) && fits(tokens.peek(2), header.third);
  });
  if (found == kHeaders.end()) return std::nullopt;
  const std::size_t size = 1U + (found->second.empty() ? 0U : 1U) + (found->third.empty() ? 0U : 1U);
  const bool is_label = size == 1 && tokens.peek(1).kind == LpToken::Kind::kSign && tokens.peek(1).sign == ':';
  return is_label ? std::nullopt : std::optional{LpHeader{found->section, size}};
}

bool is_header_word(std::string_view word) {
  return std::ranges::any_of(kHeaders, [&](const Header& header) {
    return header.second.empty() && equals_ignoring_case(word, header.first);
  });
}

}  // namespace tenfold::solver
