#include "load/burst.hpp"

#include <algorithm>
#include <csignal>
#include <memory>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "http/client.hpp"
#include "http/epoll_loop.hpp"
#include "load/target.hpp"

namespace tenfold::load {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

double seconds_between(SteadyTime from, SteadyTime to) { return std::chrono::duration<double>{to - from}.count(); }

// Descriptors that are not connections: files, the loop's own, and some to spare.
constexpr rlim_t kOtherDescriptors = 32;

// Every request has a connection, and every connection a descriptor.
std::expected<void, std::string> make_room(std::uint32_t requests) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const rlim_t wanted = requests + kOtherDescriptors;
  if (limit.rlim_cur >= wanted) return {};
  limit.rlim_cur = limit.rlim_max;
  if (limit.rlim_max >= wanted && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return std::unexpected(fmt::format(
      "{} connections at once need {} file descriptors, and this process may have {}; raise the limit (ulimit -n, "
      "LimitNOFILE) or send fewer",
      requests, wanted, limit.rlim_max));
}

std::expected<http::Endpoint, std::string> resolve(http::EpollLoop& loop, const Target& target) {
  boost::system::error_code error;
  boost::asio::ip::tcp::resolver resolver{loop};
  const std::string name = target.host == "localhost" ? "127.0.0.1" : target.host;
  const auto found = resolver.resolve(name, std::to_string(target.port), error);
  if (error || found.empty())
    return std::unexpected(fmt::format("the host '{}' is not known: {}", name, error.message()));
  const auto address = found.begin()->endpoint();
  return http::Endpoint::tcp(address.address().to_string(), address.port());
}

std::string make_head(const Target& target, const BurstOptions& options) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", options.method, target.path, target.host_field);
  for (const auto& [name, value] : options.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + fmt::format("Content-Length: {}\r\n\r\n", options.body.size());
}

// One request of the burst.
class Shot final : public http::ClientHandler {
 public:
  using Ended = std::function<void(Shot&)>;

  Shot(http::Loop& loop, const http::Endpoint& endpoint, const http::Limits& limits, Ended ended)
      : ended_{std::move(ended)}, connection_{http::ClientConnection::connect(loop, endpoint, limits, *this)} {}
  ~Shot() { connection_->close(); }

  void fire(const std::string& head, const std::string& payload, bool is_head_request) {
    if (!error.empty()) return;
    connection_->begin({.is_head = is_head_request});
    connection_->send({head, payload});
  }

  int status = 0;
  std::string body;
  std::string replica;
  std::string error;
  SteadyTime ended_at{};
  bool has_ended = false;

 private:
  void on_head(http::ClientConnection& connection) override {
    status = connection.head().status();
    replica = connection.head().find("x-tenfold-replica").value_or("");
    on_body(connection);
  }
  void on_body(http::ClientConnection& connection) override {
    body += connection.body();
    connection.consume(connection.body().size());
    if (connection.body_complete()) end();
  }
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection&, std::string_view problem) override {
    if (has_ended) return;
    error = problem;
    end();
  }
  void end() {
    has_ended = true;
    ended_at = std::chrono::steady_clock::now();
    ended_(*this);
  }

  Ended ended_;
  std::shared_ptr<http::ClientConnection> connection_;
};

class Burst {
 public:
  Burst(const BurstOptions& options, const Target& target) : options_{options}, target_{target} {}

  std::expected<BurstResult, std::string> run() {
    const auto endpoint = resolve(loop_, target_);
    if (!endpoint) return std::unexpected(endpoint.error());
    http::Limits limits;
    limits.body_bytes = std::uint64_t{1} << 40;
    const SteadyTime opened = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0; i < options_.requests; ++i) {
      shots_.push_back(std::make_unique<Shot>(loop_, *endpoint, limits, [this](Shot&) { one_ended(); }));
    }
    // On loopback a connection stands at once or is refused at once: look before the shot.
    loop_.poll();
    result_.connect_s = seconds_between(opened, std::chrono::steady_clock::now());
    fire(make_head(target_, options_));
    watch();
    loop_.run();
    return collect();
  }

 private:
  void fire(const std::string& head) {
    released_ = std::chrono::steady_clock::now();
    for (const auto& shot : shots_) shot->fire(head, options_.body, options_.method == "HEAD");
    result_.sent = options_.requests;
  }

  void watch() {
    if (ended_ == shots_.size()) return stop();
    timer_.expires_after(options_.timeout);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) stop();
    });
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      result_.was_interrupted = true;
      stop();
    });
  }

  void one_ended() {
    ++ended_;
    if (options_.on_progress) options_.on_progress(ended_);
    if (ended_ == shots_.size()) stop();
  }

  void stop() { loop_.stop(); }

  BurstResult collect() {
    for (const auto& shot : shots_) {
      if (!shot->has_ended) {
        ++result_.errors[result_.was_interrupted ? "interrupted before the answer" : "no answer within the timeout"];
      } else if (!shot->error.empty()) {
        ++result_.errors[shot->error];
      } else {
        result_.times_s.push_back(seconds_between(released_, shot->ended_at));
        result_.makespan_s = std::max(result_.makespan_s, result_.times_s.back());
        judge(*shot);
      }
    }
    return result_;
  }

  void judge(const Shot& shot) {
    ++result_.statuses[shot.status];
    if (!shot.replica.empty()) ++result_.replicas[shot.replica];
    for (const Expectation& expectation : options_.expectations) {
      if (const auto difference = check(expectation, shot.body)) ++result_.failed_expectations[*difference];
    }
  }

  const BurstOptions& options_;
  const Target& target_;
  http::EpollLoop loop_;
  boost::asio::steady_timer timer_{loop_};
  boost::asio::signal_set signals_{loop_, SIGINT, SIGTERM};
  std::vector<std::unique_ptr<Shot>> shots_;
  std::size_t ended_ = 0;
  SteadyTime released_{};
  BurstResult result_;
};

}  // namespace

bool BurstResult::is_good() const {
  if (!errors.empty() || !failed_expectations.empty() || was_interrupted) return false;
  return std::ranges::all_of(statuses, [](const auto& entry) { return entry.first / 100 == 2; });
}

std::expected<BurstResult, std::string> run_burst(const BurstOptions& options) {
  const auto target = parse_target(options.url);
  if (!target) return std::unexpected(target.error());
  // First of all: a loop that finds no descriptor for itself could only say less.
  if (const auto room = make_room(options.requests); !room) return std::unexpected(room.error());
  return Burst{options, *target}.run();
}

}  // namespace tenfold::load
