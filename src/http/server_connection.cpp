#include "http/server_connection.hpp"

#include <algorithm>
#include <utility>

#include "http/date.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"
#include "http/status.hpp"

namespace tenfold::http {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kTooLarge = "the body is larger than is accepted here";

// Requests that one connection may have answered in a turn of the loop.
constexpr int kTurnRequests = 16;

}  // namespace

ServerConnection::ServerConnection(Server& server, std::unique_ptr<Transport> transport, std::string peer)
    : Connection{server.loop_, std::move(transport),
                 std::max(server.limits_.buffer_bytes, server.limits_.head_bytes + 1), server.budget_},
      server_{server},
      parser_{MessageKind::kRequest, server.limits_.head_bytes},
      peer_{std::move(peer)} {}

const Limits& ServerConnection::limits() const { return server_.limits_; }

void ServerConnection::start() {
  server_.resting().set(*this, server_.now());
  open();
}

void ServerConnection::on_input() {
  switch (state_) {
    case State::kHead:
      if (!is_parse_posted_) receive_heads();  // else its turn comes
      return;
    case State::kExchange:
      return receive_body();
    case State::kSwitched:
      return receive_bytes();
    case State::kLingering:
    case State::kClosed:
      return input_.drop_all();
  }
}

// Requests that were answered at once make room for the next one that is already here; after some of them in a row all
// other connections get their turn.
void ServerConnection::receive_heads() {
  is_parsing_ = true;
  bool is_incomplete = false;
  int left = kTurnRequests;
  while (state_ == State::kHead && input_.has_more() && writable()) {
    if (left-- == 0) {
      receive_heads_later();
      break;
    }
    const bool had_begun = parser_.has_begun();
    const HeadStatus status = parser_.parse(input_.message());
    if (status == HeadStatus::kIncomplete) {
      if (!had_begun && parser_.has_begun()) server_.timeouts_.head.set(*this, server_.now());
      is_incomplete = true;
      break;
    }
    if (status == HeadStatus::kBad) {
      refuse(parser_.refusal());
    } else {
      begin_exchange();
    }
  }
  is_parsing_ = false;
  const bool has_no_more = is_incomplete || !input_.has_more();
  if (state_ == State::kHead && is_half_closed_ && has_no_more) linger();
}

void ServerConnection::begin_exchange() {
  const Head& request = parser_.head();
  input_.take_head(request.size());
  decoder_.reset(request.body_kind(), request.content_length());
  state_ = State::kExchange;
  handler_ = nullptr;
  has_answered_ = keeps_alive_ = is_keep_alive_fixed_ = false;
  awaits_continue_ = request.expects_continue();
  if (request.content_length() > limits().body_bytes) return refuse({413, std::string{kTooLarge}});
  if (!decode_body()) return;
  watch_body();
  server_.handler_.on_request(*this);
}

void ServerConnection::receive_body() {
  const std::size_t before = input_.body().size();
  const bool was_complete = decoder_.is_complete();
  if (was_complete || !decode_body()) return;
  const bool has_progressed = decoder_.decoded() - watched_from_ >= limits().body_progress_bytes;
  if (has_progressed || decoder_.is_complete() || input_.is_full()) watch_body();
  if (handler_ && (input_.body().size() > before || decoder_.is_complete())) handler_->on_body(*this);
}

void ServerConnection::receive_bytes() {
  if (input_.decode(decoder_) > 0 && handler_) handler_->on_body(*this);
}

// False when the body breaks a rule, which is answered then.
bool ServerConnection::decode_body() {
  if (input_.decode(decoder_) > 0) awaits_continue_ = false;
  if (decoder_.is_bad()) {
    refuse({400, std::string{decoder_.reason()}});
  } else if (decoder_.decoded() > limits().body_bytes) {
    refuse({413, std::string{kTooLarge}});
  } else {
    return true;
  }
  return false;
}

// A body that nobody reads for want of room is not its client's to hurry.
void ServerConnection::watch_body() {
  watched_from_ = decoder_.decoded();
  awaits_room_ = !decoder_.is_complete() && input_.is_full();
  const bool is_watched = !decoder_.is_complete() && !awaits_room_;
  (is_watched ? server_.timeouts_.body : server_.timeouts_.none).set(*this, server_.now());
}

