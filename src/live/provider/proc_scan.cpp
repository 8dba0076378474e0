#include "live/provider/proc_scan.hpp"

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {
namespace {

// What getdents64(2) fills a buffer with.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[1];
};

// The number at `text`, which is moved past it and the blank behind it.
std::uint64_t take_number(const char*& text) noexcept {
  std::uint64_t number = 0;
  while (*text >= '0' && *text <= '9') number = number * 10 + static_cast<std::uint64_t>(*text++ - '0');
  if (*text == ' ') ++text;
  return number;
}

void skip_fields(const char*& text, int count) noexcept {
  for (; count > 0 && *text != '\0'; --count) {
    while (*text != ' ' && *text != '\0') ++text;
    if (*text == ' ') ++text;
  }
}

// The kernel's PF_EXITING, of the flags that /proc/PID/stat shows: exit has begun.
constexpr std::uint64_t kExiting = 0x4;

// The text of directory/number/name, which a zero ends. False where it cannot be read.
template <std::size_t size>
bool read_text(int directory, const char* number, const char* name, char (&text)[size]) noexcept {
  char path[32];
  if (std::strlen(number) > 16) return false;
  ::stpcpy(::stpcpy(path, number), name);
  const Fd file{::openat(directory, path, O_RDONLY | O_CLOEXEC)};
  if (!file) return false;
  const ssize_t n = ::read(file.get(), text, size - 1);
  if (n <= 0) return false;
  text[n] = '\0';
  return true;
}

bool read_stat(int proc, const char* pid, ProcessStat& stat) noexcept {
  char text[1024];
  return read_text(proc, pid, "/stat", text) && parse_stat(text, stat);
}

// The second of the numbers in a thread's schedstat: what it has run, what it has waited, how often it ran.
std::uint64_t read_wait_ns(int threads, const char* thread) noexcept {
  char text[80];
  if (!read_text(threads, thread, "/schedstat", text)) return 0;
  const char* at = text;
  take_number(at);
  return take_number(at);
}

// Calls `visit(name)` for each entry of the directory whose name is a number.
template <class Visit>
void for_each_number(int directory, Visit visit) noexcept {
  alignas(DirectoryEntry) char buffer[8192];
  for (;;) {
    const long filled = ::syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (filled <= 0) return;
    for (long at = 0; at < filled;) {
      const char* entry = buffer + at;
      std::uint16_t length = 0;
      std::memcpy(&length, entry + offsetof(DirectoryEntry, length), sizeof length);
      const char* name = entry + offsetof(DirectoryEntry, name);
      if (name[0] >= '1' && name[0] <= '9') visit(name);
      at += length;
    }
  }
}

}  // namespace

bool parse_stat(const char* text, ProcessStat& stat) noexcept {
  // proc_pid_stat(5): the second field is the name in parentheses and may hold anything, parentheses too.
  const char* name_end = std::strrchr(text, ')');
  if (name_end == nullptr || std::strlen(name_end) < 4) return false;
  stat.pid = static_cast<pid_t>(take_number(text));
  text = name_end + 4;  // past ") S ", the state
  stat.parent = static_cast<pid_t>(take_number(text));
  stat.group = static_cast<pid_t>(take_number(text));
  skip_fields(text, 3);  // from session to tpgid
  stat.is_exiting = (take_number(text) & kExiting) != 0;
  skip_fields(text, 4);  // from minflt to cmajflt
  stat.own_ticks = take_number(text);
  stat.own_ticks += take_number(text);
  stat.reaped_ticks = take_number(text);
  stat.reaped_ticks += take_number(text);
  skip_fields(text, 6);  // from priority to vsize
  stat.resident_pages = take_number(text);
  return stat.pid > 0;
}

bool is_exiting(pid_t pid) noexcept {
  const Fd proc{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  char name[16]{};
  std::to_chars(name, name + sizeof name - 1, pid);
  ProcessStat stat;
  if (proc && read_stat(proc.get(), name, stat)) return stat.is_exiting;
  return errno == ENOENT || errno == ESRCH;
}

void for_each_process(void (*visit)(const ProcessStat& stat, void* context), void* context) noexcept {
  const Fd proc{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  for_each_number(proc.get(), [&](const char* pid) {
    ProcessStat stat;
    if (read_stat(proc.get(), pid, stat)) visit(stat, context);
  });
}

std::uint64_t cpu_wait_ns(pid_t process) noexcept {
  char path[40]{};
  char* const end = ::stpcpy(path, "/proc/");
  ::stpcpy(std::to_chars(end, path + sizeof path - 8, process).ptr, "/task");
  const Fd threads{::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  std::uint64_t all = 0;
  for_each_number(threads.get(), [&](const char* thread) { all += read_wait_ns(threads.get(), thread); });
  return all;
}

}  // namespace tenfold::live
