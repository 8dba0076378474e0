#include "http/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tenfold::http {

namespace {

// What is kept for a peer that reads slowly gives its memory back above this.
constexpr std::size_t kPendingRoom = std::size_t{16} << 10;

// What one connection reads in a turn of the loop before all others get theirs. A busy peer's socket never runs empty,
// and without this nobody else would be served as long as it sends.
constexpr std::size_t kTurnBytes = std::size_t{256} << 10;
// And so often, where there is little room for each.
constexpr int kTurnReads = 64;

boost::system::error_code to_error(int error) { return {error, boost::system::system_category()}; }

}  // namespace

Connection::Connection(Loop& loop, std::unique_ptr<Transport> transport, std::size_t buffer_limit, MemoryBudget* budget)
    : loop_{loop}, input_{buffer_limit, budget}, transport_{std::move(transport)} {}

Connection::~Connection() { close(); }

void Connection::open() {
  if (!transport_) return;
  const int error = transport_->watch(*this);
  if (error == 0) return;
  is_broken_ = true;  // whose answer cannot be heard is not asked
  end_soon(error);
}

void Connection::on_ready(Readiness readiness) {
  const std::shared_ptr<Connection> self = shared_from_this();
  if (readiness.writable && is_waiting_writable_) flush();
  if (!readiness.readable) return;
  is_cut_ = is_cut_ || readiness.is_cut;
  if (has_ended_) {
    if (is_cut_ && is_open()) on_cut();
    return;
  }
  is_readable_ = true;
  has_hung_up_ = has_hung_up_ || readiness.hung_up;
  if (!is_read_posted_) receive();
}

void Connection::read() {
  if (!is_readable_ || is_receiving_ || is_read_posted_ || has_ended_) return;
  is_read_posted_ = true;
  loop_.post([this, self = shared_from_this()] {
    is_read_posted_ = false;
    receive();
  });
}

void Connection::receive() {
  if (is_receiving_) return;
  is_receiving_ = true;
  std::size_t left = kTurnBytes;
  int reads = kTurnReads;
  while (is_readable_ && transport_ && !has_ended_ && wants_input() && left > 0 && reads > 0) {
    --reads;
    input_.prepare();
    moved();
    const std::span<char> room = input_.room();
    if (room.empty()) break;
    const IoResult got = transport_->read(room);
    if (got && *got > 0) {
      // Less than there was room for is all there was: the next edge says when more comes. After a hang-up no edge
      // comes.
      is_readable_ = *got == room.size() || has_hung_up_;
      left -= std::min(left, *got);
      input_.filled(*got);
      on_input();
    } else if (got) {
      end(is_refused_ ? to_error(ECONNREFUSED) : boost::system::error_code{});
    } else if (got.error() == EAGAIN) {
      is_readable_ = false;
    } else {
      end(to_error(got.error()));
    }
  }
  is_receiving_ = false;
  if (left == 0 || reads == 0) read();
}

void Connection::end(const boost::system::error_code& error) {
  has_ended_ = true;
  on_end(error);
}

void Connection::end_soon(int error) {
  loop_.post([this, self = shared_from_this(), error] {
    if (transport_ && !has_ended_) end(to_error(error));
  });
}

void Connection::send(std::span<const std::string_view> pieces) {
  if (is_broken_ || !transport_) return;
  while (!pieces.empty()) {
    const auto batch = pieces.first(std::min(pieces.size(), Transport::kMaxPieces));
    pieces = pieces.subspan(batch.size());
    std::size_t sent = writable() ? write_now(batch) : 0;
    for (const std::string_view piece : batch) {
      const std::size_t skip = std::min(sent, piece.size());
      sent -= skip;
      pending_.append(piece.substr(skip));
    }
  }
  if (!writable()) wait_writable();
}

std::size_t Connection::write_now(std::span<const std::string_view> pieces) {
  const IoResult sent = transport_->write(pieces);
  if (sent) {
    bytes_sent_ += *sent;
    return *sent;
  }
  if (sent.error() == EAGAIN) return 0;
  is_broken_ = true;
  is_refused_ = sent.error() == ECONNREFUSED;
  std::size_t total = 0;
  for (const std::string_view piece : pieces) total += piece.size();
  return total;
}

void Connection::wait_writable() {
  if (std::exchange(is_waiting_writable_, true)) return;
  on_flushing();
  if (const int error = transport_->want_writable(true); error != 0) end_soon(error);
}

void Connection::flush() {
  const std::string_view rest = std::string_view{pending_}.substr(pending_begin_);
  const std::size_t gone = write_now({&rest, 1});
  pending_begin_ += gone;
  if (!writable()) {
    if (gone > 0) on_flushing();
    // Moved down only when half has gone: each byte is moved once at most, however long the answer is.
    if (pending_begin_ > pending_.size() / 2) {
      pending_.erase(0, pending_begin_);
      pending_begin_ = 0;
    }
    return;
  }
  pending_.clear();
  pending_begin_ = 0;
  is_waiting_writable_ = false;
  if (const int error = transport_->want_writable(false); error != 0) end_soon(error);
  if (pending_.capacity() > kPendingRoom) pending_.shrink_to_fit();
  if (shut_down_when_flushed_) shut_down_writing();
  on_flushed();
}

void Connection::shut_down_writing() {
  shut_down_when_flushed_ = !writable();
  if (!shut_down_when_flushed_ && transport_) transport_->shut_down_writing();
}

void Connection::close(bool is_reset) {
  if (!transport_) return;
  const std::unique_ptr<Transport> closing = std::move(transport_);
  closing->close(is_reset);
  input_.leave_budget();  // who holds this connection yet may outlive the budget
  pending_.clear();
  pending_begin_ = 0;
}

}  // namespace tenfold::http
