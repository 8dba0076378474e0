#include "live/usable_cores.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <thread>

#include <fmt/format.h>
#include <sched.h>

#include "live/cgroup_lines.hpp"

namespace tenfold::live {

namespace {

namespace fs = std::filesystem;

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

double allowed_by_affinity() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1U, std::thread::hardware_concurrency());  // more CPUs than the set has room for
}

std::string first_line(const fs::path& path) {
  std::string line;
  std::ifstream stream{path};
  std::getline(stream, line);
  return line;
}

double limit_v2(const fs::path& group) { return parse_cpu_max(first_line(group / "cpu.max")).value_or(kNoLimit); }

double limit_v1(const fs::path& group) {
  const std::string quota = first_line(group / "cpu.cfs_quota_us");
  return parse_cpu_max(quota + ' ' + first_line(group / "cpu.cfs_period_us")).value_or(kNoLimit);
}

// The lowest limit of the group at `path` below `mount` and of those around it. A group that is not to be seen from
// here, as in a container, is skipped: what limits it from inside is the mount's root.
template <class Limit>
double lowest(const fs::path& mount, std::string_view path, Limit limit) {
  double least = limit(mount);
  fs::path group = mount;
  for (const fs::path& part : fs::path{path}.relative_path()) {
    group /= part;
    least = std::min(least, limit(group));
  }
  return least;
}

double allowed_by_groups(const fs::path& root) {
  double least = kNoLimit;
  std::ifstream file{root / "proc/self/cgroup"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  for (const CgroupLine& line : parse_cgroup_lines(text)) {
    if (line.controllers.empty()) {
      least = std::min(least, lowest(root / "sys/fs/cgroup", line.path, limit_v2));
    } else if (line.has("cpu")) {
      least = std::min(least, lowest(root / "sys/fs/cgroup" / line.controllers, line.path, limit_v1));
    }
  }
  return least;
}

}  // namespace

double usable_cores(const fs::path& root) { return std::min(allowed_by_affinity(), allowed_by_groups(root)); }

std::optional<double> parse_cpu_max(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  double quota = 0;
  double period = 0;
  const auto parse = [](std::string_view part, double& number) {
    return std::from_chars(part.data(), part.data() + part.size(), number).ec == std::errc{};
  };
  const bool is_limit = parse(text.substr(0, space), quota) && parse(text.substr(space + 1), period);
  if (!is_limit || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<std::string> oversubscription(const core::Settings& settings) {
  const std::uint32_t replicas = settings.scale.max_replicas;
  const double wanted = replicas * settings.replica.cpu;
  const double cores = settings.machine.cores;
  if (cores <= 0 || wanted <= cores) return std::nullopt;
  const std::string advice = settings.scale.policy == core::PolicyKind::kSlo
                                 ? "policy slo starts no more CPU-bound ones than gain anything"
                                 : "beyond that CPU-bound replicas only slow each other; lower max replicas or cpu, or "
                                   "choose policy slo, which sees it";
  return fmt::format("{} replicas of {:g} CPU want {:g}, this machine has {:g}: {}", replicas, settings.replica.cpu,
                     wanted, cores, advice);
}

}  // namespace tenfold::live
