// Tells who started us how things are: systemd, or anybody else who sets $NOTIFY_SOCKET. The protocol of sd_notify(3),
// which is a datagram of NAME=value lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/loop.hpp"

namespace tenfold::live {

// Sends `state` to the unix socket at `address`, an absolute path or "@" and a name of Linux's abstract ones. False
// when nobody took it. Does not wait.
bool notify(const std::string& address, std::string_view state);

// Lines of `text` would be fields of their own: they are joined.
std::string status_field(std::string_view text);

// Where we tell, and how often we must show that we live, by the environment.
struct NotifySettings {
  std::string manager;      // $NOTIFY_SOCKET
  std::string predecessor;  // the socket of the process whose successor this one is
  // WATCHDOG_USEC, where it is meant for this process.
  std::optional<std::chrono::microseconds> watchdog;

  static NotifySettings from_environment();
};

// The variable that names the predecessor's socket.
inline constexpr const char* kUpgradeSocket = "TENFOLD_UPGRADE_SOCKET";

// On the loop's thread: a loop that hangs shows no life.
class ServiceManager {
 public:
  ServiceManager(http::Loop& loop, NotifySettings settings);

  // This process takes over from another, which waits for it to be ready.
  bool is_successor() const { return !settings_.predecessor.empty(); }

  // Shows life at half of the time that it is wanted in.
  void start_watchdog();

  // The predecessor is told once.
  void ready(std::string_view status);
  void reloading();
  // It is told what goes on; nothing follows from it.
  void status(std::string_view text);
  void stopping(std::string_view status);
  // `pid` is the service from now on. Nothing is told any more.
  void hand_over(std::int64_t pid);

 private:
  void tell(const std::string& state) const;
  void show_life();

  http::Loop& loop_;
  NotifySettings settings_;
  http::Timer watchdog_;
};

}  // namespace tenfold::live
