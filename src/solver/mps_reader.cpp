#include "solver/mps_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>
#include <fmt/format.h>

#include "solver/mps_bounds.hpp"
#include "solver/mps_fields.hpp"
#include "solver/names.hpp"
#include "solver/numbers.hpp"
#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

using Fields = std::vector<std::string_view>;

std::optional<bool> to_is_maximized(std::string_view word) {
  const std::string small = lower(word);
  if (small == "max" || small == "maximize" || small == "maximise") return true;
  if (small == "min" || small == "minimize" || small == "minimise") return false;
  return std::nullopt;
}

// What is known of a vector section (RHS, RANGES, BOUNDS): a file may hold several vectors, a model has one.
class VectorName {
 public:
  bool takes(std::string_view name) {
    if (!name_) name_ = name;
    return *name_ == name;
  }
  std::string_view name() const { return name_.value_or(""); }

 private:
  std::optional<std::string_view> name_;
};

// Of rows, RHS or RANGES.
struct Vector {
  VectorName name;
  std::vector<bool> rows;  // which have had their value
};

class MpsReader {
 public:
  MpsReader(std::string_view text, MpsLayout layout) : lines_{text}, layout_{layout} {}

  std::expected<Model, ModelError> read() {
    while (section_ != "ENDATA" && lines_.next()) {
      if (!read_line(lines_.line())) return std::unexpected(error());
    }
    if (section_ != "ENDATA") {
      what_ = "the file ends without ENDATA";
      return std::unexpected(error());
    }
    if (!finish()) return std::unexpected(ModelError{0, what_, {}});
    return std::move(model_);
  }

 private:
  using Handler = bool (MpsReader::*)(const Fields&);
  struct Section {
    std::string_view name;
    Handler read;
  };

  ModelError error() const { return {lines_.number(), what_, shown(lines_.line())}; }

  bool fail(std::string what) {
    what_ = std::move(what);
    return false;
  }

  bool read_line(std::string_view line) {
    if (line.starts_with('*')) return read_comment(line);
    const bool is_header = !line.empty() && line.front() != ' ' && line.front() != '\t';
    if (is_header) {
      split(line, fields_);
      return fields_.empty() || read_header(fields_);
    }
    if (!split_fields(line, section_.starts_with("OBJ") ? MpsLayout::kFree : layout_, fields_))
      return fail("what stands here is in none of the fields of fixed MPS");
    drop_comment();
    if (fields_.empty()) return true;
    if (handler_ == nullptr)
      return fail(section_.empty() ? "a line before the first section"
                                   : fmt::format("section {} has no lines", section_));
    return (this->*handler_)(fields_);
  }

  // PuLP says only in a comment what it maximizes.
  bool read_comment(std::string_view line) {
    constexpr std::string_view kSense = "*SENSE:";
    if (!line.starts_with(kSense)) return true;
    split(line.substr(kSense.size()), fields_);
    if (!fields_.empty()) comment_says_max_ = to_is_maximized(fields_[0]);
    return true;
  }

  // A word that begins with `$` and names nothing begins a comment.
  void drop_comment() {
    const std::size_t first = section_ == "ROWS" ? 2 : 1;
    for (std::size_t i = first; i < fields_.size(); ++i) {
      if (fields_[i].front() != '$' || rows_.contains(fields_[i]) || columns_.contains(fields_[i])) continue;
      fields_.resize(i);
    }
    if (!fields_.empty() && fields_[0].starts_with('$') && !columns_.contains(fields_[0]) && section_ != "COLUMNS")
      fields_.clear();
  }

