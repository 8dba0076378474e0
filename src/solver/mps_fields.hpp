// The fields of a line of an MPS file, of either layout.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tenfold::solver {

enum class MpsLayout : std::uint8_t {
  kFree,   // fields are words
  kFixed,  // fields stand at columns 2, 5, 15, 25, 40 and 50, and names may have spaces
};

// Splits a line into `fields`, those that are blank left out. False if a fixed line has something between its fields.
bool split_fields(std::string_view line, MpsLayout layout, std::vector<std::string_view>& fields);

}  // namespace tenfold::solver
