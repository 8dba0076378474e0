// The BOUNDS section of MPS: what a line says, and what the lines of a column come to.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "solver/model.hpp"
#include "solver/names.hpp"

namespace tenfold::solver {

struct MpsBound {
  std::string_view type;  // LO, UP, FX, FR, MI, PL, BV, LI, UI or SC
  std::string_view set;   // the vector's name, which may be left out
  std::string_view column;
  std::optional<double> value;
};

// What the lines of one column have said so far.
struct MpsBounds {
  enum class Given : std::uint8_t { kNot, kOpen, kNumber };
  Given lower = Given::kNot;
  Given upper = Given::kNot;
};

// A line of BOUNDS. `columns` tells a set's name from a column's where one of them is left out.
std::expected<MpsBound, std::string> parse_bound(const std::vector<std::string_view>& fields, const NameTable& columns);

// Takes a bound over into `column`. Returns what is worth a warning.
std::optional<std::string> apply(const MpsBound& bound, MpsBounds& said, Column& column);

// True for an integer column of which BOUNDS says nothing: it is from 0 to 1.
bool is_binary_by_custom(const MpsBounds& said, const Column& column);

// Why the bounds of a column cannot be told, if so: dialects differ in what a negative upper bound alone means.
std::optional<std::string> find_doubt(const MpsBounds& said, const Column& column);

}  // namespace tenfold::solver
