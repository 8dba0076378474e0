#include "live/exchange.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/forward.hpp"
#include "live/clock.hpp"

namespace tenfold::live {

namespace {

// What a proxy adds to a request's head, at most, where its client's address and id are of the usual length.
constexpr std::uint64_t kForwardingFields = 512;

constexpr std::size_t kLongestPrefix = 16;

// Made on the loop's thread, sent before the next one is made.
std::string& scratch() {
  thread_local std::string text;
  text.clear();
  return text;
}

// Appends milliseconds with three decimals. A request's head is no place for a general formatter.
char* append_milliseconds(char* out, core::Duration duration) {
  const auto us = static_cast<std::uint64_t>(std::max(core::Duration::zero(), duration).count() / 1000);
  out = std::to_chars(out, out + 20, us / 1000).ptr;
  *out++ = '.';
  for (const std::uint64_t digit : {us / 100 % 10, us / 10 % 10, us % 10}) *out++ = static_cast<char>('0' + digit);
  return out;
}

char* append(char* out, std::string_view text) { return std::ranges::copy(text, out).out; }

}  // namespace

void Exchange::begin(core::RequestId id, http::ServerConnection& client, bool is_client_trusted) {
  id_ = id;
  client_ = &client;
  facts_ = {.opened = now(loop_)};
  if (traces_) facts_.trace = traces_->open(client.head());
  set_name();
  is_client_trusted_ = is_client_trusted;
  sent_ = answer_sent_ = 0;
  is_received_ = is_whole_ = is_streamed_ = is_request_sent_ = is_rechunked_ = is_answered_ = is_withdrawn_ = false;
  is_switched_ = false;
  is_end_told_ = false;
  is_chunked_ = client.head().body_kind() == http::BodyKind::kChunked;
  is_settled_ = true;
}

void Exchange::receive() {
  client_->attach(*this);
  client_->want_body();
  receive_request();
}

// The client's own id, which goes on as it is unless it was for us alone (Connection), or one that differs from all
// others.
void Exchange::set_name() {
  const http::Head& head = client_->head();
  name_.clear();
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const http::Head::Field field = head.field(i);
    if (field.kind == http::FieldKind::kRequestId) name_ = field.value;
  }
  if (!name_.empty()) return;
  std::array<char, 20> number{};
  const auto* const end = std::to_chars(number.data(), number.data() + number.size(), core::to_number(id_)).ptr;
  name_.assign(id_prefix_.substr(0, kLongestPrefix))
      .append(number.data(), static_cast<std::size_t>(end - number.data()));
}

void Exchange::close() {
  request_.reset();
  answer_.reset();
  bad_answer_.clear();
}

// ---- the request

// A client that sends slowly waits for itself: its request comes to the queue, and so to a slot, when its body is here,
// or as much of it as there is room for.
void Exchange::receive_request() {
  if (is_received_) return;
  const bool is_complete = client_->body_complete();
  const bool needs_spool = request_ || (!is_complete && client_->body_is_full());
  if (needs_spool) is_streamed_ = !spool_request();
  is_whole_ = is_complete && !is_streamed_;
  if (!is_complete && !is_streamed_) return;
  is_received_ = true;
  facts_.arrived = now(loop_);
  listener_.request_received(*this);
}

// Moves what came from the connection's buffer to the spool. False when there is no room.
bool Exchange::spool_request() {
  const std::string_view piece = client_->body();
  if (piece.empty()) return true;
  if (!request_) request_ = std::make_unique<Spool>(spools_);
  if (!request_->append({piece})) return false;
  client_->consume(piece.size());
  return true;
}

std::uint64_t Exchange::size_to_send() const {
  if (!is_whole_) return ~std::uint64_t{0};
  return client_->head().size() + kForwardingFields + (request_ ? request_->size() : client_->body().size());
}

