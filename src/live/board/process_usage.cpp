#include "live/board/process_usage.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenfold::live {

namespace {

std::string read(const char* path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// "btime 1700000000" of /proc/stat.
double boot_unix_s() {
  const std::string text = read("/proc/stat");
  const std::size_t at = text.find("btime ");
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + 6, nullptr);
}

// Listing them takes longer than all else of a scrape where there are thousands; since Linux 6.2 the directory's size
// is their number (proc(5), /proc/[pid]/fd).
std::uint64_t open_descriptors() {
  struct stat directory{};
  if (::stat("/proc/self/fd", &directory) == 0 && directory.st_size > 0)
    return static_cast<std::uint64_t>(directory.st_size);
  std::error_code error;
  std::filesystem::directory_iterator all{"/proc/self/fd", error};
  if (error) return 0;
  const auto count = std::distance(begin(all), end(all));
  return static_cast<std::uint64_t>(count > 0 ? count - 1 : 0);  // without the one that reads the list
}

}  // namespace

// proc(5), /proc/[pid]/stat: behind the name in brackets, which may hold anything, field 3 comes first.
std::optional<ProcessUsage> process_usage() {
  const std::string stat = read("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields{stat.substr(name_end + 1)};
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  std::uint64_t threads = 0;
  double started = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
  fields >> user >> system;                                                    // 14, 15
  for (int field = 16; field < 20; ++field) fields >> skipped;                 // children, priority, nice
  fields >> threads >> skipped >> started >> virtual_bytes >> resident_pages;  // 20 to 24
  if (!fields) return std::nullopt;
  static const double boot_s = boot_unix_s();
  const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return ProcessUsage{.cpu_s = (user + system) / ticks,
                      .resident_bytes = resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                      .virtual_bytes = virtual_bytes,
                      .threads = threads,
                      .open_descriptors = open_descriptors(),
                      .most_descriptors = limit.rlim_cur,
                      .started_unix_s = boot_s + started / ticks};
}

}  // namespace tenfold::live