void ServerConnection::consume(std::size_t bytes) {
  input_.consume(bytes);
  if (decoder_.is_complete()) return;
  if (awaits_room_) {
    awaits_room_ = false;
    server_.timeouts_.body.set(*this, server_.now());
  }
  read();
}

void ServerConnection::want_body() {
  if (!awaits_continue_ || has_answered_) return;
  awaits_continue_ = false;
  send({kContinue});
}

bool ServerConnection::keep_alive() {
  if (!is_keep_alive_fixed_) {
    is_keep_alive_fixed_ = true;
    keeps_alive_ = head().keep_alive() && head().minor_version() == 1 && body_complete() && !server_.is_draining_ &&
                   (!is_half_closed_ || input_.has_more());
  }
  has_answered_ = true;
  return keeps_alive_;
}

// The client is hurried no more: who speaks when is the other protocol's affair. That it does not read is told by
// flushing.
void ServerConnection::switch_protocols() {
  if (state_ != State::kExchange) return;
  state_ = State::kSwitched;
  has_answered_ = is_keep_alive_fixed_ = true;
  keeps_alive_ = false;
  decoder_.reset(BodyKind::kUntilClose, 0);
  input_.decode(decoder_);
  if (is_half_closed_) decoder_.end_of_input();
  (writable() ? server_.timeouts_.none : server_.timeouts_.flush).set(*this, server_.now());
  read();
}

void ServerConnection::finish() {
  handler_ = nullptr;
  if (!is_in_exchange()) return;
  if (is_gone_) return remove();
  if (!keep_alive() || !decoder_.is_complete() || server_.is_closing()) return linger();
  input_.finish_message();
  parser_.reset();
  state_ = State::kHead;
  has_answered_ = false;
  (writable() ? server_.resting() : server_.timeouts_.flush).set(*this, server_.now());
  if (is_parsing_) return;
  if (input_.has_more()) {
    receive_heads_later();
  } else {
    read();
  }
}

void ServerConnection::receive_heads_later() {
  if (std::exchange(is_parse_posted_, true)) return;
  loop_.post([this, self = shared_from_this()] {
    is_parse_posted_ = false;
    if (state_ != State::kHead || !is_open()) return;
    receive_heads();
    read();
  });
}

void ServerConnection::abort() {
  handler_ = nullptr;
  if (state_ == State::kClosed) return;
  remove(true);
}

std::string& ServerConnection::begin_head(int status) {
  std::string& head = server_.scratch_;
  head = "HTTP/1.1 ";
  head += std::to_string(status);
  head += ' ';
  head += reason_phrase(status);
  head += "\r\nDate: ";
  head += http_date(loop_.unix_time());
  return head;
}

void ServerConnection::respond_not_modified(std::string_view fields) {
  std::string& head = begin_head(304);
  head += "\r\n";
  head += fields;
  head += keep_alive() ? "\r\n" : "Connection: close\r\n\r\n";
  send({head});
  finish();
}

void ServerConnection::respond(int status, std::string_view content_type, std::string_view body,
                               std::string_view fields) {
  std::string& head = begin_head(status);
  if (!content_type.empty()) {
    head += "\r\nContent-Type: ";
    head += content_type;
  }
  head += "\r\nContent-Length: ";
  head += std::to_string(body.size());
  head += "\r\n";
  head += fields;
  head += keep_alive() ? "\r\n" : "Connection: close\r\n\r\n";
  const bool has_body = this->head().method() != "HEAD";
  send({head, has_body ? body : std::string_view{}});
  finish();
}

void ServerConnection::refuse(const Refusal& refusal) {
  if (!has_answered_) {
    has_answered_ = true;
    const std::string body = to_json(Problem{.status = refusal.status, .detail = refusal.reason});
    std::string& head = begin_head(refusal.status);
    head += "\r\nContent-Type: ";
    head += kProblemType;
    head += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
    const bool has_body = this->head().method() != "HEAD";
    send({head, has_body ? std::string_view{body} : std::string_view{}});
  }
  linger();
  if (ExchangeHandler* handler = std::exchange(handler_, nullptr)) handler->on_gone(*this);
}