void Exchange::dispatch(core::ReplicaId replica, Upstreams::Acquired upstream, core::Duration cold_start,
                        core::TimePoint now) {
  ++facts_.attempts;
  facts_.last() = {.replica = replica, .dispatched = now, .cold_start = cold_start};
  if (traces_) facts_.last().span = traces_->next_span();
  upstream_ = std::move(upstream.connection);
  is_connection_kept_ = upstream.is_kept;
  is_settled_ = is_request_sent_ = false;
  sent_ = 0;
  const http::Head& head = client_->head();
  upstream_->begin({.is_head = head.method() == "HEAD", .asks_upgrade = !head.upgrade().empty()});
  send_request_head();
  forward_request();
}

// A small request leaves whole and in one call: from then on its client is not needed for it.
void Exchange::send_request_head() {
  std::string& head = scratch();
  std::array<char, kTraceparentSize> traceparent{};
  const RequestTrace& trace = facts_.trace;
  http::append_request_head(
      head,
      {.head = client_->head(),
       .client = client_->peer(),
       .is_client_trusted = is_client_trusted_,
       .request_id = name_,
       .traceparent = trace.is_traced() ? write_traceparent({trace.id, facts_.last().span, trace.flags}, traceparent)
                                        : std::string_view{},
       .drops_tracestate = trace.is_traced() && !trace.keeps_state});
  if (request_ || is_streamed_) return upstream_->send({head});
  send_framed(head, client_->body());
  is_request_sent_ = true;
  if (is_chunked_) upstream_->send({http::kLastChunk});
}

void Exchange::send_framed(std::string_view head, std::string_view piece) {
  std::array<char, 18> size{};
  if (is_chunked_ && !piece.empty()) {
    upstream_->send({head, http::chunk_head(piece.size(), size), piece, http::kChunkEnd});
  } else {
    upstream_->send({head, piece});
  }
  sent_ += piece.size();
}

// As much of a larger one as is here and the replica takes: what the spool has, then what its client goes on to send.
void Exchange::forward_request() {
  while (!is_request_sent_ && !upstream_->is_broken() && upstream_->writable()) {
    const bool is_from_spool = request_ && sent_ < request_->size();
    const std::string_view piece = is_from_spool ? request_->read(sent_).value_or("") : rest_of_stream();
    if (piece.empty() && is_from_spool) return settle(client_ ? core::Outcome::kNotKept : core::Outcome::kAbandoned);
    if (piece.empty()) return;
    send_framed({}, piece);
    if (!is_from_spool) client_->consume(piece.size());
    end_request();
  }
}

std::string_view Exchange::rest_of_stream() const {
  return is_streamed_ && client_ ? client_->body() : std::string_view{};
}

void Exchange::end_request() {
  if (is_request_sent_ || (request_ && sent_ < request_->size())) return;
  if (!is_whole_ && !(client_ && client_->body_complete() && client_->body().empty())) return;
  is_whole_ = is_request_sent_ = true;
  if (is_chunked_) upstream_->send({http::kLastChunk});
  if (is_switched_) upstream_->half_close();
}

std::shared_ptr<http::ClientConnection> Exchange::release_upstream() {
  // An answer that came before the request had gone leaves a connection that waits for the rest.
  if (!is_request_sent_) upstream_->close();
  return std::move(upstream_);
}

void Exchange::fail(const http::Problem& problem, std::string_view fields) {
  if (!client_ || is_answered_) return;
  http::ServerConnection& client = *std::exchange(client_, nullptr);
  if (facts_.status != 0) return client.abort();
  facts_.status = problem.status;
  const std::string body = http::to_json(problem);
  facts_.answer_bytes = body.size();
  facts_.answer_began = now(loop_);
  client.respond(problem.status, http::kProblemType, body, std::string{answer_fields()}.append(fields));
}

void Exchange::withdraw(core::CancelHow how) {
  if (!upstream_ || is_settled_) return;
  is_withdrawn_ = true;
  if (how == core::CancelHow::kClose || !is_whole_ || is_switched_) upstream_->half_close();
  discard_answer();
}

// ---- the client's side

