#include "http/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/buffer.hpp>
#include <sys/socket.h>
#include <sys/uio.h>

namespace tenfold::http {

namespace {

// More pieces than this in one call are sent in several.
constexpr std::size_t kMaxPieces = 8;

}  // namespace

Connection::Connection(Socket socket, std::size_t buffer_limit) : socket_{std::move(socket)}, input_{buffer_limit} {}

void Connection::read() {
  if (is_reading_ || has_ended_ || !socket_.is_open()) return;
  input_.prepare();
  moved();
  const std::span<char> room = input_.room();
  if (room.empty()) return;
  is_reading_ = true;
  socket_.async_read_some(boost::asio::buffer(room.data(), room.size()),
                          [this, self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
                            on_read(error, bytes);
                          });
}

void Connection::on_read(const boost::system::error_code& error, std::size_t bytes) {
  is_reading_ = false;
  if (!socket_.is_open()) return;
  if (error) {
    has_ended_ = true;
    return on_end(error);
  }
  input_.filled(bytes);
  on_input();
  read();
}

void Connection::send(std::span<const std::string_view> pieces) {
  if (is_broken_ || !socket_.is_open()) return;
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
  std::array<iovec, kMaxPieces> parts{};
  std::size_t count = 0;
  std::size_t total = 0;
  for (const std::string_view piece : pieces) {
    if (piece.empty()) continue;
    parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
    total += piece.size();
  }
  if (total == 0) return 0;
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    bytes_sent_ += static_cast<std::uint64_t>(sent);
    return static_cast<std::size_t>(sent);
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  is_broken_ = true;
  return total;  // nobody will read it
}

void Connection::wait_writable() {
  if (is_waiting_writable_) return;
  is_waiting_writable_ = true;
  socket_.async_wait(Socket::wait_write, [this, self = shared_from_this()](const boost::system::error_code& error) {
    is_waiting_writable_ = false;
    if (!error && socket_.is_open()) flush();
  });
}

void Connection::flush() {
  const std::string_view all = pending_;
  pending_.erase(0, write_now({&all, 1}));
  if (!pending_.empty()) return wait_writable();
  if (pending_.capacity() > std::size_t{16} << 10) pending_.shrink_to_fit();
  if (shut_down_when_flushed_) shut_down_writing();
  on_flushed();
}

void Connection::shut_down_writing() {
  if (!pending_.empty()) {
    shut_down_when_flushed_ = true;
    return;
  }
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  pending_.clear();
}

}  // namespace tenfold::http
