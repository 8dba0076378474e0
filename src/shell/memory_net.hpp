// A network in memory that does what networks do: it delays, takes less than was given, gives less than there is, fills
// up, resets, half-closes, refuses, hangs, and runs out of descriptors.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/transport.hpp"
#include "shell/virtual_loop.hpp"

namespace tenfold::shell {

// How kind the network is; drawn once for a run.
struct Weather {
  Duration latency{};
  // One in so many reads and writes moves less than it could; 0 for none.
  std::uint32_t short_io = 0;
  // What a direction of a connection holds before its writer has to wait.
  std::size_t buffer_bytes = std::size_t{64} << 10;
  // One in so many connects finds nobody for a while.
  std::uint32_t slow_connect = 0;
  // One in so many connections of the service cannot be watched: the kernel has no room for more (epoll_ctl, ENOSPC).
  std::uint32_t refused_watch = 0;
};

class Stream;
class Gate;

// All connections there are. Not thread-safe: it lives on the loop.
class Fabric {
 public:
  Fabric(VirtualLoop& loop, std::uint64_t seed, const Weather& weather)
      : loop_{loop}, random_{seed, 2}, weather_{weather} {}

  VirtualLoop& loop() { return loop_; }
  // Open ends of the service's own.
  std::size_t descriptors() const { return descriptors_; }
  // What all connections hold.
  std::size_t memory() const;
  // From now on every connection can be watched.
  void heal() { weather_.refused_watch = 0; }
  // Of all that was ever written, by which side and when: equal for equal runs.
  std::uint64_t digest() const { return digest_; }

 private:
  friend class Host;
  friend class Stream;
  friend class Gate;
  struct Link;

  bool is_silent(const Link& link) const;
  bool one_in(std::uint32_t n) { return n != 0 && random_.below(n) == 0; }
  void end_later(const std::shared_ptr<Link>& link, std::size_t side);
  void note_written(int side, std::string_view bytes);

  VirtualLoop& loop_;
  sim::Random random_;
  Weather weather_;
  std::unordered_map<std::string, Gate*> gates_;
  std::set<std::string> silent_;
  // Shared with the links, which may outlive the fabric.
  std::shared_ptr<std::set<const Link*>> links_ = std::make_shared<std::set<const Link*>>();
  std::size_t descriptors_ = 0;
  std::uint64_t digest_ = 0;
  std::uint16_t next_port_ = 20'000;
};

// One party's view of the network: the service's, whose descriptors are counted and whose calls cost time, or the
// world's.
class Host final : public http::Net {
 public:
  Host(Fabric& fabric, bool is_service, std::size_t descriptor_limit)
      : fabric_{fabric}, is_service_{is_service}, descriptor_limit_{descriptor_limit} {}

  std::expected<std::unique_ptr<http::Acceptor>, std::string> listen(const http::Endpoint& endpoint) override;
  std::expected<std::unique_ptr<http::Transport>, int> connect(const http::Endpoint& endpoint) override;

  // Connects as a client does, and gives the stream as it is.
  std::unique_ptr<Stream> open(const http::Endpoint& endpoint);

  // Clients that wait beyond this are refused (unix) or hang (TCP). For `listen` from now on.
  void set_backlog(std::size_t backlog) { backlog_ = backlog; }
  bool has_room() const;
  // Who connects to the endpoint is refused, though somebody listens there; until told otherwise.
  void refuse(const http::Endpoint& endpoint, bool is_refused);
  // The machine of a TCP endpoint is dead, or lives again: what is sent there goes nowhere, and nothing comes back.
  void silence(const http::Endpoint& endpoint, bool is_silent);
  // For how long the first of those who were not accepted yet has been waiting at the endpoint.
  Duration longest_wait_at(const http::Endpoint& endpoint) const;

 private:
  friend class Stream;
  friend class Gate;

  Fabric& fabric_;
  bool is_service_;
  std::size_t descriptor_limit_;
  std::size_t backlog_ = 128;
};

// One end of a connection.
class Stream final : public http::Transport {
 public:
  ~Stream() override;

  int watch(http::ReadinessHandler& handler) override;
  int want_writable(bool is_wanted) override;
  http::IoResult read(std::span<char> room) override;
  http::IoResult write(std::span<const std::string_view> pieces) override;
  void shut_down_writing() override;
  void close(bool is_reset) override;

  // The other end is closed, and so is what came from it.
  bool is_peer_gone() const;

  // This end's machine is dead: the other end hears nothing of it any more, not even that.
  void vanish();

  // What this end sends whenever the other end reads and nothing is there: a sender that is always faster.
  void flood_with(std::function<std::string()> source);

 private:
  friend class Host;
  friend class Gate;
  friend class Fabric;

  Stream(Host& host, std::shared_ptr<Fabric::Link> link, int side);

  http::IoResult read_now(std::span<char> room);
  http::IoResult write_now(std::span<const std::string_view> pieces);
  void notify(http::Readiness readiness, Duration delay);

  Host& host_;
  std::shared_ptr<Fabric::Link> link_;
  int side_;
  http::ReadinessHandler* handler_ = nullptr;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
  bool wants_write_ = false;
};

}  // namespace tenfold::shell
