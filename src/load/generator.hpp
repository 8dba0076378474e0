// Sends requests when they are due, and takes down what becomes of each.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "http/endpoint.hpp"
#include "http/limits.hpp"
#include "http/loop.hpp"
#include "load/expectation.hpp"
#include "load/request_set.hpp"
#include "load/result.hpp"
#include "sim/random.hpp"
#include "sim/workload.hpp"

namespace tenfold::load {

class Caller;

// What may be read of a generator while it works, by any thread.
struct Counters {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> failed{0};
};

// Works on one loop, and belongs to its thread but for `counters`. Requests come from a workload, as a simulation's do:
// of an open loop at its times, whatever becomes of those before; of a closed one when its clients come again. A
// request's time begins when it should have been sent: where a server stalls, those that could not be sent meanwhile
// have waited too (Tene, "How NOT to Measure Latency", 2013, calls the contrary coordinated omission).
//
//   Generator generator{loop, settings, workload};
//   generator.on_done = [&] { loop.stop(); };
//   generator.open();                   // connections
//   generator.start(loop.now());        // the workload's zero
class Generator {
 public:
  struct Settings {
    const RequestSet* requests = nullptr;
    std::vector<http::Endpoint> servers;  // where RequestSet::servers() are
    // To each server, at most; a request that finds none free waits for one.
    std::uint32_t connections = 1;
    // Opened to each server before the first request.
    std::uint32_t opened_before = 0;
    std::optional<std::uint64_t> most_requests;
    std::optional<core::Duration> duration;  // requests that are due later are not sent
    core::Duration warm_up{};                // requests that are due before count nowhere
    core::Duration timeout{};                // from when a request is due to its answer's last byte
    std::vector<Expectation> expectations;
    std::uint64_t seed = 1;
    // Of requests that are numbered among several generators: this one's are first, first + step, ...
    std::uint64_t first_index = 0;
    std::uint64_t index_step = 1;
  };

  Generator(http::Loop& loop, Settings settings, sim::Workload& workload);
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  ~Generator();

  // Called once, from the loop: all requests have ended.
  std::function<void()> on_done;

  void open();
  void start(http::Loop::TimePoint zero);
  // Nothing more is sent, and nothing that is under way is waited for.
  void interrupt();

  const Counters& counters() const { return counters_; }
  // Whole when on_done was called.
  const Result& result() const { return result_; }
  // Where nothing could be sent because a server takes no connections: why. The run has ended then.
  const std::string& unreachable() const { return unreachable_; }

 private:
  friend class Caller;

  // A request that is to be sent.
  struct Due {
    core::Duration at{};
    std::uint32_t client = 0;
    std::uint64_t index = 0;
  };
  struct Again {
    core::Duration at{};
    std::uint32_t client = 0;
    friend bool operator>(const Again& a, const Again& b) { return a.at > b.at; }
  };
  // Connections to one server.
  struct Pool {
    std::vector<std::unique_ptr<Caller>> callers;
    std::vector<Caller*> free;  // the last one that was used is on top: it is the warmest
    std::deque<Due> waiting;    // for a caller, in the order of their times
  };

  core::Duration elapsed() const { return loop_.now() - zero_; }
  bool has_room() const { return !settings_.most_requests || launched_ < *settings_.most_requests; }
  bool is_in_time(core::Duration at) const { return !settings_.duration || at < *settings_.duration; }

  void fetch();
  void send_what_is_due();
  void arm();
  void launch(core::Duration at, std::uint32_t client, core::Duration now);
  Caller* take(Pool& pool);
  void ended(Caller& caller, core::Duration now, const Ended& what);
  void give_back(Caller& caller, core::Duration now);
  void take_down(const Ended& what);
  void client_ended(std::uint32_t client, core::Duration now, int status);
  void not_reached(const Caller& caller, std::string_view problem);
  void watch_timeouts();
  void expire();
  void drop_all(std::string_view of_sent, std::string_view of_unsent);
  void end_unsent(const Due& due, core::Duration now, std::string_view error);
  void look_whether_done();

  http::Loop& loop_;
  Settings settings_;
  sim::Workload& workload_;
  http::Limits limits_;
  http::Loop::TimePoint zero_{};
  http::Timer next_due_;
  http::Timer next_timeout_;
  std::vector<Pool> pools_;  // by server
  std::optional<sim::Arrival> next_;
  std::priority_queue<Again, std::vector<Again>, std::greater<>> agains_;
  sim::Random random_;
  std::string fields_;
  std::string text_;
  std::uint64_t launched_ = 0;
  std::uint64_t open_requests_ = 0;  // launched and not ended
  bool has_started_ = false;
  bool is_over_ = false;  // nothing more is launched
  bool is_done_ = false;
  bool was_reached_ = false;
  Counters counters_;
  Result result_;
  std::string unreachable_;
};

}  // namespace tenfold::load
