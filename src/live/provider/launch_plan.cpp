// The packed form: PlanHeader and, for each launch, LaunchHeader, room for the pointers of arguments and environment
// with their closing nulls, the strings, each with its closing zero (program, directory, arguments, environment), and
// zeros up to where the next one may begin. The directories of control groups and those of the isolation come last,
// each with its closing zero.
#include "live/provider/launch_plan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include <sys/mman.h>
#include <sys/stat.h>

namespace tenfold::live {
namespace {

struct PlanHeader {
  std::uint64_t count = 0;
  std::uint64_t main = 0;
  std::uint64_t groups = 0;
  std::uint64_t data_limit = 0;
  std::int64_t niceness = 0;
  std::uint64_t isolation = 0;  // the bits of its parts
};

struct LaunchHeader {
  std::uint64_t size = 0;  // from this header to the next one
  std::uint64_t arguments = 0;
  std::uint64_t environment = 0;
};

std::size_t pointer_count(const LaunchHeader& header) { return header.arguments + header.environment + 2; }

template <class Header>
std::string to_bytes(const Header& header) {
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

void append(std::string& packed, const std::string& text) { packed.append(text.c_str(), text.size() + 1); }

std::string pack(const Launch& launch) {
  LaunchHeader header{.arguments = launch.arguments.size(), .environment = launch.environment.size()};
  std::string packed(sizeof header + pointer_count(header) * sizeof(char*), '\0');
  append(packed, launch.program);
  append(packed, launch.directory);
  for (const std::string& argument : launch.arguments) append(packed, argument);
  for (const std::string& variable : launch.environment) append(packed, variable);
  packed.resize((packed.size() + alignof(LaunchHeader) - 1) / alignof(LaunchHeader) * alignof(LaunchHeader));
  header.size = packed.size();
  packed.replace(0, sizeof header, to_bytes(header));
  return packed;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// Fills `count` pointers with the strings from `text` on and closes them with a null. Returns what follows the strings.
char* point_at_strings(char** pointers, std::size_t count, char* text) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    pointers[i] = text;
    text += std::strlen(text) + 1;
  }
  pointers[count] = nullptr;
  return text;
}

LaunchView open_launch(char* packed) noexcept {
  const LaunchHeader& header = *reinterpret_cast<const LaunchHeader*>(packed);
  char** pointers = reinterpret_cast<char**>(packed + sizeof header);
  char* text = reinterpret_cast<char*>(pointers + pointer_count(header));
  LaunchView view;
  view.program = text;
  view.directory = text + std::strlen(text) + 1;
  view.arguments = pointers;
  view.environment = pointers + header.arguments + 1;
  text += std::strlen(text) + 1;
  text += std::strlen(text) + 1;
  text = point_at_strings(view.arguments, header.arguments, text);
  view.environment_bytes =
      static_cast<std::size_t>(point_at_strings(view.environment, header.environment, text) - text);
  return view;
}

}  // namespace

Fd pack(const LaunchPlan& plan) {
  std::string packed = to_bytes(PlanHeader{.count = plan.launches.size(),
                                           .main = plan.main,
                                           .groups = plan.groups.size(),
                                           .data_limit = plan.data_limit,
                                           .niceness = plan.niceness,
                                           .isolation = plan.isolation.bits()});
  for (const Launch& launch : plan.launches) packed += pack(launch);
  for (const std::string& group : plan.groups) append(packed, group);
  for (const std::string* directory : {&plan.tmp, &plan.var_tmp, &plan.sockets, &plan.own_sockets})
    append(packed, *directory);

  Fd fd{::memfd_create("tenfold-launch-plan", MFD_CLOEXEC)};
  if (!fd) fail("memfd_create");
  for (std::size_t done = 0; done < packed.size();) {
    const ssize_t n = ::write(fd.get(), packed.data() + done, packed.size() - done);
    if (n < 0 && errno != EINTR) fail("write to a memory file");
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return fd;
}

PlanView open_plan(int fd) noexcept {
  PlanView view;
  struct stat info{};
  if (::fstat(fd, &info) != 0) return view;
  view.size = static_cast<std::size_t>(info.st_size);
  void* memory = ::mmap(nullptr, view.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED) return view;
  view.memory = memory;

  const PlanHeader& header = *static_cast<const PlanHeader*>(memory);
  char* launch = static_cast<char*>(memory) + sizeof header;
  view.main = header.main;
  for (; view.count < std::min<std::size_t>(header.count, view.launches.size()); ++view.count) {
    view.launches[view.count] = open_launch(launch);
    launch += reinterpret_cast<const LaunchHeader*>(launch)->size;
  }
  char* text = launch;
  for (; view.group_count < std::min<std::size_t>(header.groups, view.groups.size()); ++view.group_count) {
    view.groups[view.group_count] = text;
    text += std::strlen(text) + 1;
  }
  view.isolation.parts = config::IsolationParts{static_cast<std::uint8_t>(header.isolation)};
  for (const char** directory :
       {&view.isolation.tmp, &view.isolation.var_tmp, &view.isolation.sockets, &view.isolation.own_sockets}) {
    *directory = text;
    text += std::strlen(text) + 1;
  }
  view.data_limit = header.data_limit;
  view.niceness = static_cast<std::int32_t>(header.niceness);
  return view;
}

void close_plan(const PlanView& plan) noexcept {
  if (plan.memory != nullptr) ::munmap(plan.memory, plan.size);
}

}  // namespace tenfold::live