  bool read_header(const Fields& words) {
    static constexpr std::array<Section, 19> kSections{{
        {"NAME", nullptr},
        {"OBJSENSE", &MpsReader::read_sense},
        {"OBJSENSE:", &MpsReader::read_sense},
        {"OBJNAME", &MpsReader::read_objective_name},
        {"OBJNAME:", &MpsReader::read_objective_name},
        {"OBJECT", &MpsReader::read_objective_name},
        {"ROWS", &MpsReader::read_row},
        {"LAZYCONS", &MpsReader::read_row},
        {"USERCUTS", &MpsReader::read_row},
        {"COLUMNS", &MpsReader::read_column},
        {"RHS", &MpsReader::read_rhs},
        {"RANGES", &MpsReader::read_range},
        {"BOUNDS", &MpsReader::read_bound},
        {"QUADOBJ", &MpsReader::read_half},
        {"QSECTION", &MpsReader::read_half},
        {"QMATRIX", &MpsReader::read_whole},
        {"ENDATA", nullptr},
        {"MAX", nullptr},
        {"MIN", nullptr},
    }};
    const std::string_view name = words[0];
    const bool is_open_sense = section_.starts_with("OBJSENSE") && to_is_maximized(name);
    if (is_open_sense) return words.size() == 1 ? read_sense(words) : fail("OBJSENSE is followed by MAX or MIN alone");
    const auto found = std::ranges::find(kSections, name, &Section::name);
    if (found == kSections.end()) return fail(unknown_section(name));
    if (!begin(found->name)) return false;
    section_ = found->name;
    handler_ = found->read;
    return read_rest_of_header(words);
  }

  static std::string unknown_section(std::string_view name) {
    constexpr std::array<std::string_view, 8> kForeign{"SOS",      "SOS1",       "SOS2",     "SETS",
                                                       "QCMATRIX", "INDICATORS", "CSECTION", "GENCONS"};
    if (std::ranges::find(kForeign, name) != kForeign.end())
      return fmt::format("section {} is not supported: only linear constraints and convex quadratic objectives are",
                         name);
    return fmt::format("'{}' is no section of an MPS file", shown(name));
  }

  bool begin(std::string_view section) {
    if (section == "MAX" || section == "MIN") return fail(fmt::format("'{}' stands outside OBJSENSE", section));
    const bool is_repeated = std::ranges::find(seen_, section) != seen_.end();
    if (is_repeated) return fail(fmt::format("section {} is here twice", section));
    seen_.push_back(section);
    const bool has_rows = std::ranges::find(seen_, "ROWS") != seen_.end();
    const bool has_columns = std::ranges::find(seen_, "COLUMNS") != seen_.end();
    if (section.starts_with("OBJ") && has_rows) return fail(fmt::format("{} stands before ROWS", section));
    if (section == "COLUMNS" && !has_rows) return fail("COLUMNS stands after ROWS");
    const bool is_row_section = section == "ROWS" || section == "LAZYCONS" || section == "USERCUTS";
    if (is_row_section && has_columns) return fail(fmt::format("{} stands before COLUMNS", section));
    constexpr std::array<std::string_view, 6> kAfterColumns{"RHS",     "RANGES",   "BOUNDS",
                                                            "QUADOBJ", "QSECTION", "QMATRIX"};
    if (std::ranges::find(kAfterColumns, section) != kAfterColumns.end() && !has_columns)
      return fail(fmt::format("{} stands after COLUMNS", section));
    if (section == "RANGES" && std::ranges::find(seen_, "RHS") == seen_.end()) are_ranges_first_ = true;
    if (section == "RHS" && are_ranges_first_) return fail("RHS stands before RANGES");
    const bool is_quadratic = section.starts_with('Q');
    if (is_quadratic && std::exchange(has_quadratic_, true)) return fail("a model has one quadratic objective");
    if (section == "COLUMNS") current_ = -1;
    return true;
  }

  bool read_rest_of_header(const Fields& words) {
    if (section_ == "NAME" || words.size() == 1 || section_ == "ENDATA") return true;
    if (section_.starts_with("OBJSENSE") && words.size() == 2) return read_sense({words[1]});
    if (section_.starts_with("OBJNAME") && words.size() == 2) return read_objective_name({words[1]});
    if (section_ == "QSECTION" && words.size() == 2)
      return rows_.find(words[1]) == objective_ ||
             fail(fmt::format("'{}' is not the objective: only that is quadratic", words[1]));
    return fail(fmt::format("after {} nothing stands in its line; a line of data begins with a blank", section_));
  }

