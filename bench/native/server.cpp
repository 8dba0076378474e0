// A native HTTP/1.1 service: answers each request with a few bytes, after --spin-ms of CPU, or --sleep-ms of none. One
// thread. A request that names its own time, as POST /solve?ms=20, takes that.
//
//   bench_server [--listen SOCKET|PORT] [--spin-ms N | --sleep-ms N]      default: $TENFOLD_SOCKET, else $PORT
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

#include "net.hpp"

namespace {

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Burns CPU time, not wall time: who shares a core takes longer.
void spin(double seconds) {
  const double end = cpu_seconds() + seconds;
  while (cpu_seconds() < end) {
    for (int i = 0; i < 2000; ++i) __asm__ volatile("" ::: "memory");
  }
}

struct Work {
  double seconds = 0;
  bool is_sleep = false;
};

void work(const Work& work) {
  if (work.is_sleep) std::this_thread::sleep_for(std::chrono::duration<double>{work.seconds});
  if (!work.is_sleep && work.seconds > 0) spin(work.seconds);
}

// What `message` asks for in its target's query, else `usual`.
Work asked_for(std::string_view message, Work usual) {
  const std::string_view line = message.substr(0, message.find("\r\n"));
  const std::size_t query = line.find("?ms=");
  if (query != std::string_view::npos) usual.seconds = std::strtod(line.data() + query + 4, nullptr) / 1000;
  return usual;
}

struct Connection {
  int fd;
  std::string in;
};

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"answer\": 42}\n";

// False when the peer is gone.
bool serve(Connection& connection, const Work& usual) {
  char block[65536];
  const ssize_t got = ::recv(connection.fd, block, sizeof block, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
  if (got > 0) connection.in.append(block, static_cast<std::size_t>(got));
  while (const std::size_t length = bench::message_length(connection.in)) {
    work(asked_for({connection.in.data(), length}, usual));
    connection.in.erase(0, length);
    if (::send(connection.fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const char* socket = std::getenv("TENFOLD_SOCKET");
  const char* port = std::getenv("PORT");
  const std::string where = bench::flag(argc, argv, "--listen", socket ? socket : port ? port : "8000");
  const bool is_sleep = bench::flag(argc, argv, "--sleep-ms", nullptr) != nullptr;
  const Work usual{.seconds = std::atof(bench::flag(argc, argv, is_sleep ? "--sleep-ms" : "--spin-ms", "0")) / 1000,
                   .is_sleep = is_sleep};
  const int listener = bench::listen_on(where);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  bench::watch(epoll, listener, nullptr);
  epoll_event events[64];
  while (true) {
    const int count = ::epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection) {
        if (serve(*connection, usual)) continue;
        ::close(connection->fd);
        delete connection;
        continue;
      }
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) continue;
      bench::no_delay(fd, where.find('/') == std::string::npos ? AF_INET : AF_UNIX);
      bench::watch(epoll, fd, new Connection{fd, {}});
    }
  }
}
