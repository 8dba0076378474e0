// The packed form, in this order: Header, room for the pointers of arguments and environment with their closing nulls,
// and the strings, each with its closing zero: program, directory, arguments, environment.
#include "live/provider/launch_plan.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include <sys/mman.h>
#include <sys/stat.h>

namespace tenfold::live {
namespace {

struct Header {
  std::uint64_t arguments = 0;
  std::uint64_t environment = 0;
};

std::size_t pointer_count(const Header& header) { return header.arguments + header.environment + 2; }

void append(std::string& packed, const std::string& text) { packed.append(text.c_str(), text.size() + 1); }

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

}  // namespace

Fd pack(const LaunchPlan& plan) {
  const Header header{plan.arguments.size(), plan.environment.size()};
  std::string packed(reinterpret_cast<const char*>(&header), sizeof header);
  packed.append(pointer_count(header) * sizeof(char*), '\0');
  append(packed, plan.program);
  append(packed, plan.directory);
  for (const std::string& argument : plan.arguments) append(packed, argument);
  for (const std::string& variable : plan.environment) append(packed, variable);

  Fd fd{::memfd_create("tenfold-launch-plan", MFD_CLOEXEC)};
  if (!fd) fail("memfd_create");
  for (std::size_t done = 0; done < packed.size();) {
    const ssize_t n = ::write(fd.get(), packed.data() + done, packed.size() - done);
    if (n < 0 && errno != EINTR) fail("write to a memory file");
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return fd;
}

LaunchView open_plan(int fd) noexcept {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return {};
  void* memory = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED) return {};

  const Header& header = *static_cast<const Header*>(memory);
  char** pointers = reinterpret_cast<char**>(static_cast<char*>(memory) + sizeof(Header));
  char* text = reinterpret_cast<char*>(pointers + pointer_count(header));
  LaunchView view;
  view.program = text;
  view.directory = text + std::strlen(text) + 1;
  view.arguments = pointers;
  view.environment = pointers + header.arguments + 1;
  text += std::strlen(text) + 1;
  text += std::strlen(text) + 1;
  text = point_at_strings(view.arguments, header.arguments, text);
  point_at_strings(view.environment, header.environment, text);
  return view;
}

}  // namespace tenfold::live