  bool read_sense(const Fields& fields) {
    const auto is_maximized = to_is_maximized(fields[0]);
    if (!is_maximized || fields.size() > 1) return fail("the sense is MAX or MIN");
    if (file_says_max_) return fail("the sense is given twice");
    file_says_max_ = is_maximized;
    return true;
  }

  bool read_objective_name(const Fields& fields) {
    if (fields.size() != 1 || objective_name_) return fail("OBJNAME is followed by the name of one row");
    objective_name_ = fields[0];
    return true;
  }

  bool read_row(const Fields& fields) {
    if (fields.size() != 2 || fields[0].size() != 1 || !std::string_view{"NLGEnlge"}.contains(fields[0][0]))
      return fail("a row is its type, N, L, G or E, and its name");
    const char type = static_cast<char>(fields[0][0] & ~0x20);
    const int index = static_cast<int>(types_.size());
    if (!rows_.add(fields[1], index)) return fail(fmt::format("there is a row '{}' already", shown(fields[1])));
    types_.push_back(type);
    const bool is_objective = type == 'N' && objective_ < 0 && (!objective_name_ || *objective_name_ == fields[1]);
    if (is_objective) objective_ = index;
    Row row{.name = std::string{fields[1]}};
    if (type == 'E' || type == 'G') row.lower = 0;
    if (type == 'E' || type == 'L') row.upper = 0;
    model_.rows.push_back(std::move(row));
    last_column_.push_back(-1);
    return true;
  }

  // name row value [row value]
  bool read_column(const Fields& fields) {
    if (fields.size() == 3 && (fields[1] == "'MARKER'" || fields[1] == "MARKER") && !to_number(fields[2]))
      return read_marker(fields[2]);
    if (fields.size() != 3 && fields.size() != 5)
      return fail("a line of COLUMNS is a name, a row and a value, and perhaps another row and value");
    if (!begin_column(fields[0])) return false;
    for (std::size_t i = 1; i < fields.size(); i += 2) {
      int row = -1;
      double value = 0;
      if (!find_row(fields[i], row) || !read_coefficient(fields[i + 1], value)) return false;
      const int previous = std::exchange(last_column_[static_cast<std::size_t>(row)], current_);
      if (previous == current_)
        return fail(fmt::format("column '{}' has an entry in row '{}' already", shown(fields[0]), shown(fields[i])));
      if (row == objective_) {
        model_.columns.back().cost = value;
      } else {
        model_.matrix.push_back({row, current_, value});
      }
    }
    return true;
  }

  bool read_marker(std::string_view kind) {
    if (kind != "'INTORG'" && kind != "'INTEND'")
      return fail(fmt::format("the marker {} is not supported; INTORG and INTEND are", shown(kind)));
    const bool begins = kind == "'INTORG'";
    if (begins == is_integer_) return fail(begins ? "INTORG follows INTORG" : "INTEND follows no INTORG");
    is_integer_ = begins;
    return true;
  }

  bool begin_column(std::string_view name) {
    if (current_ >= 0 && model_.columns.back().name == name) return true;
    current_ = static_cast<int>(model_.columns.size());
    if (!columns_.add(name, current_))
      return fail(fmt::format("column '{}' was complete already: its lines stand together", shown(name)));
    model_.columns.push_back(
        {.name = std::string{name}, .type = is_integer_ ? ColumnType::kInteger : ColumnType::kContinuous});
    return true;
  }

  bool find_row(std::string_view name, int& row) {
    row = rows_.find(name);
    return row >= 0 || fail(fmt::format("row '{}' is not declared in ROWS", shown(name)));
  }

  bool find_column(std::string_view name, int& column) {
    column = columns_.find(name);
    return column >= 0 || fail(fmt::format("column '{}' is not in COLUMNS", shown(name)));
  }

  bool read_coefficient(std::string_view word, double& value) {
    const auto number = to_number(word);
    if (!number) return fail(fmt::format("'{}' is no number", shown(word)));
    value = *number;
    if (const auto wrong = check_coefficient(value)) return fail(*wrong);
    return true;
  }

  bool read_limit(std::string_view word, double& value) {
    const auto number = to_limit(word);
    if (!number) return fail(fmt::format("'{}' is no number", shown(word)));
    value = *number;
    return true;
  }

