#include "http/client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace tenfold::http {

std::shared_ptr<ClientConnection> ClientConnection::connect(Loop& loop, const Endpoint& endpoint, const Limits& limits,
                                                            ClientHandler& handler) {
  auto transport = loop.net().connect(endpoint);
  const int error = transport ? 0 : transport.error();
  auto made = std::make_shared<ClientConnection>(loop, transport ? std::move(*transport) : nullptr, limits, handler,
                                                 endpoint.is_unix());
  if (error == 0) {
    made->open();
  } else {
    loop.post([made, error] { made->fail(std::strerror(error), Ending::kNoConnection); });
  }
  return made;
}

ClientConnection::ClientConnection(Loop& loop, std::unique_ptr<Transport> transport, const Limits& limits,
                                   ClientHandler& handler, bool is_unix)
    : Connection{loop, std::move(transport), std::max(limits.buffer_bytes, limits.head_bytes + 1)},
      handler_{&handler},
      parser_{MessageKind::kResponse, limits.head_bytes},
      is_unix_{is_unix} {}

void ClientConnection::begin(Request request) {
  input_.finish_message();
  parser_.reset(request.is_head);
  request_ = request;
  has_answer_begun_ = false;
  reset_bytes_sent();
  if (state_ != State::kClosed) state_ = State::kHead;
  read();
}

void ClientConnection::consume(std::size_t bytes) {
  input_.consume(bytes);
  if (!decoder_.is_complete()) read();
}

bool ClientConnection::reusable() const {
  return is_open() && !is_half_closed_ && !is_switched_ && !has_ended_whole_ && body_complete() &&
         head().keep_alive() && !input_.has_more();
}

void ClientConnection::on_input() {
  switch (state_) {
    case State::kIdle:
      return fail("the server sent something that nobody asked for", Ending::kBadAnswer);
    case State::kHead:
      return receive_head();
    case State::kBody:
      return receive_body();
    case State::kClosed:
      return;
  }
}

void ClientConnection::receive_head() {
  has_answer_begun_ = true;
  while (state_ == State::kHead && input_.has_more()) {
    const HeadStatus status = parser_.parse(input_.message());
    if (status == HeadStatus::kIncomplete) return;
    if (status == HeadStatus::kBad) return refuse(parser_.refusal().reason);
    const Head& answer = parser_.head();
    input_.take_head(answer.size());
    if (answer.status() == 101) {
      if (!request_.asks_upgrade) return refuse("its answer switches protocols, which nobody asked for");
      if (answer.upgrade().empty()) return refuse("its answer switches protocols and does not say to which");
      is_switched_ = true;
    } else if (answer.status() < 200) {
      receive_interim();
      continue;
    }
    decoder_.reset(is_switched_ ? BodyKind::kUntilClose : answer.body_kind(), answer.content_length());
    state_ = State::kBody;
    input_.decode(decoder_);
    if (decoder_.is_bad()) return refuse_body();
    return handler_->on_head(*this);
  }
}

void ClientConnection::receive_interim() {
  handler_->on_interim(*this);
  if (state_ != State::kHead) return;
  input_.finish_message();
  parser_.reset(request_.is_head);
}

void ClientConnection::receive_body() {
  if (decoder_.is_complete()) return;
  const std::size_t decoded = input_.decode(decoder_);
  if (decoder_.is_bad()) return refuse_body();
  if (decoded > 0 || decoder_.is_complete()) handler_->on_body(*this);
}

// Only an orderly close ends a body until close: what a reset cut off is not complete (RFC 9112, 8).
void ClientConnection::on_end(const boost::system::error_code& error) {
  // An answer that is whole is not broken, however long its reader takes.
  if (body_complete()) {
    has_ended_whole_ = true;
    return;
  }
  // A close with input unread resets a unix socket's peer. Over TCP a reset may also answer what came after a close.
  const bool is_unread = is_unix_ && error.value() == ECONNRESET;
  const bool is_refused = error.value() == ECONNREFUSED;
  const Ending ending = is_unread ? Ending::kUnread : is_refused ? Ending::kNoConnection : Ending::kClosed;
  if (error) return fail(error.message(), ending);
  if (state_ != State::kBody) return fail("the server closed the connection", ending);
  decoder_.end_of_input();
  if (decoder_.is_complete()) return handler_->on_body(*this);
  fail("the server closed the connection within its answer", ending);
}

void ClientConnection::on_flushed() {
  if (state_ == State::kHead || state_ == State::kBody) handler_->on_writable(*this);
}

void ClientConnection::refuse(std::string_view problem) { fail(problem, Ending::kBadAnswer); }

void ClientConnection::refuse_body() {
  refuse(std::string{"its answer's body is malformed: "}.append(decoder_.reason()));
}

void ClientConnection::fail(std::string_view problem, Ending ending) {
  if (state_ == State::kClosed) return;
  ending_ = ending;
  const std::shared_ptr<Connection> self = shared_from_this();
  state_ = State::kClosed;
  Connection::close();
  handler_->on_closed(*this, problem);
}

}  // namespace tenfold::http
