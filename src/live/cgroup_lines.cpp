#include "live/cgroup_lines.hpp"

#include <algorithm>
#include <ranges>

namespace tenfold::live {

bool CgroupLine::has(std::string_view controller) const {
  return std::ranges::any_of(std::views::split(controllers, ','),
                             [controller](const auto part) { return std::string_view{part} == controller; });
}

std::vector<CgroupLine> parse_cgroup_lines(std::string_view text) {
  std::vector<CgroupLine> lines;
  for (const auto part : std::views::split(text, '\n')) {
    const std::string_view line{part};
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    lines.push_back({.controllers = line.substr(first + 1, second - first - 1), .path = line.substr(second + 1)});
  }
  return lines;
}

}  // namespace tenfold::live
