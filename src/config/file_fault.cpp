#include "config/file_fault.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tenfold::config {

namespace {

// Who mends the first twenty will see the others then.
constexpr std::size_t kMostTold = 20;

}  // namespace

void Faults::add(int line, std::string_view path, std::string what) {
  faults_.push_back({.line = line, .path = std::string{path}, .what = std::move(what)});
}

bool Faults::has(std::string_view path) const {
  return std::ranges::find(faults_, path, &FileFault::path) != faults_.end();
}

std::string Faults::text(std::string_view file) const {
  std::vector<FileFault> sorted = faults_;
  std::ranges::stable_sort(sorted, {}, &FileFault::line);
  std::string all;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMostTold); ++i) {
    const FileFault& fault = sorted[i];
    const std::string place = fault.line > 0 ? fmt::format("{}:{}: ", file, fault.line) : "";
    const std::string key = fault.path.empty() ? "" : fmt::format("{}: ", fault.path);
    all += fmt::format("{}{}{}{}", i == 0 ? "" : "\n", place, key, fault.what);
  }
  if (sorted.size() > kMostTold) all += fmt::format("\n{}: and {} more", file, sorted.size() - kMostTold);
  return all;
}

}  // namespace tenfold::config