  // [name] row value [row value]: with a name their number is odd. Each value goes to `set`.
  bool read_vector(const Fields& fields, Vector& vector, bool (MpsReader::*set)(int row, double value)) {
    if (fields.size() < 2 || fields.size() > 5)
      return fail(fmt::format("a line of {} is a row and a value, or two of each, perhaps after a name", section_));
    const std::size_t first = fields.size() % 2;
    const std::string_view name = first == 1 ? fields[0] : "";
    if (!vector.name.takes(name))
      return fail(fmt::format("there are two vectors in {}, '{}' and '{}': a model has one", section_,
                              shown(vector.name.name()), shown(name)));
    for (std::size_t i = first; i < fields.size(); i += 2) {
      int row = -1;
      double value = 0;
      if (!find_row(fields[i], row) || !read_limit(fields[i + 1], value) || !take_once(vector.rows, row)) return false;
      if (!(this->*set)(row, value)) return false;
    }
    return true;
  }

  // Each row at most once.
  bool take_once(std::vector<bool>& seen, int row) {
    seen.resize(types_.size());
    const bool is_new = !seen[static_cast<std::size_t>(row)];
    seen[static_cast<std::size_t>(row)] = true;
    return is_new || fail(fmt::format("{} has row '{}' twice", section_, shown(row_at(row).name)));
  }

  Row& row_at(int row) { return model_.rows[static_cast<std::size_t>(row)]; }

  bool read_rhs(const Fields& fields) { return read_vector(fields, rhs_, &MpsReader::set_rhs); }
  bool read_range(const Fields& fields) { return read_vector(fields, ranges_, &MpsReader::set_range); }

  bool set_rhs(int row, double value) {
    const char type = types_[static_cast<std::size_t>(row)];
    if (row == objective_) {
      if (std::abs(value) >= kTooLarge) return fail("the objective's constant is not finite");
      model_.offset = value == 0 ? 0 : -value;
      return true;
    }
    if (type == 'N')
      return fail(fmt::format("row '{}' is free (N): it has no right-hand side", shown(row_at(row).name)));
    if ((type != 'G' && value <= -kTooLarge) || (type != 'L' && value >= kTooLarge))
      return fail("no point meets a right-hand side that is infinite so");
    if (type != 'L') row_at(row).lower = value;
    if (type != 'G') row_at(row).upper = value;
    return true;
  }

  bool set_range(int row, double value) {
    Row& ranged = row_at(row);
    switch (types_[static_cast<std::size_t>(row)]) {
      case 'L':
        ranged.lower = ranged.upper - std::abs(value);
        return true;
      case 'G':
        ranged.upper = ranged.lower + std::abs(value);
        return true;
      case 'E':
        (value < 0 ? ranged.lower : ranged.upper) += value;
        return true;
      default:
        return fail(fmt::format("row '{}' is free (N): it has no range", shown(ranged.name)));
    }
  }

  // type [name] column [value]
  bool read_bound(const Fields& fields) {
    const auto bound = parse_bound(fields, columns_);
    if (!bound) return fail(bound.error());
    if (!bounds_name_.takes(bound->set))
      return fail(fmt::format("there are two vectors in BOUNDS, '{}' and '{}': a model has one",
                              shown(bounds_name_.name()), shown(bound->set)));
    int column = -1;
    if (!find_column(bound->column, column)) return false;
    bounds_.resize(model_.columns.size());
    const auto place = static_cast<std::size_t>(column);
    if (auto warning = apply(*bound, bounds_[place], model_.columns[place]))
      model_.warnings.push_back(std::move(*warning));
    return true;
  }

  bool read_entry(const Fields& fields, Entry& entry) {
    if (fields.size() != 3) return fail("a line here is two columns and a value");
    return find_column(fields[0], entry.row) && find_column(fields[1], entry.column) &&
           read_coefficient(fields[2], entry.value);
  }

