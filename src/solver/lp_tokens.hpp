// The words and signs of an LP file.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenfold::solver {

struct LpToken {
  enum class Kind : std::uint8_t {
    kName,
    kNumber,
    kRelation,  // `sign` is <, > or =
    kSign,      // any other single character: + - * ^ / [ ] :
    kEnd,
    kWrong,  // `text` says why
  };
  Kind kind = Kind::kEnd;
  char sign = '\0';
  bool starts_line = false;  // nothing stands before it in its line
  double number = 0;
  std::string_view text;
  std::size_t at = 0;  // its place in the file
};

// Goes through a text token by token, with a look ahead. Names may have the characters that CPLEX allows in them, and
// an index in brackets.
class LpTokens {
 public:
  explicit LpTokens(std::string_view text);

  // The token `ahead` of the next, at most 2.
  const LpToken& peek(std::size_t ahead = 0) const { return ring_[(next_ + ahead) % ring_.size()]; }
  LpToken take();

 private:
  void skip_blanks();
  LpToken scan();
  LpToken scan_number(LpToken token);
  LpToken scan_name(LpToken token);
  LpToken scan_sign(LpToken token);
  char look(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  bool starts_line_ = true;
  std::array<LpToken, 3> ring_;
  std::size_t next_ = 0;
};

}  // namespace tenfold::solver
