#include "live/provider/cgroups.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ranges>
#include <utility>

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live/cgroup_lines.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kNamePrefix = "tenfold-";
// Of the group that Tenfold itself goes into, where it must.
constexpr std::string_view kLeafSuffix = "-self";
constexpr std::string_view kSharedControllers = "+cpu +memory";

// Over which the kernel counts what a group used: its own default. A quota below 1 ms is none that it takes.
constexpr std::int64_t kPeriodUs = 100'000;
constexpr std::int64_t kLeastQuotaUs = 1'000;

std::string slurp(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// Whether the kernel took it. It answers with the write, not with the close.
bool write_to(const std::string& path, std::string_view value) {
  std::ofstream file{path};
  file << value << std::flush;
  return file.good();
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

// The number behind `key` in a file of lines "key number".
std::optional<std::uint64_t> number_of(const std::string& file, std::string_view key) {
  for (const auto part : std::views::split(file, '\n')) {
    const std::string_view line{part};
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return number_in(line.substr(key.size() + 1));
  }
  return std::nullopt;
}

bool has_word(std::string_view list, char separator, std::string_view word) {
  return std::ranges::any_of(std::views::split(list, separator),
                             [word](const auto part) { return std::string_view{part} == word; });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (const auto part : std::views::split(text, separator)) parts.emplace_back(part);
  return parts;
}

struct Mount {
  std::string_view root;
  std::string_view point;
  bool is_v2 = false;
  std::string_view options;  // of the tree
};

// A line of mountinfo, proc(5): its place, its options, some optional fields, "-", and the type, source and options of
// the file system.
std::optional<Mount> parse_mount(std::string_view line) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  const auto place = split(line.substr(0, dash), ' ');
  const auto kind = split(line.substr(dash + 3), ' ');
  constexpr std::size_t kRoot = 3;
  if (place.size() <= kRoot + 1 || kind.size() < 3 || !kind[0].starts_with("cgroup")) return std::nullopt;
  return Mount{.root = place[kRoot], .point = place[kRoot + 1], .is_v2 = kind[0] == "cgroup2", .options = kind[2]};
}

// Whether a group with these controllers is of the tree that is mounted there.
bool is_of(const Mount& mount, std::string_view controllers) {
  if (mount.is_v2 || controllers.empty()) return mount.is_v2 && controllers.empty();
  const auto all = split(controllers, ',');
  return std::ranges::all_of(all, [&](std::string_view each) { return has_word(mount.options, ',', each); });
}

// Where the mount shows a path of its tree. What lies above the mount's root is shown nowhere, and is the root then: so
// it is in a container.
std::string shown_at(const Mount& mount, std::string_view path) {
  if (mount.root != "/") path = path.starts_with(mount.root) ? path.substr(mount.root.size()) : "/";
  return std::string{mount.point} + (path == "/" ? "" : std::string{path});
}

// Where the predecessor of an upgrade went into a group below its own, its successor begins there, and has its groups
// where the predecessor had them.
std::string without_leaf(const std::string& own) {
  const std::size_t slash = own.rfind('/');
  const std::string_view name = std::string_view{own}.substr(slash == std::string::npos ? 0 : slash + 1);
  const bool is_leaf = name.starts_with(kNamePrefix) && name.ends_with(kLeafSuffix);
  return is_leaf ? own.substr(0, slash) : own;
}

// Makes the directory unless it is there.
bool make_directory(const std::string& path) { return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST; }

// Groups below `directory` get its controllers. Where processes are in it, the kernel allows that of the root alone:
// then we go into a group below, if we are the only one.
bool share_controllers(const std::string& directory, const std::string& leaf) {
  const std::string control = directory + "/cgroup.subtree_control";
  if (write_to(control, kSharedControllers)) return true;
  if (errno != EBUSY || !make_directory(leaf)) return false;
  if (write_to(leaf + "/cgroup.procs", "0") && write_to(control, kSharedControllers)) return true;
  const int why = errno;
  write_to(directory + "/cgroup.procs", "0");
  ::rmdir(leaf.c_str());
  errno = why;
  return false;
}

// A group and those in it, as far as no process is in them.
void remove_empty(const std::filesystem::path& directory) {
  std::error_code error;
  for (const auto& group : std::filesystem::directory_iterator{directory, error}) {
    if (group.is_directory(error)) ::rmdir(group.path().c_str());
  }
  ::rmdir(directory.c_str());
}

// Of Tenfolds that were killed: groups whose keepers were killed with them.
void remove_left_over(const std::string& own) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{own, error}) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kNamePrefix)) continue;
    const auto pid = number_in(std::string_view{name}.substr(kNamePrefix.size()));
    if (!pid || ::kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH) continue;
    remove_empty(entry.path());
  }
}

