// Where a model file is wrong, for files that HiGHS does not read: its reader says little.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenfold::solver {

struct FileError {
  std::size_t line = 0;  // from 1; 0 when no line is to blame
  std::string what;
  std::string text;  // of the line, cut to 80 bytes
};

// Nothing is found in a fixed file whose names have spaces: it cannot be split at them.
//
// The first line of an MPS file (fixed or free) that breaks its form: an unknown section, a line with too few fields, a
// number that is none, a row that was not declared, no ENDATA.
FileError find_mps_error(std::string_view text);

// The same for an LP file: it must begin with its objective's sense and end with `end`, and know its sections.
FileError find_lp_error(std::string_view text);

}  // namespace tenfold::solver
