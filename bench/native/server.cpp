// A native HTTP/1.1 service: answers each request with a few bytes, after --spin-ms of CPU. One thread.
//
//   bench_server [--listen SOCKET|PORT] [--spin-ms N]      default: $TENFOLD_SOCKET, else $PORT
#include <ctime>
#include <memory>
#include <string>

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

struct Connection {
  int fd;
  std::string in;
};

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"answer\": 42}\n";

// False when the peer is gone.
bool serve(Connection& connection, double spin_seconds) {
  char block[65536];
  const ssize_t got = ::recv(connection.fd, block, sizeof block, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
  if (got > 0) connection.in.append(block, static_cast<std::size_t>(got));
  while (const std::size_t length = bench::message_length(connection.in)) {
    connection.in.erase(0, length);
    if (spin_seconds > 0) spin(spin_seconds);
    if (::send(connection.fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const char* socket = std::getenv("TENFOLD_SOCKET");
  const char* port = std::getenv("PORT");
  const std::string where = bench::flag(argc, argv, "--listen", socket ? socket : port ? port : "8000");
  const double spin_seconds = std::atof(bench::flag(argc, argv, "--spin-ms", "0")) / 1000;
  const int listener = bench::listen_on(where);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  bench::watch(epoll, listener, nullptr);
  epoll_event events[64];
  while (true) {
    const int count = ::epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection) {
        if (serve(*connection, spin_seconds)) continue;
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