std::int64_t quota_us(double cpus) {
  return std::max(kLeastQuotaUs, static_cast<std::int64_t>(std::llround(cpus * static_cast<double>(kPeriodUs))));
}

bool limit_cpu(const std::string& directory, bool is_v2, double cpus) {
  if (is_v2) return write_to(directory + "/cpu.max", fmt::format("{} {}", quota_us(cpus), kPeriodUs));
  return write_to(directory + "/cpu.cfs_period_us", fmt::to_string(kPeriodUs)) &&
         write_to(directory + "/cpu.cfs_quota_us", fmt::to_string(quota_us(cpus)));
}

// No swap, where the kernel counts it: a replica that swaps is slow, and not ended. All of it is ended, not the process
// alone that asked last.
bool limit_memory(const std::string& directory, bool is_v2, core::Bytes memory) {
  const std::string bytes = fmt::to_string(core::to_number(memory));
  if (is_v2) {
    write_to(directory + "/memory.swap.max", "0");
    write_to(directory + "/memory.oom.group", "1");
    return write_to(directory + "/memory.max", bytes);
  }
  const bool is_limited = write_to(directory + "/memory.limit_in_bytes", bytes);
  write_to(directory + "/memory.memsw.limit_in_bytes", bytes);
  return is_limited;
}

}  // namespace

std::vector<CgroupTree> parse_cgroup_trees(std::string_view mountinfo, std::string_view cgroup) {
  std::vector<CgroupTree> trees;
  const std::vector<CgroupLine> entries = parse_cgroup_lines(cgroup);
  for (const std::string_view line : split(mountinfo, '\n')) {
    const auto mount = parse_mount(line);
    if (!mount) continue;
    for (const CgroupLine& entry : entries) {
      if (!is_of(*mount, entry.controllers)) continue;
      const std::string own = shown_at(*mount, entry.path);
      trees.push_back({.own = mount->is_v2 ? without_leaf(own) : own,
                       .is_v2 = mount->is_v2,
                       .has_cpu = entry.has("cpu"),
                       .has_cpu_usage = entry.has("cpuacct"),
                       .has_memory = entry.has("memory")});
    }
  }
  return trees;
}

std::uint64_t Cgroup::oom_kills() const {
  if (!memory_) return 0;
  const char* file = memory_->is_v2 ? "/memory.events" : "/memory.oom_control";
  return number_of(slurp(memory_->directory + file), "oom_kill").value_or(0);
}

std::optional<core::Duration> Cgroup::cpu() const {
  if (!cpu_) return std::nullopt;
  const auto used = cpu_->is_v2 ? number_of(slurp(cpu_->directory + "/cpu.stat"), "usage_usec")
                                : number_in(slurp(cpu_->directory + "/cpuacct.usage"));
  if (!used) return std::nullopt;
  return core::Duration{static_cast<core::Duration::rep>(*used) * (cpu_->is_v2 ? 1000 : 1)};
}

std::optional<core::Bytes> Cgroup::memory() const {
  if (!memory_) return std::nullopt;
  const auto used =
      number_in(slurp(memory_->directory + (memory_->is_v2 ? "/memory.current" : "/memory.usage_in_bytes")));
  if (!used) return std::nullopt;
  const std::string stat = slurp(memory_->directory + "/memory.stat");
  const auto idle = number_of(stat, memory_->is_v2 ? "inactive_file" : "total_inactive_file").value_or(0);
  return core::Bytes{*used - std::min(*used, idle)};
}