void Exchange::on_body(http::ServerConnection&) {
  receive_request();
  if (!upstream_ || is_settled_) return;
  forward_request();
  if (!is_settled_) end_request();  // maybe its end came alone
}

void Exchange::on_writable(http::ServerConnection&) { drain_answer(); }

void Exchange::on_gone(http::ServerConnection& client) {
  client_ = nullptr;
  client.finish();
  listener_.client_left(*this);
}

// ---- the replica's side

// A client that does not read is not kept waiting by hints, nor HTTP/1.0 confused by them (RFC 9110, 15.2).
void Exchange::on_interim(http::ClientConnection& upstream) {
  if (!client_ || !client_->writable() || client_->head().minor_version() == 0) return;
  std::string& head = scratch();
  http::append_interim_head(head, upstream.head());
  client_->send({head});
}

void Exchange::on_head(http::ClientConnection& upstream) {
  if (!client_) return on_body(upstream);
  facts_.answer_began = facts_.last().answer_began = now(loop_);
  facts_.status = upstream.head().status();
  if (facts_.status == 101) return switch_protocols(upstream);
  is_rechunked_ = http::is_rechunked(upstream.head(), client_->head().minor_version());
  std::string& head = scratch();
  http::append_response_head(head, {.head = upstream.head(),
                                    .fields = answer_fields(),
                                    .keep_alive = client_->keep_alive(),
                                    .client_minor_version = client_->head().minor_version()});
  forward_answer(head);
}

// RFC 9110, 7.8. From here on bytes go both ways, as they come and as they are taken; all of that is one request, which
// has its slot until both sides have ended or its time is over.
void Exchange::switch_protocols(http::ClientConnection& upstream) {
  is_switched_ = is_streamed_ = true;
  is_whole_ = is_request_sent_ = false;
  std::string& head = scratch();
  http::append_switching_head(head, {.head = upstream.head(), .fields = answer_fields()});
  forward_answer(head);
  client_->switch_protocols();
  forward_request();
  if (!is_settled_) end_request();
}

