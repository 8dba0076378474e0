#include "solver/lp_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "solver/lp_sections.hpp"
#include "solver/lp_tokens.hpp"
#include "solver/names.hpp"
#include "solver/numbers.hpp"
#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

using Kind = LpToken::Kind;

struct Term {
  int column;
  double value;
};

// What stands at one side of a relation.
struct Expression {
  std::vector<Term> terms;
  double constant = 0;
};

// Where an expression stands.
enum class Side : std::uint8_t { kObjective, kLeft, kRight };

// What is said of a column beside its place in rows.
struct Said {
  bool is_in_rows = false;  // or in the objective
  bool has_lower = false;
  bool has_upper = false;
  bool is_integer = false;
  bool is_binary = false;
  bool is_semi = false;
};

char opposite(char relation) { return relation == '<' ? '>' : relation == '>' ? '<' : '='; }

class LpReader {
 public:
  explicit LpReader(std::string_view text) : text_{text}, tokens_{text} {}

  std::expected<Model, ModelError> read() {
    if (!read_objective() || !read_sections() || !finish()) return std::unexpected(error());
    return std::move(model_);
  }

 private:
  // Lines are counted only where one is to blame.
  ModelError error() const {
    if (wrong_at_ == std::string_view::npos) return {0, what_, {}};
    Lines lines{text_};
    while (lines.next() && text_.size() - lines.rest().size() <= wrong_at_) {
    }
    return {lines.number(), what_, shown(lines.line())};
  }

  bool fail_at(std::size_t at, std::string what) {
    wrong_at_ = at;
    what_ = std::move(what);
    return false;
  }
  bool fail(std::string what) { return fail_at(tokens_.peek().at, std::move(what)); }
  bool fail_whole(std::string what) { return fail_at(std::string_view::npos, std::move(what)); }

  // The next token is not what is wanted here.
  bool fail_token(std::string_view wanted) {
    const LpToken& token = tokens_.peek();
    if (token.kind == Kind::kWrong) return fail(std::string{token.text});
    if (token.kind == Kind::kEnd) return fail_at(text_.empty() ? 0 : text_.size() - 1, "the file ends without 'end'");
    const std::string_view seen = token.kind == Kind::kRelation ? std::string_view{&token.sign, 1} : token.text;
    return fail(fmt::format("'{}' stands where {} is wanted", shown(seen), wanted));
  }

  bool is_sign(char sign, std::size_t ahead = 0) const {
    return tokens_.peek(ahead).kind == Kind::kSign && tokens_.peek(ahead).sign == sign;
  }
  bool is_name() const { return tokens_.peek().kind == Kind::kName; }
  bool is_number() const { return tokens_.peek().kind == Kind::kNumber; }
  bool is_relation() const { return tokens_.peek().kind == Kind::kRelation; }
  bool is_infinity() const { return is_name() && to_infinity(tokens_.peek().text); }

  bool read_objective() {
    if (!is_name() || !is_lp_sense(tokens_.peek().text)) {
      if (tokens_.peek().kind == Kind::kEnd) return fail_whole("the file holds no objective");
      return fail("an LP file begins with minimize or maximize");
    }
    model_.is_maximized = lower(tokens_.take().text).starts_with("max");
    if (is_sign(':')) {
      tokens_.take();
    } else if (is_name() && is_sign(':', 1)) {
      tokens_.take();
      tokens_.take();
    }
    Expression objective;
    if (!find_header(tokens_) && !read_expression(objective, Side::kObjective)) return false;
    if (!std::isfinite(objective.constant)) return fail("the objective's constant is not finite");
    model_.offset = objective.constant;
    for (const Term& term : objective.terms) column_at(term.column).cost += term.value;
    return true;
  }

  bool read_sections() {
    while (true) {
      const auto header = find_header(tokens_);
      if (!header) return fail_token("a section's name or an operator");
      if (header->section == LpSection::kForeign)
        return fail(fmt::format("the section '{}' is not supported", tokens_.peek().text));
      LpToken last;
      for (std::size_t i = 0; i < header->tokens; ++i) last = tokens_.take();
      if (header->section == LpSection::kEnd) return warn_of_rest(last.at + last.text.size());
      if (!read_section(header->section)) return false;
    }
  }

  bool read_section(LpSection section) {
    while (!find_header(tokens_)) {
      const bool has_read = section == LpSection::kRows     ? read_row()
                            : section == LpSection::kBounds ? read_bound()
                                                            : read_member(section);
      if (!has_read) return false;
    }
    return true;
  }

