// A client. Closed loop: each connection sends its next request when it has its answer. Open loop: requests leave at
// the times of a schedule, whatever becomes of them. Prints one line of JSON.
//
//   bench_client --to PORT [--connections 32] [--requests 100000] [--body-bytes 200]
//   bench_client --to PORT --burst 100                one request on each connection, all released together
//   bench_client --to PORT --schedule FILE            lines `seconds,class,target` in order, which `simulate` reads
//                                                     as trace:FILE; --connections are open before the first one
#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "net.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  Clock::time_point sent;
  std::string in;
  bool has_work = false;
};

struct Planned {
  double at_s = 0;
  std::string target;
};

double seconds(Clock::duration span) { return std::chrono::duration<double>{span}.count(); }

double rank(const std::vector<double>& sorted, double fraction) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1))];
}

std::string request_to(const std::string& target, std::size_t body_bytes) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
         "Content-Type: application/octet-stream\r\nContent-Length: " +
         std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'x');
}

// The target stands in the last column. A first line that names the columns is passed over.
std::vector<Planned> read_schedule(const char* file) {
  std::ifstream in{file};
  if (!in) bench::die(file);
  std::vector<Planned> plan;
  for (std::string line; std::getline(in, line);) {
    const std::size_t comma = line.rfind(',');
    char* end = nullptr;
    const double at = std::strtod(line.c_str(), &end);
    if (end == line.c_str()) continue;
    plan.push_back({at, comma == std::string::npos ? "/solve" : line.substr(comma + 1)});
  }
  return plan;
}

struct Tally {
  std::vector<double> times;
  long errors = 0;
  double makespan_s = 0;
  double latest_s = 0;  // of an open loop: how long after its time a request left, at most
};

class Client {
 public:
  explicit Client(std::string target) : target_{std::move(target)}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {}

  Connection& open() {
    auto* connection = new Connection;  // as long as the program runs: epoll points at it
    connection->fd = bench::connect_to(target_);
    bench::watch(epoll_, connection->fd, connection);
    return *connection;
  }

  std::vector<Connection*> open(long count) {
    std::vector<Connection*> made(static_cast<std::size_t>(std::max(0L, count)));
    std::ranges::generate(made, [&] { return &open(); });
    return made;
  }

  // `since` is where the request's time begins.
  void send(Connection& connection, const std::string& request, Clock::time_point since) {
    connection.sent = since;
    connection.has_work =
        ::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
    if (!connection.has_work) ++tally_.errors;
  }

  // Waits for answers, until `until` at most; `answered(connection)` for each. False when a minute brought none.
  template <class Answered>
  bool receive(Clock::time_point until, Answered answered) {
    const auto left = std::max(Clock::duration::zero(), std::min<Clock::duration>(until - Clock::now(), kPatience));
    const timespec timeout{.tv_sec = std::chrono::floor<std::chrono::seconds>(left).count(),
                           .tv_nsec = (left % std::chrono::seconds{1}).count()};
    epoll_event events[256];
    const int count = ::epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (read(connection)) answered(connection);
    }
    return count > 0 || left < kPatience;
  }

  Tally& tally() { return tally_; }
  std::size_t done() const { return tally_.times.size() + static_cast<std::size_t>(tally_.errors); }

 private:
  static constexpr Clock::duration kPatience = std::chrono::minutes{1};

  // True when the connection's answer is all here.
  bool read(Connection& connection) {
    char block[65536];
    const ssize_t got = ::recv(connection.fd, block, sizeof block, 0);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      if (connection.has_work) ++tally_.errors;
      connection.has_work = false;
      ::close(connection.fd);
      connection.fd = -1;
      return false;
    }
    connection.in.append(block, static_cast<std::size_t>(got));
    const std::size_t length = bench::message_length(connection.in);
    if (length == 0) return false;
    const bool is_good = connection.in.compare(9, 1, "2") == 0;
    connection.in.erase(0, length);
    connection.has_work = false;
    const auto now = Clock::now();
    if (!is_good) ++tally_.errors;
    if (is_good) tally_.times.push_back(seconds(now - connection.sent));
    return true;
  }

  std::string target_;
  int epoll_;
  Tally tally_;
};

Tally closed_loop(Client& client, long connections, long requests, const std::string& request, bool is_burst) {
  const std::vector<Connection*> all = client.open(connections);
  long sent = 0;
  const auto start = Clock::now();
  const auto fire = [&](Connection& connection) {
    if (sent >= requests) return;
    ++sent;
    client.send(connection, request, is_burst ? start : Clock::now());
  };
  for (Connection* connection : all) fire(*connection);
  while (static_cast<long>(client.done()) < requests) {
    const bool is_going = client.receive(Clock::time_point::max(), [&](Connection& connection) {
      client.tally().makespan_s = seconds(Clock::now() - start);
      fire(connection);
    });
    if (!is_going) break;
  }
  return client.tally();
}

Tally open_loop(Client& client, long connections, const std::vector<Planned>& plan, std::size_t body_bytes) {
  std::vector<Connection*> idle = client.open(connections);
  const auto answered = [&](Connection& connection) { idle.push_back(&connection); };
  const auto take = [&]() -> Connection& {
    while (!idle.empty()) {
      Connection& last = *idle.back();
      idle.pop_back();
      if (last.fd >= 0) return last;
    }
    return client.open();
  };
  const auto start = Clock::now() + std::chrono::milliseconds{10};
  Tally& tally = client.tally();
  for (const Planned& planned : plan) {
    const auto at = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{planned.at_s});
    while (Clock::now() < at) client.receive(at, answered);
    client.send(take(), request_to(planned.target, body_bytes), at);
    tally.latest_s = std::max(tally.latest_s, seconds(Clock::now() - at));
  }
  while (client.done() < plan.size() && client.receive(Clock::time_point::max(), answered)) {
  }
  tally.makespan_s = seconds(Clock::now() - start);
  return tally;
}

}  // namespace

int main(int argc, char** argv) {
  Client client{bench::flag(argc, argv, "--to", "8000")};
  const long burst = std::atol(bench::flag(argc, argv, "--burst", "0"));
  const char* schedule = bench::flag(argc, argv, "--schedule", nullptr);
  const long connections = burst > 0 ? burst : std::atol(bench::flag(argc, argv, "--connections", "32"));
  long requests = burst > 0 ? burst : std::atol(bench::flag(argc, argv, "--requests", "100000"));
  const std::size_t body_bytes = std::strtoul(bench::flag(argc, argv, "--body-bytes", "200"), nullptr, 10);
  Tally tally;
  if (schedule) {
    const std::vector<Planned> plan = read_schedule(schedule);
    requests = static_cast<long>(plan.size());
    tally = open_loop(client, connections, plan, body_bytes);
  } else {
    tally = closed_loop(client, connections, requests, request_to("/solve", body_bytes), burst > 0);
  }
  std::vector<double>& times = tally.times;
  double sum = 0;
  for (const double time : times) sum += time;
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"answers\": %zu, \"errors\": %ld, \"makespan_s\": %.6f, \"mean_s\": %.9f, \"p50_s\": %.9f, \"p99_s\": %.9f, "
      "\"max_s\": %.9f, \"latest_s\": %.9f}\n",
      times.size(), tally.errors, tally.makespan_s, times.empty() ? 0 : sum / static_cast<double>(times.size()),
      rank(times, 0.5), rank(times, 0.99), rank(times, 1), tally.latest_s);
  return tally.errors == 0 && static_cast<long>(times.size()) == requests ? 0 : 1;
}
