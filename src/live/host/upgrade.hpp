// Another binary takes the service over, and no connection is refused meanwhile.
//
// The same path and arguments are run again beside this process, with its listening sockets (LISTEN_FDS) and a socket
// to say on that it is ready (kUpgradeSocket, as sd_notify has it). It starts replicas of its own and opens its doors
// when they are ready; then this process closes its own and ends. One that ends or takes too long has changed nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <sys/types.h>

#include "live/provider/descriptor.hpp"
#include "live/provider/fd.hpp"

namespace tenfold::live {

// On the loop's thread.
class Upgrade {
 public:
  struct Doors {
    std::vector<int> service;
    std::vector<int> admin;
  };
  struct Callbacks {
    std::function<void(pid_t successor)> done;
    std::function<void(const std::string& why)> failed;
  };

  Upgrade(boost::asio::io_context& loop, Callbacks callbacks);
  ~Upgrade();  // as `cancel`, and nothing follows
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;

  // Starts the successor, which has `patience` to become ready. The error says why none can be.
  std::optional<std::string> begin(const Doors& doors, std::chrono::milliseconds patience);
  // A successor that is not ready yet ends; `failed` follows.
  void cancel();
  bool is_under_way() const { return successor_ > 0; }
  // Why the last one failed; empty if none did.
  const std::string& why_failed() const { return why_failed_; }

 private:
  std::optional<std::string> open_socket();
  int spawn(const std::string& program, const Doors& doors);
  void listen();
  // Takes one message. False when there is none.
  bool hear();
  void watch_end();
  void on_end();
  void fail(const std::string& why);

  boost::asio::io_context& loop_;
  Callbacks callbacks_;
  Descriptor socket_;  // that it speaks to
  std::string address_;
  Descriptor end_;  // its pidfd
  SteadyTimer timer_;
  pid_t successor_ = 0;
  bool is_too_late_ = false;
  std::chrono::milliseconds patience_{};
  std::string last_words_;  // its STATUS
  std::string why_failed_;
};

}  // namespace tenfold::live