  bool warn_of_rest(std::size_t end) {
    if (LpTokens{text_.substr(end)}.peek().kind != Kind::kEnd)
      model_.warnings.emplace_back("what follows 'end' is not read");
    return true;
  }

  Column& column_at(int column) { return model_.columns[static_cast<std::size_t>(column)]; }
  Said& said_of(int column) { return said_[static_cast<std::size_t>(column)]; }

  int add_column(std::string_view name) {
    const int next = static_cast<int>(model_.columns.size());
    if (!columns_.add(name, next)) return columns_.find(name);
    model_.columns.push_back({.name = std::string{name}});
    said_.emplace_back();
    return next;
  }

  // A column's name where it can be nothing else.
  bool take_column(int& column) {
    if (!is_name()) return fail_token("a column's name");
    const std::string_view name = tokens_.peek().text;
    if (is_infinity()) return fail(fmt::format("'{}' stands for infinity and cannot be a name", name));
    if (find_header(tokens_) || is_header_word(name))
      return fail(fmt::format("'{}' begins a section and cannot be a column's name", name));
    column = add_column(tokens_.take().text);
    said_of(column).is_in_rows = true;
    return true;
  }

  // Any number of signs. False if there is none.
  bool take_signs(double& factor) {
    bool has_any = false;
    for (; is_sign('+') || is_sign('-'); has_any = true) factor *= tokens_.take().sign == '-' ? -1 : 1;
    return has_any;
  }

  // Signed terms up to what is no part of them.
  bool read_expression(Expression& expression, Side side) {
    for (bool is_first = true;; is_first = false) {
      if (side == Side::kRight && !is_first && tokens_.peek().starts_line) return end_right_side(expression);
      double factor = 1;
      const bool has_sign = take_signs(factor);
      if (!has_sign && !is_first) return true;
      const bool has_read =
          side == Side::kObjective && is_sign('[') ? read_quadratic(factor) : read_term(expression, factor, side);
      if (!has_read) return false;
    }
  }

  // A right side ends with its line: rows need no labels, and the next may begin with a sign.
  bool end_right_side(const Expression& expression) {
    const bool is_riddle = !expression.terms.empty() && (is_sign('+') || is_sign('-'));
    return !is_riddle || fail("this row may go on here, or another begin: put it into one line, or give it a label");
  }

  bool read_term(Expression& expression, double factor, Side side) {
    if (is_infinity() && side != Side::kObjective) {
      tokens_.take();
      return add_constant(expression, factor * kInfinity);
    }
    if (is_number()) {
      factor *= tokens_.take().number;
      if (is_sign('*')) {
        tokens_.take();
      } else if (ends_at_number(side)) {
        return add_constant(expression, factor);
      }
    }
    Term term{.column = -1, .value = factor};
    if (const auto wrong = check_coefficient(factor)) return fail(*wrong);
    if (!take_column(term.column)) return false;
    if (is_sign('^') || is_sign('*'))
      return fail("a product stands in the brackets of a quadratic objective only: [ ... ] / 2");
    expression.terms.push_back(term);
    return true;
  }

  bool add_constant(Expression& expression, double value) {
    if (is_sign('[')) return fail("a number before a bracket is not supported");
    expression.constant += value;
    return !std::isnan(expression.constant) || fail("infinities of both signs");
  }

  bool is_label() const { return is_name() && is_sign(':', 1); }
  // After a number: it is a constant and no coefficient.
  bool ends_at_number(Side side) const {
    return !is_name() || is_label() || (side == Side::kRight && tokens_.peek().starts_line) || find_header(tokens_);
  }

  // [ 2 x ^ 2 - x * y ] / 2
  bool read_quadratic(double factor) {
    tokens_.take();
    for (bool is_first = true; !is_sign(']'); is_first = false) {
      double value = factor;
      if (!take_signs(value) && !is_first) return fail_token("an operator or ]");
      if (!read_product(value)) return false;
    }
    tokens_.take();
    if (!is_sign('/') || tokens_.peek(1).kind != Kind::kNumber || tokens_.peek(1).number != 2)
      return fail("a quadratic objective ends with ] / 2");
    tokens_.take();
    tokens_.take();
    return true;
  }

  bool read_product(double value) {
    if (is_number()) value *= tokens_.take().number;
    if (is_sign('*')) tokens_.take();
    if (const auto wrong = check_coefficient(value)) return fail(*wrong);
    Entry entry;
    if (!take_column(entry.row)) return false;
    if (is_sign('^')) {
      tokens_.take();
      if (!is_number() || tokens_.peek().number != 2) return fail("the only power is ^ 2");
      tokens_.take();
      entry.column = entry.row;
    } else if (is_sign('*')) {
      tokens_.take();
      if (!take_column(entry.column)) return false;
    } else {
      return fail_token("^ 2 or * and a column");
    }
    add_product(entry, value);
    return true;
  }

