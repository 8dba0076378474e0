// Words, numbers and characters of texts that strangers send.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::solver {

// At most this many characters of an input are shown in an answer.
inline constexpr std::size_t kShownCharacters = 200;

// The text in small letters; only those of ASCII change.
std::string lower(std::string_view text);

// True if the two are equal but for the case of ASCII letters.
bool equals_ignoring_case(std::string_view left, std::string_view right);

// The words of a line between blanks, into `words`.
void split(std::string_view line, std::vector<std::string_view>& words);

// A whole word as a number: digits with a point, a sign, an exponent after e or d (as Fortran writes it). What is too
// large is infinite. Words such as `inf` and `nan` are no numbers.
std::optional<double> to_number(std::string_view word);

// `inf` or `infinity` with or without a sign, in any case.
std::optional<double> to_infinity(std::string_view word);

// A number, or infinity as a word.
std::optional<double> to_limit(std::string_view word);

bool is_utf8(std::string_view text);

// The text as UTF-8, each byte taken for a character of Latin-1.
std::string from_latin1(std::string_view text);

// The text to show in an answer: its first kShownCharacters characters, and what is not UTF-8 replaced.
std::string shown(std::string_view text);

// The shortest text of a number.
std::string to_text(double number);

// Goes through a text line by line. Ends of lines are LF, CR LF or CR.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_{text} {}
  bool next();
  std::string_view line() const { return line_; }
  std::size_t number() const { return number_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
};

}  // namespace tenfold::solver