  // Of QUADOBJ each entry off the diagonal stands for both halves.
  bool read_half(const Fields& fields) {
    Entry entry;
    if (!read_entry(fields, entry)) return false;
    const auto [low, high] = std::minmax(entry.row, entry.column);
    if (!take_place(low, high)) return false;
    model_.hessian.push_back(entry);
    if (low != high) model_.hessian.push_back({entry.column, entry.row, entry.value});
    return true;
  }

  bool read_whole(const Fields& fields) {
    Entry entry;
    if (!read_entry(fields, entry) || !take_place(entry.row, entry.column)) return false;
    model_.hessian.push_back(entry);
    return true;
  }

  bool take_place(int row, int column) {
    return places_.emplace(row, column).second ||
           fail("the entry of these two columns is given already: QUADOBJ has one half, QMATRIX each entry once");
  }

  bool finish() {
    if (is_integer_) return fail("the marker INTORG is not followed by INTEND");
    if (objective_name_ && objective_ < 0)
      return fail(fmt::format("OBJNAME: there is no row '{}' of type N", *objective_name_));
    if (!settle_sense()) return false;
    bounds_.resize(model_.columns.size());
    for (std::size_t j = 0; j < bounds_.size(); ++j) {
      if (const auto doubt = find_doubt(bounds_[j], model_.columns[j])) return fail(*doubt);
      if (!is_binary_by_custom(bounds_[j], model_.columns[j])) continue;
      model_.columns[j].upper = 1;
      ++binaries_by_custom_;
    }
    warn();
    take_out_objective();
    return true;
  }

  bool settle_sense() {
    if (file_says_max_ && comment_says_max_ && *file_says_max_ != *comment_says_max_)
      return fail("OBJSENSE says one sense and the comment *SENSE: the other");
    model_.is_maximized = file_says_max_.value_or(comment_says_max_.value_or(false));
    return true;
  }

  void warn() {
    if (!file_says_max_ && comment_says_max_ && *comment_says_max_)
      model_.warnings.emplace_back("the sense, max, is taken from the comment *SENSE:");
    if (objective_ < 0) model_.warnings.emplace_back("there is no row of type N: the objective is 0");
    if (binaries_by_custom_ > 0)
      model_.warnings.push_back(
          fmt::format("{} integer columns between markers have no bounds: they are from 0 to 1, as is the custom",
                      binaries_by_custom_));
    const std::string_view rest = lines_.rest();
    if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
      model_.warnings.push_back(fmt::format("what follows ENDATA in line {} is not read", lines_.number()));
  }

  // The objective is no row of the model.
  void take_out_objective() {
    if (objective_ < 0) return;
    model_.rows.erase(model_.rows.begin() + objective_);
    for (Entry& entry : model_.matrix) entry.row -= entry.row > objective_ ? 1 : 0;
  }

  Lines lines_;
  MpsLayout layout_;
  Model model_;
  std::string what_;
  std::string_view section_;
  Handler handler_ = nullptr;
  std::vector<std::string_view> seen_;
  Fields fields_;

  NameTable rows_;
  NameTable columns_;
  std::vector<char> types_;       // of the rows
  std::vector<int> last_column_;  // of the rows: the last column with an entry there
  std::optional<std::string_view> objective_name_;
  int objective_ = -1;
  int current_ = -1;
  bool is_integer_ = false;
  bool has_quadratic_ = false;
  bool are_ranges_first_ = false;
  std::optional<bool> file_says_max_;
  std::optional<bool> comment_says_max_;
  Vector rhs_;
  Vector ranges_;
  VectorName bounds_name_;
  std::vector<MpsBounds> bounds_;
  boost::unordered_flat_set<std::pair<int, int>> places_;  // of the Hessian
  std::size_t binaries_by_custom_ = 0;
};

}  // namespace

// A free file reads the same in both layouts unless names have spaces, so the words are tried first.
std::expected<Model, ModelError> read_mps(std::string_view text) {
  auto free = MpsReader{text, MpsLayout::kFree}.read();
  if (free) return free;
  auto fixed = MpsReader{text, MpsLayout::kFixed}.read();
  if (fixed) return fixed;
  const bool is_fixed = free.error().line > 0 && fixed.error().line > free.error().line;
  return is_fixed ? fixed : free;
}

}  // namespace tenfold::solver