std::expected<Cgroups, std::string> Cgroups::open() {
  std::vector<CgroupTree> trees = parse_cgroup_trees(slurp("/proc/self/mountinfo"), slurp("/proc/self/cgroup"));
  for (const CgroupTree& tree : trees) remove_left_over(tree.own);
  return open(std::move(trees), fmt::format("{}{}", kNamePrefix, ::getpid()));
}

std::expected<Cgroups, std::string> Cgroups::open(std::vector<CgroupTree> trees, std::string name) {
  Cgroups groups;
  groups.name_ = std::move(name);
  std::string why = "no control groups are mounted here";
  for (CgroupTree& tree : trees) {
    if (tree.is_v2) {
      const std::string controllers = slurp(tree.own + "/cgroup.controllers");
      const std::string all = controllers.substr(0, controllers.find('\n'));
      tree.has_cpu = tree.has_cpu_usage = has_word(all, ' ', "cpu");
      tree.has_memory = has_word(all, ' ', "memory");
    }
    if (!tree.has_cpu && !tree.has_memory) continue;
    if (::access(tree.own.c_str(), W_OK) != 0) {
      why = fmt::format("{} may not be written: {}", tree.own, std::strerror(errno));
      continue;
    }
    if (tree.is_v2 && !share_controllers(tree.own, fmt::format("{}/{}{}", tree.own, groups.name_, kLeafSuffix))) {
      why = fmt::format("{} does not pass its controllers on: {}", tree.own, std::strerror(errno));
      if (errno == EBUSY)
        why += " (other processes are in it: `systemd-run --user --scope -p Delegate=yes tenfold ...`)";
      continue;
    }
    groups.trees_.push_back(std::move(tree));
  }
  if (!groups.limits_cpu() && !groups.limits_memory()) return std::unexpected(why);
  return groups;
}

bool Cgroups::limits_cpu() const { return std::ranges::any_of(trees_, &CgroupTree::has_cpu); }

bool Cgroups::limits_memory() const { return std::ranges::any_of(trees_, &CgroupTree::has_memory); }

std::string Cgroups::description() const {
  return fmt::format("cgroup v{} below {}", trees_.front().is_v2 ? 2 : 1, trees_.front().own);
}

std::expected<Cgroup, std::string> Cgroups::make(core::ReplicaId replica, const ReplicaLimits& limits) const {
  Cgroup group;
  std::string error;
  for (const CgroupTree& tree : trees_) {
    // To enter a group takes some milliseconds: no more of them than limit something.
    const bool is_needed = (tree.has_cpu && limits.cpu) || (tree.has_memory && limits.memory);
    if (!is_needed) continue;
    const std::string above = fmt::format("{}/{}", tree.own, name_);
    const std::string directory = fmt::format("{}/{}", above, core::to_number(replica));
    // The keeper of the last replica that ended may be removing what is above.
    for (int tries = 3; tries > 0 && !make_directory(directory); --tries) {
      make_directory(above);
      if (tree.is_v2) write_to(above + "/cgroup.subtree_control", kSharedControllers);
    }
    group.directories_.push_back(directory);
    if (tree.has_cpu_usage) group.cpu_ = {directory, tree.is_v2};
    if (tree.has_memory) group.memory_ = {directory, tree.is_v2};
    if (tree.has_cpu && limits.cpu && !limit_cpu(directory, tree.is_v2, *limits.cpu)) error = directory;
    if (tree.has_memory && limits.memory && !limit_memory(directory, tree.is_v2, *limits.memory)) error = directory;
  }
  if (error.empty()) return group;
  const int why = errno;
  for (const std::string& directory : group.directories_) ::rmdir(directory.c_str());
  return std::unexpected(
      fmt::format("the limits of its control group {} could not be set: {}", error, std::strerror(why)));
}

void Cgroups::remove() const {
  for (const CgroupTree& tree : trees_) remove_empty(fmt::format("{}/{}", tree.own, name_));
}

}  // namespace tenfold::live