  // Of [value x y] / 2 each half of Q has a half; x y and y x are the same.
  void add_product(Entry entry, double value) {
    entry.value = value / 2;
    model_.hessian.push_back(entry);
    std::swap(entry.row, entry.column);
    model_.hessian.push_back(entry);
  }

  // [label :] expression relation expression [relation expression]
  bool read_row() {
    const std::size_t start = tokens_.peek().at;
    const std::string_view first = tokens_.peek().text;
    Row row;
    if (is_label()) {
      const std::string_view label = tokens_.take().text;
      tokens_.take();
      if (!rows_.add(label, 0)) return fail_at(start, fmt::format("there is a row '{}' already", shown(label)));
      row.name = label;
    }
    std::array<Expression, 3> sides;
    std::array<char, 2> relations{};
    std::size_t count = 0;
    while (true) {
      if (!read_expression(sides[count], count == 0 ? Side::kLeft : Side::kRight)) return false;
      if (!is_relation() || count == relations.size()) break;
      relations[count++] = tokens_.take().sign;
    }
    const bool is_word = count == 0 && row.name.empty() && sides[0].terms.size() == 1;
    if (is_word && is_name() && tokens_.peek().starts_line)
      return fail_at(start,
                     fmt::format("'{}' begins neither a row, which has a relation, nor a section", shown(first)));
    if (count == 0) return fail_token("a relation (<=, >=, =) or an operator");
    return (count == 1 ? set_row(row, sides, relations[0]) : set_range(row, sides, relations))
               ? add_row(std::move(row), sides, start)
               : fail_at(start, what_);
  }

  bool set_row(Row& row, std::array<Expression, 3>& sides, char relation) {
    for (Term term : sides[1].terms) {
      term.value = -term.value;
      sides[0].terms.push_back(term);
    }
    set_limit(row, relation, sides[1].constant - sides[0].constant);
    return true;
  }

  // 1 <= x + y <= 5
  bool set_range(Row& row, std::array<Expression, 3>& sides, const std::array<char, 2>& relations) {
    const bool is_range =
        relations[0] == relations[1] && relations[0] != '=' && sides[0].terms.empty() && sides[2].terms.empty();
    if (!is_range) return fail("two relations are a number, <=, an expression, <=, a number; or both >=");
    set_limit(row, opposite(relations[0]), sides[0].constant - sides[1].constant);
    set_limit(row, relations[1], sides[2].constant - sides[1].constant);
    std::swap(sides[0], sides[1]);
    return true;
  }

  static void set_limit(Row& row, char relation, double limit) {
    if (relation != '>') row.upper = limit;
    if (relation != '<') row.lower = limit;
  }

  bool add_row(Row row, const std::array<Expression, 3>& sides, std::size_t start) {
    if (std::isnan(row.lower) || std::isnan(row.upper) || row.lower >= kTooLarge || row.upper <= -kTooLarge)
      return fail_at(start, "no point meets a relation that is infinite so");
    const int index = static_cast<int>(model_.rows.size());
    for (const Term& term : sides[0].terms) model_.matrix.push_back({index, term.column, term.value});
    model_.rows.push_back(std::move(row));
    return true;
  }

  // -1 <= x <= 4, x >= 2, 4 >= x, x = 3, x free
  bool read_bound() {
    const std::size_t start = tokens_.peek().at;
    double left = 0;
    char left_relation = '\0';
    if (!is_name() || is_infinity()) {
      if (!take_limit(left)) return false;
      if (!is_relation()) return fail_token("a relation");
      left_relation = tokens_.take().sign;
    }
    if (!is_name() || is_infinity()) return fail_token("a column's name");
    if (is_header_word(tokens_.peek().text)) return fail("a section's name cannot be a column's");
    const std::string_view name = tokens_.take().text;
    if (left_relation == '\0' && is_name() && tokens_.peek().starts_line)
      return fail_at(start, fmt::format("'{}' begins neither a bound nor a section", shown(name)));
    const int column = add_column(name);
    if (left_relation == '\0' && is_name() && equals_ignoring_case(tokens_.peek().text, "free")) {
      tokens_.take();
      return bound(column, '>', -kInfinity, start) && bound(column, '<', kInfinity, start);
    }
    if (left_relation != '\0' && !bound(column, opposite(left_relation), left, start)) return false;
    if (!is_relation()) return left_relation != '\0' || fail_token("a relation or 'free'");
    const char relation = tokens_.take().sign;
    const bool is_range = left_relation == '\0' || (relation == left_relation && relation != '=');
    if (!is_range) return fail_at(start, "both relations of a bound are <=, or both >=");
    double right = 0;
    return take_limit(right) && bound(column, relation, right, start);
  }

