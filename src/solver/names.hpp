// Names of a text and their places: found in constant time, not copied.
#pragma once

#include <string_view>
#include <unordered_map>
#include <utility>

namespace tenfold::solver {

// The text must outlive the table.
class NameTable {
 public:
  // The place of `name`, -1 if it has none.
  int find(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? -1 : found->second;
  }
  bool contains(std::string_view name) const { return places_.contains(name); }
  // Gives `name` the place `place` unless it has one. False if it had.
  bool add(std::string_view name, int place) { return places_.emplace(name, place).second; }

 private:
  std::unordered_map<std::string_view, int> places_;
};

}  // namespace tenfold::solver
