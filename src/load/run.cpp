#include "load/run.hpp"

#include <algorithm>
#include <barrier>
#include <csignal>
#include <memory>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "http/epoll_loop.hpp"
#include "http/sockets.hpp"
#include "load/generator.hpp"
#include "load/workloads.hpp"

namespace tenfold::load {

namespace {

using namespace std::chrono_literals;

// Descriptors that are not connections: files, the loop's own, and some to spare.
constexpr std::uint64_t kOtherDescriptors = 32;
constexpr std::uint64_t kDescriptorsOfThread = 8;

// An open loop without a word about connections has as many as it takes; more would be no load, but a flood of sockets.
constexpr std::uint64_t kMostByDefault = 10'000;

constexpr std::chrono::milliseconds kProgressEvery{100};

// To each of `servers`. Every connection has a descriptor.
std::expected<std::uint32_t, std::string> find_connections(const RunOptions& options, std::size_t servers) {
  const std::uint64_t limit = http::raise_descriptor_limit().value_or(kMostByDefault);
  const std::uint64_t others = kOtherDescriptors + (options.threads - 1) * kDescriptorsOfThread;
  const bool has_all = options.connections || !options.workload;
  const std::uint64_t asked = options.connections.value_or(1);
  const std::uint64_t needed = (has_all ? asked : 1) * servers + others;
  if (limit < needed) {
    return std::unexpected(fmt::format(
        "{} connections at once need {} file descriptors, and this process may have {}; raise the limit (ulimit -n, "
        "LimitNOFILE) or send fewer",
        asked * servers, needed, limit));
  }
  if (has_all) return static_cast<std::uint32_t>(asked);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(kMostByDefault, (limit - others) / servers));
}

std::expected<std::vector<http::Endpoint>, std::string> resolve_all(const std::vector<Target>& servers) {
  std::vector<http::Endpoint> endpoints;
  for (const Target& server : servers) {
    auto endpoint = resolve(server);
    if (!endpoint) return std::unexpected(endpoint.error());
    endpoints.push_back(std::move(*endpoint));
  }
  return endpoints;
}

// So many of `whole` belong to one of `threads`.
template <class Number>
Number share_of(Number whole, std::uint32_t thread, std::uint32_t threads) {
  return static_cast<Number>(whole / threads + (thread < whole % threads ? 1 : 0));
}

struct Worker {
  http::EpollLoop loop;
  std::unique_ptr<sim::Workload> workload;
  std::unique_ptr<Generator> generator;
  std::jthread thread;
};

class Run {
 public:
  Run(const RunOptions& options, RequestSet requests, std::vector<http::Endpoint> servers, std::uint32_t connections)
      : options_{options}, requests_{std::move(requests)}, servers_{std::move(servers)}, connections_{connections} {}

  std::expected<Result, std::string> go() {
    for (std::uint32_t i = 0; i < threads(); ++i) {
      if (auto added = add_worker(i); !added) return std::unexpected(added.error());
    }
    std::barrier<std::function<void()>> all_open{threads(), [this] { zero_ = std::chrono::steady_clock::now(); }};
    began_ = std::chrono::steady_clock::now();
    watch();
    for (const auto& worker : workers_) {
      worker->thread = std::jthread{[this, &all_open, &worker] { work(*worker, all_open); }};
    }
    loop_.run();
    for (const auto& worker : workers_) worker->thread.join();
    return collect();
  }

 private:
  // No thread is without a connection.
  std::uint32_t threads() const { return std::min(options_.threads, connections_); }

  std::expected<void, std::string> add_worker(std::uint32_t index) {
    auto workload = make_share(options_, index, threads());
    if (!workload) return std::unexpected(workload.error());
    auto worker = std::make_unique<Worker>();
    worker->workload = std::move(*workload);
    const std::uint32_t connections = share_of(connections_, index, threads());
    Generator::Settings settings{.requests = &requests_,
                                 .servers = servers_,
                                 .connections = connections,
                                 .opened_before = options_.opens_before ? connections : 0,
                                 .duration = options_.duration,
                                 .warm_up = options_.warm_up,
                                 .timeout = options_.timeout,
                                 .expectations = options_.expectations,
                                 .seed = options_.seed,
                                 .first_index = index,
                                 .index_step = threads()};
    if (options_.most_requests) settings.most_requests = share_of(*options_.most_requests, index, threads());
    worker->generator = std::make_unique<Generator>(worker->loop, std::move(settings), *worker->workload);
    workers_.push_back(std::move(worker));
    return {};
  }

  // A thread's whole life.
  void work(Worker& worker, std::barrier<std::function<void()>>& all_open) {
    const auto guard = boost::asio::make_work_guard(static_cast<boost::asio::io_context&>(worker.loop));
    worker.generator->on_done = [&worker] { worker.loop.stop(); };
    worker.generator->open();
    // On loopback a connection stands at once or is refused at once: look before the first request.
    worker.loop.poll();
    all_open.arrive_and_wait();
    worker.generator->start(zero_);
    worker.loop.run();
    boost::asio::post(loop_, [this] { one_ended(); });
  }

  void one_ended() {
    if (++ended_ == workers_.size()) loop_.stop();
  }

  void watch() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      for (const auto& worker : workers_) {
        boost::asio::post(static_cast<boost::asio::io_context&>(worker->loop),
                          [generator = worker->generator.get()] { generator->interrupt(); });
      }
    });
    if (options_.on_progress) tell_progress();
  }

  void tell_progress() {
    progress_.expires_after(kProgressEvery);
    progress_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      Progress progress{.elapsed = std::chrono::steady_clock::now() - began_};
      for (const auto& worker : workers_) {
        const Counters& counters = worker->generator->counters();
        progress.sent += counters.sent.load(std::memory_order_relaxed);
        progress.answered += counters.answered.load(std::memory_order_relaxed);
        progress.unanswered += counters.failed.load(std::memory_order_relaxed);
      }
      options_.on_progress(progress);
      tell_progress();
    });
  }

  std::expected<Result, std::string> collect() const {
    Result all;
    for (const auto& worker : workers_) {
      if (!worker->generator->unreachable().empty()) return std::unexpected(worker->generator->unreachable());
      all.merge(worker->generator->result());
    }
    return all;
  }

  const RunOptions& options_;
  RequestSet requests_;
  std::vector<http::Endpoint> servers_;
  std::uint32_t connections_;
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_{loop_, SIGINT, SIGTERM};
  boost::asio::steady_timer progress_{loop_};
  std::vector<std::unique_ptr<Worker>> workers_;
  http::Loop::TimePoint began_{};
  http::Loop::TimePoint zero_{};
  std::size_t ended_ = 0;
};

}  // namespace

std::expected<Result, std::string> run(const RunOptions& options) {
  auto requests = RequestSet::make(options.requests);
  if (!requests) return std::unexpected(requests.error());
  // Before anything is opened: a loop that finds no descriptor for itself could only say less.
  const auto connections = find_connections(options, requests->servers().size());
  if (!connections) return std::unexpected(connections.error());
  auto servers = resolve_all(requests->servers());
  if (!servers) return std::unexpected(servers.error());
  return Run{options, std::move(*requests), std::move(*servers), *connections}.go();
}

}  // namespace tenfold::load