  bool take_limit(double& limit) {
    double factor = 1;
    take_signs(factor);
    if (is_infinity()) {
      tokens_.take();
      limit = factor * kInfinity;
      return true;
    }
    if (!is_number()) return fail_token("a number");
    limit = factor * tokens_.take().number;
    return true;
  }

  bool bound(int column, char relation, double limit, std::size_t start) {
    Column& bounded = column_at(column);
    Said& said = said_of(column);
    if ((relation != '<' && limit >= kTooLarge) || (relation != '>' && limit <= -kTooLarge))
      return fail_at(start, "no point meets a bound that is infinite so");
    if (relation != '<') set_bound(bounded.lower, said.has_lower, limit, bounded.name, "lower");
    if (relation != '>') set_bound(bounded.upper, said.has_upper, limit, bounded.name, "upper");
    return true;
  }

  void set_bound(double& bound, bool& is_set, double limit, std::string_view name, std::string_view which) {
    if (is_set && bound != limit) {
      model_.warnings.push_back(
          fmt::format("column '{}' has two {} bounds, {} and {}: the last is taken", shown(name), which, bound, limit));
    }
    is_set = true;
    bound = limit;
  }

  // A name in a list of columns. What stands nowhere else is misspelt, be it the column or a section.
  bool read_member(LpSection section) {
    if (!is_name()) return fail_token("a column's name");
    const int column = columns_.find(tokens_.peek().text);
    if (column < 0)
      return fail(fmt::format("'{}' is neither a column of the objective, the rows or the bounds nor a section",
                              shown(tokens_.peek().text)));
    tokens_.take();
    Said& said = said_of(column);
    said.is_integer = said.is_integer || section == LpSection::kGenerals;
    said.is_binary = said.is_binary || section == LpSection::kBinaries;
    said.is_semi = said.is_semi || section == LpSection::kSemis;
    return true;
  }

  bool finish() {
    for (std::size_t j = 0; j < model_.columns.size(); ++j) {
      if (!settle(model_.columns[j], said_[j])) return false;
    }
    return true;
  }

  bool settle(Column& column, const Said& said) {
    if (!said.is_in_rows)
      model_.warnings.push_back(fmt::format("column '{}' stands in bounds only", shown(column.name)));
    const bool is_doubtful = !said.has_lower && column.upper < 0;
    if (is_doubtful)
      return fail_whole(
          fmt::format("column '{}' has the upper bound {} and no lower one: some take 0 for it, some none; give it one "
                      "(-inf for none)",
                      shown(column.name), column.upper));
    if (said.is_binary) make_binary(column, said);
    const bool is_whole = said.is_binary || said.is_integer;
    if (said.is_semi) {
      column.type = is_whole ? ColumnType::kSemiInteger : ColumnType::kSemiContinuous;
    } else if (is_whole) {
      column.type = ColumnType::kInteger;
    }
    return true;
  }

  // A binary column's bounds may fix it; they do not widen it.
  void make_binary(Column& column, const Said& said) {
    const bool is_wider = (said.has_lower && column.lower < 0) || (said.has_upper && column.upper > 1);
    if (is_wider)
      model_.warnings.push_back(
          fmt::format("column '{}' is binary: its bounds beyond 0 and 1 do not count", shown(column.name)));
    column.lower = std::max(column.lower, 0.0);
    column.upper = std::min(column.upper, 1.0);
  }

  std::string_view text_;
  LpTokens tokens_;
  Model model_;
  std::vector<Said> said_;  // of each column
  NameTable columns_;
  NameTable rows_;
  std::size_t wrong_at_ = std::string_view::npos;
  std::string what_;
};

}  // namespace

std::expected<Model, ModelError> read_lp(std::string_view text) { return LpReader{text}.read(); }

bool is_lp_sense(std::string_view word) {
  constexpr std::array<std::string_view, 8> kSenses{"min",      "max",      "minimize", "maximize",
                                                    "minimise", "maximise", "minimum",  "maximum"};
  return std::ranges::find(kSenses, lower(word)) != kSenses.end();
}

}  // namespace tenfold::solver
