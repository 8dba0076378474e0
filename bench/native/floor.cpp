// The floor: forwards bytes between a TCP connection and a unix socket of its own and reads no HTTP. What is left is
// what the system calls cost: two recv, two send, and a share of an epoll_wait.
//
//   bench_floor --listen PORT --to SOCKET
#include <string>

#include "net.hpp"

namespace {

struct End {
  int fd;
  End* other;
};

bool forward(End& from) {
  char block[16384];
  const ssize_t got = ::recv(from.fd, block, sizeof block, 0);
  if (got < 0) return errno == EAGAIN;
  return got > 0 && ::send(from.other->fd, block, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string target = bench::flag(argc, argv, "--to", "");
  const int listener = bench::listen_on(bench::flag(argc, argv, "--listen", "8000"));
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  bench::watch(epoll, listener, nullptr);
  epoll_event events[128];
  while (true) {
    const int count = ::epoll_wait(epoll, events, 128, -1);
    for (int i = 0; i < count; ++i) {
      auto* end = static_cast<End*>(events[i].data.ptr);
      if (end) {
        if (forward(*end)) continue;
        // Both ends stay allocated: an event for the other may wait in this batch.
        ::shutdown(end->other->fd, SHUT_RDWR);
        ::close(end->fd);
        continue;
      }
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) continue;
      bench::no_delay(fd, AF_INET);
      auto* client = new End{fd, nullptr};
      auto* upstream = new End{bench::connect_to(target), client};
      client->other = upstream;
      bench::watch(epoll, client->fd, client, EPOLLIN | EPOLLET);
      bench::watch(epoll, upstream->fd, upstream, EPOLLIN | EPOLLET);
    }
  }
}
