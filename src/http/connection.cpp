#include "http/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace tenfold::http {

namespace {

// More pieces than this in one call are sent in several.
constexpr std::size_t kMaxPieces = 8;

constexpr std::size_t kSmallMessage = std::size_t{4} << 10;

// What is kept for a peer that reads slowly gives its memory back above this.
constexpr std::size_t kPendingRoom = std::size_t{16} << 10;

}  // namespace

Connection::Connection(Loop& loop, int fd, std::size_t buffer_limit) : loop_{loop}, input_{buffer_limit}, fd_{fd} {}

Connection::~Connection() { close(); }

void Connection::open() {
  if (fd_ >= 0) Poller::of(loop_).add(fd_, *this);
}

void Connection::on_ready(std::uint32_t events) {
  const std::shared_ptr<Connection> self = shared_from_this();
  if ((events & EPOLLOUT) != 0 && is_waiting_writable_) flush();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  is_readable_ = true;
  has_hung_up_ = has_hung_up_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  receive();
}

void Connection::read() {
  if (!is_readable_ || is_receiving_ || is_read_posted_ || has_ended_) return;
  is_read_posted_ = true;
  boost::asio::post(loop_, [this, self = shared_from_this()] {
    is_read_posted_ = false;
    receive();
  });
}

void Connection::receive() {
  if (is_receiving_) return;
  is_receiving_ = true;
  while (is_readable_ && fd_ >= 0 && !has_ended_) {
    input_.prepare();
    moved();
    const std::span<char> room = input_.room();
    if (room.empty()) break;
    const ssize_t got = ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) {
      // Less than there was room for is all there was: the next edge says when more comes. After a hang-up no edge
      // comes.
      is_readable_ = static_cast<std::size_t>(got) == room.size() || has_hung_up_;
      input_.filled(static_cast<std::size_t>(got));
      on_input();
    } else if (got == 0) {
      end({});
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      is_readable_ = false;
    } else if (errno != EINTR) {
      end({errno, boost::system::system_category()});
    }
  }
  is_receiving_ = false;
}

void Connection::end(const boost::system::error_code& error) {
  has_ended_ = true;
  on_end(error);
}

void Connection::send(std::span<const std::string_view> pieces) {
  if (is_broken_ || fd_ < 0) return;
  while (!pieces.empty()) {
    const auto batch = pieces.first(std::min(pieces.size(), kMaxPieces));
    pieces = pieces.subspan(batch.size());
    std::size_t sent = pending_.empty() ? write_now(batch) : 0;
    for (const std::string_view piece : batch) {
      const std::size_t skip = std::min(sent, piece.size());
      sent -= skip;
      pending_.append(piece.substr(skip));
    }
  }
  if (!pending_.empty()) wait_writable();
}

std::size_t Connection::write_now(std::span<const std::string_view> pieces) {
  std::array<iovec, kMaxPieces> parts;
  std::size_t count = 0;
  std::size_t total = 0;
  for (const std::string_view piece : pieces) {
    if (piece.empty()) continue;
    parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
    total += piece.size();
  }
  if (total == 0) return 0;
  // Copying a small message costs less than having the kernel take in a list of pieces.
  std::array<char, kSmallMessage> whole;
  if (count > 1 && total <= whole.size()) {
    char* end = whole.data();
    for (std::size_t i = 0; i < count; ++i)
      end = std::copy_n(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len, end);
    parts[0] = {whole.data(), total};
    count = 1;
  }
  ssize_t sent = 0;
  do {
    if (count == 1) {
      sent = ::send(fd_, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = count;
      sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    bytes_sent_ += static_cast<std::uint64_t>(sent);
    return static_cast<std::size_t>(sent);
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  is_broken_ = true;
  return total;
}

void Connection::wait_writable() {
  if (std::exchange(is_waiting_writable_, true)) return;
  Poller::of(loop_).set_writable_wanted(fd_, *this, true);
}

void Connection::flush() {
  const std::string_view all = pending_;
  pending_.erase(0, write_now({&all, 1}));
  if (!pending_.empty()) return;
  is_waiting_writable_ = false;
  Poller::of(loop_).set_writable_wanted(fd_, *this, false);
  if (pending_.capacity() > kPendingRoom) pending_.shrink_to_fit();
  if (shut_down_when_flushed_) shut_down_writing();
  on_flushed();
}

void Connection::shut_down_writing() {
  shut_down_when_flushed_ = !pending_.empty();
  if (!shut_down_when_flushed_ && fd_ >= 0) ::shutdown(fd_, SHUT_WR);
}

void Connection::close(bool is_reset) {
  if (fd_ < 0) return;
  if (is_reset) {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  Poller::of(loop_).remove(fd_, *this);
  ::close(fd_);
  fd_ = -1;
  pending_.clear();
}

}  // namespace tenfold::http
