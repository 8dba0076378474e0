// One replica as Tenfold sees it: a keeper at the other end of a control socket, output to relay, and, until it is
// ready, somebody to knock at.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/fd.hpp"
#include "live/provider/limit_keeper.hpp"
#include "live/provider/messages.hpp"
#include "live/provider/output_relay.hpp"
#include "live/provider/probe_watch.hpp"
#include "live/provider/provider.hpp"
#include "live/provider/start_watch.hpp"
#include "live/provider/zygote.hpp"

namespace tenfold::live {

// Lives on the loop's thread. Held by a shared pointer, which its own waits share.
class ReplicaProcess : public std::enable_shared_from_this<ReplicaProcess> {
 public:
  // What a replica is made of: this side's ends of what its keeper has, and where it will serve.
  struct Parts {
    core::ReplicaId id{};
    std::string program;
    std::shared_ptr<Zygote> zygote;  // of which it is forked; null if its program is run
    core::StartWay way = core::StartWay::kExec;
    // The names of the containers that run before and beside it, as in its launch plan.
    std::vector<std::string> init_containers;
    std::vector<std::string> sidecars;
    ServingPlaces places;
    HandedSocket handed;  // if it is started with its listening socket
    Fd control;
    OutputRelay::Pipes output;
    Fd notify;
    core::Duration start_timeout{};
    std::vector<config::Probe> probes;
    // Where the container listens on Azure, 0 if that is not known: for the message about a program that does so here.
    std::uint16_t target_port = 0;
    ReplicaBounds bounds;
    Console* console = nullptr;
    SaidLines* lines = nullptr;
  };
  struct Callbacks {
    std::function<void(pid_t main)> on_started;
    std::function<void(const ReplicaAddress&)> on_ready;
    std::function<void(core::Probe, const std::string& why)> on_probe_failed;
    std::function<void()> on_readiness_passed;
    std::function<void(const ReplicaExit&)> on_exit;
  };

  ReplicaProcess(boost::asio::io_context& loop, Parts parts, Callbacks callbacks);

  // Begins to wait for what the keeper, the replica's output and its sockets tell.
  void watch();

  // SIGTERM, and SIGKILL after `grace`. No on_ready comes any more.
  void stop(core::Duration grace);

  // Makes the keeper kill everything, without a callback. Returns the control socket, which ends when that is done.
  Fd abandon();

  bool was_ready() const { return was_ready_; }
  // Its main process is going, or gone.
  bool is_ending() const;
  // The kernel has ended it or a process of it for want of memory, a moment ago or as its last.
  bool is_out_of_memory();
  // Of one that is starting, or was when it was given up: that it listens on another port than it should, and what to
  // do; empty if it does not.
  std::string misplaced() const;

  // What it has used since the report before this one.
  ReplicaUsage usage_since_last(const UsageReport& report);

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { kLaunching, kStarting, kReady, kStopping, kEnded };

  void wait_for_keeper();
  void read_keeper();
  void handle(const KeeperReport& report);
  void tell_of_sidecar(const KeeperReport& report);
  void wait_for_notice();
  // Takes what the program has said so far. True if it says that it is ready.
  bool read_notices();
  void begin_start();
  void become_ready(const http::Endpoint& endpoint);
  void watch_probes(const http::Endpoint& endpoint);
  void stop_probes();
  void give_up_start();
  void kill_after(core::Duration grace);
  void order(KeeperOrder what);
  void end(ReplicaExit exit);
  bool is_starting() const { return state_ == State::kLaunching || state_ == State::kStarting; }
  void note_not_ready();
  std::string not_ready_description() const;
  ReplicaExit describe(const KeeperReport& report) const;
  // What it said last, or, if it never began, its zygote.
  std::string last_output() const;
  // "its init container 'migrate'"; empty for the main program.
  std::string container_name(const KeeperReport& report) const;

  boost::asio::io_context& loop_;
  Parts parts_;
  Callbacks callbacks_;
  Descriptor control_;
  Descriptor notify_;
  OutputRelay relay_;
  std::shared_ptr<StartWatch> start_watch_;
  std::vector<std::shared_ptr<ProbeWatch>> probe_watches_;  // while it is ready
  SteadyTimer start_timer_;
  SteadyTimer kill_timer_;
  Clock::time_point started_ = Clock::now();
  State state_ = State::kLaunching;
  bool was_ready_ = false;
  std::string misplaced_;      // when it was given up
  std::string init_running_;   // the name of the init container that runs
  std::string why_not_ready_;  // of a start that was given up
  std::int64_t pid_ = 0;
  bool cancels_ = false;
  std::int64_t last_cpu_ns_ = 0;
  std::int64_t last_cpu_wait_ns_ = 0;
  std::int64_t last_sample_ns_;
  std::uint64_t oom_kills_ = 0;
  Clock::time_point oom_at_{};
};

}  // namespace tenfold::live