// Where the time went so far. A request that never had a slot only waited; one that lost its slot waits since then.
std::string_view Exchange::answer_fields() {
  thread_local std::array<char, 192> text;
  const bool had_slot = facts_.had_slot();
  const Attempt& last = facts_.last();
  const core::TimePoint left_queue = had_slot ? last.dispatched : facts_.answer_began;
  const core::TimePoint left_slot = is_settled_ ? last.done : facts_.answer_began;
  const core::Duration waits_again = had_slot ? facts_.answer_began - left_slot : core::Duration::zero();
  char* end = append(text.data(), "Server-Timing: queue;dur=");
  end = append_milliseconds(end, left_queue - facts_.arrived - last.cold_start + waits_again);
  if (had_slot) {
    end = append_milliseconds(append(end, ", coldstart;dur="), last.cold_start);
    end = append_milliseconds(append(end, ", solve;dur="), left_slot - last.dispatched);
    end = append(end, "\r\nX-Tenfold-Replica: ");
    end = std::to_chars(end, end + 12, core::to_number(last.replica)).ptr;
  }
  end = append(end, "\r\n");
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

void Exchange::on_body(http::ClientConnection&) {
  if (client_) {
    forward_answer({});
  } else {
    discard_answer();
  }
}

// The head, if it has not gone yet, and what is here of the body. Where the client takes no more and there is no room
// to keep it, the rest stays with the replica until there is.
void Exchange::forward_answer(std::string_view head) {
  while (!head.empty() || !upstream_->body().empty()) {
    const std::string_view piece = upstream_->body();
    const bool is_last = is_rechunked_ && upstream_->body_complete();
    std::array<char, 18> size{};
    bool has_passed = false;
    if (!is_rechunked_) {
      has_passed = pass_on({head, piece});
    } else if (piece.empty()) {
      has_passed = pass_on({head, is_last ? http::kLastChunk : std::string_view{}});
    } else {
      has_passed = pass_on({head, http::chunk_head(piece.size(), size), piece, http::kChunkEnd,
                            is_last ? http::kLastChunk : std::string_view{}});
    }
    if (!has_passed) return;
    if (is_last) is_rechunked_ = false;
    head = {};
    facts_.answer_bytes += piece.size();
    upstream_->consume(piece.size());
  }
  if (upstream_->body_complete()) end_answer();
}

// The head's place first, empty where it has gone. To the client if it takes it at once, else to the spool; false when
// there is no room for it. A head always goes: it comes with no more than a connection's buffer.
bool Exchange::pass_on(std::initializer_list<std::string_view> pieces) {
  const bool has_head = !pieces.begin()->empty();
  if (!answer_ && (client_->writable() || has_head)) {
    client_->send(pieces);
    return true;
  }
  if (is_switched_) return false;  // whoever speaks waits for who listens
  if (!answer_) answer_ = std::make_unique<Spool>(spools_);
  const bool is_kept = answer_->append(pieces);
  if (answer_->size() == 0) answer_.reset();
  return is_kept;
}

// The client takes more.
void Exchange::drain_answer() {
  while (answer_ && client_->writable()) {
    const auto piece = answer_->read(answer_sent_);
    if (!piece) return break_off();
    client_->send({*piece});
    answer_sent_ += piece->size();
    answer_->drop_before(answer_sent_);
    if (answer_sent_ < answer_->size()) continue;
    answer_.reset();
    answer_sent_ = 0;
  }
  if (answer_) return;
  if (is_answered_) {
    std::exchange(client_, nullptr)->finish();
    return listener_.answer_read(*this);
  }
  if (upstream_ && !is_settled_ && facts_.status != 0) forward_answer({});
}

// The disk does not give back what was written.
void Exchange::break_off() {
  std::exchange(client_, nullptr)->abort();
  listener_.client_left(*this);
}

// All of the answer is here. What its client has not taken of it follows as the client reads.
void Exchange::end_answer() {
  if (is_rechunked_ && !pass_on({std::string_view{}, http::kLastChunk})) return;
  is_rechunked_ = false;
  is_answered_ = true;
  if (!answer_) std::exchange(client_, nullptr)->finish();
  settle(core::Outcome::kAnswered);
}

// Nobody reads it; the replica may come to its end all the same.
void Exchange::discard_answer() {
  upstream_->consume(upstream_->body().size());
  if (upstream_->body_complete()) settle(core::Outcome::kAbandoned);
}

void Exchange::on_writable(http::ClientConnection&) { forward_request(); }

void Exchange::on_closed(http::ClientConnection& upstream, std::string_view problem) {
  if (!is_settled_) settle(outcome_of_close(upstream, problem));
}

core::Outcome Exchange::outcome_of_close(const http::ClientConnection& upstream, std::string_view problem) {
  if (is_withdrawn_ || !client_) return core::Outcome::kAbandoned;
  if (upstream.ending() == http::Ending::kBadAnswer) {
    bad_answer_ = problem;
    return core::Outcome::kBadAnswer;
  }
  if (facts_.status != 0) return core::Outcome::kAnswerBroken;
  // What went straight through is nowhere any more.
  if (is_streamed_ && sent_ > (request_ ? request_->size() : 0)) return core::Outcome::kNotKept;
  const bool is_proven = upstream.ending() == http::Ending::kUnread && !upstream.has_answer_begun() &&
                         upstream.bytes_sent() <= Upstreams::kOneRead;
  const bool is_unread = is_proven || upstream.bytes_sent() == 0;
  if (!is_unread) return core::Outcome::kNoAnswer;
  // A connection that waited for work was closed meanwhile: another will do. A new one was not taken.
  return is_connection_kept_ ? core::Outcome::kNotSent : core::Outcome::kBusy;
}

void Exchange::settle(core::Outcome outcome) {
  is_settled_ = true;
  facts_.request_bytes = sent_;
  facts_.last().done = now(loop_);
  facts_.last().outcome = outcome;
  listener_.replica_done(*this, outcome);
}

}  // namespace tenfold::live
