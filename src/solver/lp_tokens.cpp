#include "solver/lp_tokens.hpp"

#include <algorithm>

#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

using Kind = LpToken::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<bool, 256> kNameCharacters = [] {
  std::array<bool, 256> made{};
  for (unsigned c = 0; c < made.size(); ++c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
    made[c] = is_letter || std::string_view{"!\"#$%&(),./?@_'`{}|~"}.contains(static_cast<char>(c));
  }
  return made;
}();

bool is_of_name(char c) { return kNameCharacters[static_cast<unsigned char>(c)]; }

LpToken wrong(LpToken token, std::string_view why) {
  token.kind = Kind::kWrong;
  token.text = why;
  return token;
}

// Why a name is refused that may well be meant as something else.
std::string_view find_trap(std::string_view name) {
  if (name.starts_with('(')) return "parentheses are not known in LP files";
  if (name.starts_with(',') || name.starts_with('/') || name.starts_with('.') || name.starts_with(')'))
    return "a name does not begin so";
  if (std::ranges::count(name, '(') != std::ranges::count(name, ')')) return "a parenthesis is not closed in this name";
  const std::size_t slash = name.rfind('/');
  const bool divides = slash != std::string_view::npos &&
                       std::ranges::all_of(name.substr(slash + 1), [](char c) { return is_digit(c); });
  return divides ? "LP files know no division" : "";
}

}  // namespace

LpTokens::LpTokens(std::string_view text) : text_{text} {
  for (LpToken& token : ring_) token = scan();
}

LpToken LpTokens::take() {
  const LpToken token = ring_[next_];
  ring_[next_] = scan();
  next_ = (next_ + 1) % ring_.size();
  return token;
}

void LpTokens::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\\') {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    } else if (c == '\n' || c == '\r') {
      starts_line_ = true;
      ++at_;
    } else if (c == ' ' || c == '\t' || c == '\v' || c == '\f') {
      ++at_;
    } else {
      return;
    }
  }
}

LpToken LpTokens::scan() {
  skip_blanks();
  LpToken token{.starts_line = starts_line_, .at = at_};
  starts_line_ = false;
  if (at_ == text_.size()) return token;
  const char c = look();
  if (is_digit(c) || (c == '.' && is_digit(look(1)))) return scan_number(token);
  if (is_of_name(c) && c != '/') return scan_name(token);
  return scan_sign(token);
}

// A coefficient may touch its name, as in 3x. Not where an e makes that a riddle: 3e1x, 3ex.
LpToken LpTokens::scan_number(LpToken token) {
  const std::size_t start = at_;
  while (is_digit(look())) ++at_;
  if (look() == '.') ++at_;
  while (is_digit(look())) ++at_;
  if (look() == 'e' || look() == 'E') {
    ++at_;
    if (look() == '+' || look() == '-') ++at_;
    const std::size_t digits = at_;
    while (is_digit(look())) ++at_;
    if (at_ == digits || is_of_name(look()))
      return wrong(token, "a number with an exponent, or a coefficient and a name? Put a blank between the two");
  }
  token.kind = Kind::kNumber;
  token.text = text_.substr(start, at_ - start);
  token.number = to_number(token.text).value_or(0);
  return token;
}

LpToken LpTokens::scan_name(LpToken token) {
  const std::size_t start = at_;
  while (is_of_name(look()) || look() == '[') {
    if (look() == '[') {  // an index: x[1,2]
      const std::size_t close = text_.find_first_of("] \t\r\n", at_);
      if (close == std::string_view::npos || text_[close] != ']')
        return wrong(token, "a bracket is not closed in this name");
      at_ = close;
    }
    ++at_;
  }
  token.kind = Kind::kName;
  token.text = text_.substr(start, at_ - start);
  if (const auto trap = find_trap(token.text); !trap.empty()) return wrong(token, trap);
  return token;
}

LpToken LpTokens::scan_sign(LpToken token) {
  const char c = look();
  const char next = look(1);
  ++at_;
  if (c == '<' || c == '>' || c == '=') {
    if (next == '<' || next == '>' || next == '=') ++at_;
    const bool is_one_way = c == '=' || next == '=' || (next != '<' && next != '>');
    if (!is_one_way) return wrong(token, "this is no relation");
    token.kind = Kind::kRelation;
    token.sign = c == '=' && (next == '<' || next == '>') ? next : c;
    return token;
  }
  if (c == ';') return wrong(token, "';' ends a statement in the format of lp_solve, which is not read here");
  if (c == '-' && next == '>') return wrong(token, "indicator constraints are not supported");
  if (!std::string_view{"+-*^/[]:"}.contains(c)) return wrong(token, "this character has no meaning in LP files");
  token.kind = Kind::kSign;
  token.sign = c;
  token.text = text_.substr(token.at, 1);
  return token;
}

}  // namespace tenfold::solver
