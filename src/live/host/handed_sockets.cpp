#include "live/host/handed_sockets.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/environment.hpp"

namespace tenfold::live {

namespace {

constexpr int kMost = 64;

std::optional<std::string> take_variable(const char* name) {
  auto taken = environment_variable(name);
  ::unsetenv(name);
  return taken;
}

int to_number(const std::string& text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : -1;
}

bool listens(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

}  // namespace

HandedSockets sort_handed(int first, int count, std::string_view names) {
  HandedSockets sorted;
  for (int fd = first; fd < first + count; ++fd) {
    const std::string_view name = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    (name == "admin" ? sorted.admin : sorted.service).push_back(fd);
  }
  return sorted;
}

std::expected<HandedSockets, std::string> take_handed_sockets() {
  const auto count = take_variable("LISTEN_FDS");
  const auto names = take_variable("LISTEN_FDNAMES");
  const auto pid = take_variable("LISTEN_PID");
  if (!count || (pid && to_number(*pid) != ::getpid())) return HandedSockets{};
  const int many = to_number(*count);
  if (many < 0 || many > kMost)
    return std::unexpected(fmt::format("LISTEN_FDS={} is no count of sockets up to {}", *count, kMost));
  for (int fd = kFirstHanded; fd < kFirstHanded + many; ++fd) {
    if (!listens(fd))
      return std::unexpected(
          fmt::format("LISTEN_FDS={}, and descriptor {} is no listening socket; in a unit: ListenStream", *count, fd));
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  return sort_handed(kFirstHanded, many, names.value_or(""));
}

}  // namespace tenfold::live
