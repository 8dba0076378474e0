// A closed-loop client: each connection sends its next request when it has its answer. Prints one line of JSON.
//
//   bench_client --to PORT [--connections 32] [--requests 100000] [--body-bytes 200]
//   bench_client --to PORT --burst 100                one request on each connection, all released together
#include <algorithm>
#include <chrono>
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

double seconds(Clock::duration span) { return std::chrono::duration<double>{span}.count(); }

double rank(const std::vector<double>& sorted, double fraction) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  const std::string target = bench::flag(argc, argv, "--to", "8000");
  const long burst = std::atol(bench::flag(argc, argv, "--burst", "0"));
  const long connections = burst > 0 ? burst : std::atol(bench::flag(argc, argv, "--connections", "32"));
  const long requests = burst > 0 ? burst : std::atol(bench::flag(argc, argv, "--requests", "100000"));
  const std::string body(std::strtoul(bench::flag(argc, argv, "--body-bytes", "200"), nullptr, 10), 'x');
  const std::string request =
      "POST /solve HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
      "Content-Type: application/octet-stream\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> all(static_cast<std::size_t>(connections));
  for (Connection& connection : all) {
    connection.fd = bench::connect_to(target);
    bench::watch(epoll, connection.fd, &connection);
  }
  long sent = 0;
  long errors = 0;
  std::vector<double> times;
  times.reserve(static_cast<std::size_t>(requests));
  const auto fire = [&](Connection& connection) {
    connection.sent = Clock::now();
    connection.has_work =
        ::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
    ++sent;
    if (!connection.has_work) ++errors;
  };
  const auto start = Clock::now();
  for (Connection& connection : all) {
    if (sent < requests) fire(connection);
  }
  epoll_event events[256];
  char block[65536];
  double makespan = 0;
  while (static_cast<long>(times.size()) + errors < requests) {
    const int count = ::epoll_wait(epoll, events, 256, 60'000);
    if (count == 0) break;
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      const ssize_t got = ::recv(connection.fd, block, sizeof block, 0);
      if (got <= 0) {
        if (got < 0 && errno == EAGAIN) continue;
        if (connection.has_work) ++errors;
        ::close(connection.fd);
        continue;
      }
      connection.in.append(block, static_cast<std::size_t>(got));
      const std::size_t length = bench::message_length(connection.in);
      if (length == 0) continue;
      if (connection.in.compare(9, 1, "2") != 0) ++errors;
      connection.in.erase(0, length);
      connection.has_work = false;
      const auto now = Clock::now();
      times.push_back(seconds(now - (burst > 0 ? start : connection.sent)));
      makespan = seconds(now - start);
      if (sent < requests) fire(connection);
    }
  }
  double sum = 0;
  for (const double time : times) sum += time;
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"answers\": %zu, \"errors\": %ld, \"makespan_s\": %.6f, \"mean_s\": %.9f, \"p50_s\": %.9f, \"p99_s\": %.9f, "
      "\"max_s\": %.9f}\n",
      times.size(), errors, makespan, times.empty() ? 0 : sum / static_cast<double>(times.size()), rank(times, 0.5),
      rank(times, 0.99), rank(times, 1));
  return errors == 0 && static_cast<long>(times.size()) == requests ? 0 : 1;
}
