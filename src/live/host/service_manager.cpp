#include "live/host/service_manager.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value > 0 ? std::optional{value} : std::nullopt;
}

}  // namespace

bool notify(const std::string& address, std::string_view state) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const bool is_known = address.starts_with('/') || address.starts_with('@');
  if (!is_known || address.size() < 2 || address.size() >= sizeof to.sun_path) return false;
  std::memcpy(to.sun_path, address.data(), address.size());
  if (address.starts_with('@')) to.sun_path[0] = '\0';
  const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  const ssize_t sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&to), size);
  return sent == static_cast<ssize_t>(state.size());
}

std::string status_field(std::string_view text) {
  std::string field = fmt::format("STATUS={}", text);
  std::ranges::replace(field, '\n', ' ');
  return field;
}

NotifySettings NotifySettings::from_environment() {
  NotifySettings made;
  made.manager = variable("NOTIFY_SOCKET");
  made.predecessor = variable(kUpgradeSocket);
  const std::string meant_for = variable("WATCHDOG_PID");
  const bool is_ours = meant_for.empty() || number(meant_for) == ::getpid();
  if (const auto span = number(variable("WATCHDOG_USEC")); span && is_ours)
    made.watchdog = std::chrono::microseconds{*span};
  return made;
}

ServiceManager::ServiceManager(http::Loop& loop, NotifySettings settings)
    : loop_{loop}, settings_{std::move(settings)}, watchdog_{loop} {}

void ServiceManager::start_watchdog() {
  if (settings_.watchdog) show_life();
}

void ServiceManager::show_life() {
  tell("WATCHDOG=1");
  watchdog_.expires_after(*settings_.watchdog / 2, [this] { show_life(); });
}

void ServiceManager::ready(std::string_view text) {
  tell("READY=1\n" + status_field(text));
  settings_.predecessor.clear();
}

// The time tells the manager which READY=1 is the answer.
void ServiceManager::reloading() {
  const auto now = loop_.now().time_since_epoch();
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reloading",
                   std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}

void ServiceManager::status(std::string_view text) { tell(status_field(text)); }

void ServiceManager::stopping(std::string_view text) { tell("STOPPING=1\n" + status_field(text)); }

void ServiceManager::hand_over(std::int64_t pid) {
  tell(fmt::format("MAINPID={}\nREADY=1", pid));
  settings_ = {};
  watchdog_.cancel();
}

void ServiceManager::tell(const std::string& state) const {
  for (const std::string& address : {settings_.manager, settings_.predecessor}) {
    if (!address.empty()) notify(address, state);
  }
}

}  // namespace tenfold::live
