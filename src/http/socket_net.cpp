#include "http/socket_net.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/poller.hpp"
#include "http/sockets.hpp"

namespace tenfold::http {

namespace {

// Copying a small message costs less than having the kernel take in a list of pieces.
constexpr std::size_t kSmallMessage = std::size_t{4} << 10;

template <class Call>
IoResult again_if_interrupted(Call call) {
  ssize_t moved = 0;
  do {
    moved = call();
  } while (moved < 0 && errno == EINTR);
  if (moved >= 0) return static_cast<std::size_t>(moved);
  return std::unexpected(errno == EWOULDBLOCK ? EAGAIN : errno);
}

class SocketTransport final : public Transport {
 public:
  SocketTransport(boost::asio::io_context& context, int fd) : context_{context}, fd_{fd} {}
  ~SocketTransport() override { close(false); }

  int watch(ReadinessHandler& handler) override {
    handler_ = &handler;
    return Poller::of(context_).add(fd_, handler);
  }
  int want_writable(bool is_wanted) override {
    return Poller::of(context_).set_writable_wanted(fd_, *handler_, is_wanted);
  }

  IoResult read(std::span<char> room) override {
    return again_if_interrupted([&] { return ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT); });
  }

  IoResult write(std::span<const std::string_view> pieces) override {
    std::array<iovec, kMaxPieces> parts;
    std::size_t count = 0;
    std::size_t total = 0;
    for (const std::string_view piece : pieces) {
      if (piece.empty()) continue;
      parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
      total += piece.size();
    }
    if (total == 0) return 0;
    std::array<char, kSmallMessage> whole;
    if (count > 1 && total <= whole.size()) {
      char* end = whole.data();
      for (std::size_t i = 0; i < count; ++i)
        end = std::copy_n(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len, end);
      parts[0] = {whole.data(), total};
      count = 1;
    }
    if (count == 1) {
      return again_if_interrupted(
          [&] { return ::send(fd_, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT); });
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    return again_if_interrupted([&] { return ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
  }

  void shut_down_writing() override { ::shutdown(fd_, SHUT_WR); }

  void close(bool is_reset) override {
    if (fd_ < 0) return;
    if (is_reset) {
      const linger at_once{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    if (handler_) Poller::of(context_).remove(fd_, *handler_);
    ::close(fd_);
    fd_ = -1;
  }

 private:
  boost::asio::io_context& context_;
  ReadinessHandler* handler_ = nullptr;
  int fd_;
};

class SocketAcceptor final : public Acceptor {
 public:
  SocketAcceptor(boost::asio::io_context& context, int fd, SocketNet::MayEnter may_enter)
      : context_{context}, may_enter_{std::move(may_enter)}, fd_{fd} {}
  ~SocketAcceptor() override {
    if (handler_) Poller::of(context_).remove(fd_, *handler_);
    ::close(fd_);
  }

  Endpoint endpoint() const override { return bound_endpoint(fd_); }

  int watch(ReadinessHandler& handler) override {
    handler_ = &handler;
    return Poller::of(context_).add(fd_, handler);
  }

  std::expected<Accepted, int> accept() override {
    auto accepted = accept_from(fd_);
    while (accepted && may_enter_ && !may_enter_(accepted->fd)) {
      ::close(accepted->fd);
      accepted = accept_from(fd_);
    }
    if (!accepted) return std::unexpected(accepted.error() == EWOULDBLOCK ? EAGAIN : accepted.error());
    return Accepted{.transport = std::make_unique<SocketTransport>(context_, accepted->fd),
                    .peer = std::move(accepted->peer)};
  }

 private:
  boost::asio::io_context& context_;
  SocketNet::MayEnter may_enter_;
  ReadinessHandler* handler_ = nullptr;
  int fd_;
};

}  // namespace

// The poller is made here: where it is wanted first, in a destructor perhaps, nothing may be thrown.
SocketNet::SocketNet(boost::asio::io_context& context) : context_{context} { Poller::of(context_); }

std::expected<std::unique_ptr<Acceptor>, std::string> SocketNet::listen(const Endpoint& endpoint) {
  const auto fd = listen_on(endpoint);
  if (!fd) return std::unexpected(fd.error());
  return std::make_unique<SocketAcceptor>(context_, *fd, nullptr);
}

std::expected<std::unique_ptr<Transport>, int> SocketNet::connect(const Endpoint& endpoint) {
  const auto fd = connect_to(endpoint);
  if (!fd) return std::unexpected(fd.error());
  return std::make_unique<SocketTransport>(context_, *fd);
}

std::unique_ptr<Acceptor> SocketNet::adopt(int listening_fd, MayEnter may_enter) {
  ::fcntl(listening_fd, F_SETFL, ::fcntl(listening_fd, F_GETFL) | O_NONBLOCK);
  return std::make_unique<SocketAcceptor>(context_, listening_fd, std::move(may_enter));
}

}  // namespace tenfold::http