// RFC 9112, 9.6: a close with unread input resets the connection, and the reset can overtake the answer. So: FIN, then
// read and drop until the client has closed too, but not for long.
void ServerConnection::linger() {
  state_ = State::kLingering;
  input_.drop_all();
  shut_down_writing();
  if (is_half_closed_ && writable()) return remove();
  // A client that reads slowly gets all of its answer before its time runs.
  (writable() ? server_.timeouts_.linger : server_.timeouts_.flush).set(*this, server_.now());
  if (!is_parsing_) read();
}

// The end of what a client sends is not the end of its waiting: whoever has sent whole requests gets their answers.
void ServerConnection::on_end(const boost::system::error_code& error) {
  if (error || is_cut() || server_.handler_.is_half_close_leaving()) return leave();
  is_half_closed_ = true;
  switch (state_) {
    case State::kHead:
      return receive_heads();
    case State::kExchange:
      if (!decoder_.is_complete()) return leave();
      return server_.timeouts_.presence.set(*this, server_.now());
    case State::kSwitched:
      decoder_.end_of_input();
      if (handler_) handler_->on_body(*this);
      return;
    case State::kLingering:
      if (writable()) remove();
      return;
    case State::kClosed:
      return;
  }
}

void ServerConnection::on_cut() { leave(); }

void ServerConnection::leave() {
  if (!is_in_exchange()) return remove();
  is_gone_ = true;
  if (!handler_) return remove();
  handler_->on_gone(*this);
}

// Nothing tells a closed socket from one whose writing half is shut but to send it something. An interim answer is
// harmless to who waits, and a reset comes back if nobody does.
void ServerConnection::ask_whether_it_waits() {
  if (has_answered_ || head().minor_version() == 0) return;
  send({kContinue});
}

void ServerConnection::on_flushed() {
  if (state_ == State::kLingering) {
    if (is_half_closed_) return remove();
    return server_.timeouts_.linger.set(*this, server_.now());
  }
  if (state_ == State::kHead && server_.is_closing()) return linger();
  if (state_ == State::kHead) server_.resting().set(*this, server_.now());
  const bool is_hurried = state_ == State::kExchange && !decoder_.is_complete();
  if (is_in_exchange() && !is_hurried) server_.timeouts_.none.set(*this, server_.now());
  if (is_in_exchange() && handler_) handler_->on_writable(*this);
  if (state_ == State::kHead && input_.has_more()) receive_heads_later();
  if (state_ == State::kHead) read();
}

// While a body is still to come, that is what its client is hurried for.
void ServerConnection::on_flushing() {
  if (state_ == State::kExchange && !decoder_.is_complete()) return;
  if (state_ != State::kClosed) server_.timeouts_.flush.set(*this, server_.now());
}

// The client takes nothing any more.
void ServerConnection::give_up() {
  ExchangeHandler* handler = std::exchange(handler_, nullptr);
  remove(true);
  if (handler) handler->on_gone(*this);
}

void ServerConnection::on_timeout() {
  const std::shared_ptr<Connection> self = shared_from_this();
  switch (state_) {
    case State::kHead:
      if (!writable()) return give_up();
      if (!parser_.has_begun()) return remove();
      return refuse({408, "the head took too long to come"});
    case State::kExchange:
      if (is_half_closed_ && writable()) return ask_whether_it_waits();
      if (decoder_.is_complete()) return give_up();
      return refuse({408, "the body came too slowly"});
    case State::kSwitched:
      return give_up();
    case State::kLingering:
    case State::kClosed:
      return remove();
  }
}

void ServerConnection::remove(bool is_reset) {
  if (state_ == State::kClosed) return;
  const std::shared_ptr<Connection> self = shared_from_this();
  state_ = State::kClosed;
  TimeoutList::clear(*this);
  close(is_reset);
  server_.connections_.erase(place_);
}

}  // namespace tenfold::http
