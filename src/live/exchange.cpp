#include "live/exchange.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <utility>

#include "http/forward.hpp"
#include "live/clock.hpp"

namespace tenfold::live {

namespace {

// More of a request than this is not kept for a second try.
constexpr std::size_t kMaxReplay = std::size_t{1} << 20;

// An exchange that rests keeps this much room, so that small requests take no memory anew.
constexpr std::size_t kReplayRoom = std::size_t{4} << 10;

// What this process's request ids begin with, so that they differ from those of the run before.
std::string_view id_prefix() {
  static const std::string prefix = [] {
    std::random_device random;
    std::array<char, 16> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), random(), 36).ptr;
    return std::string{text.data(), end} + '-';
  }();
  return prefix;
}

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

void Exchange::open(core::RequestId id, http::ServerConnection& client) {
  id_ = id;
  client_ = &client;
  facts_ = {};
  is_kept_ = true;
  is_received_ = is_request_sent_ = is_rechunked_ = is_withdrawn_ = false;
  is_settled_ = true;
  client.attach(*this);
  client.want_body();
  check_received();
}

// A client that sends slowly waits for itself: its request comes to the queue, and so to a slot, when its body is
// here or as much of it as is read ahead.
void Exchange::check_received() {
  if (is_received_ || !(client_->body_complete() || client_->body_is_full())) return;
  is_received_ = true;
  facts_.arrived = now(loop_);
  listener_.request_received(*this);
}

void Exchange::dispatch(core::ReplicaId replica, std::shared_ptr<http::ClientConnection> upstream,
                        core::Duration cold_start, core::TimePoint now) {
  facts_.replica = replica;
  facts_.dispatched = now;
  facts_.cold_start = cold_start;
  ++facts_.attempts;
  upstream_ = std::move(upstream);
  is_settled_ = false;
  is_request_sent_ = false;
  upstream_->begin(client_->head().method() == "HEAD");
  send_request_head();
  forward_request();
}

void Exchange::send_request_head() {
  std::string& head = scratch();
  std::array<char, 40> name{};
  const char* end =
      std::to_chars(append(name.data(), id_prefix()), name.data() + name.size(), core::to_number(id_)).ptr;
  http::append_request_head(head, {.head = client_->head(),
                                   .client = client_->peer(),
                                   .request_id = {name.data(), static_cast<std::size_t>(end - name.data())}});
  const bool is_chunked = client_->head().body_kind() == http::BodyKind::kChunked;
  if (!replay_.empty()) {
    std::array<char, 18> size{};
    if (!is_chunked) return upstream_->send({head, replay_});
    return upstream_->send({head, http::chunk_head(replay_.size(), size), replay_, http::kChunkEnd});
  }
  // Head and body leave in one call where both are here.
  const std::string_view body = client_->body();
  if (is_chunked || body.empty()) return upstream_->send({head});
  upstream_->send({head, body});
  keep_for_replay(body);
  facts_.request_bytes += body.size();
  client_->consume(body.size());
}

// As much of the body as is here and the replica takes.
void Exchange::forward_request() {
  if (is_request_sent_ || !client_) return;
  const bool is_chunked = client_->head().body_kind() == http::BodyKind::kChunked;
  while (upstream_->writable() && !client_->body().empty()) {
    const std::string_view piece = client_->body();
    std::array<char, 18> size{};
    if (is_chunked) {
      upstream_->send({http::chunk_head(piece.size(), size), piece, http::kChunkEnd});
    } else {
      upstream_->send({piece});
    }
    keep_for_replay(piece);
    facts_.request_bytes += piece.size();
    client_->consume(piece.size());
  }
  if (!client_->body_complete() || !client_->body().empty()) return;
  is_request_sent_ = true;
  if (is_chunked) upstream_->send({http::kLastChunk});
}

void Exchange::keep_for_replay(std::string_view piece) {
  if (!is_kept_) return;
  is_kept_ = replay_.size() + piece.size() <= kMaxReplay && budget_.take(piece.size());
  if (!is_kept_) return drop_replay();
  replay_.append(piece);
}

void Exchange::drop_replay() {
  budget_.give_back(replay_.size());
  replay_.clear();
  if (replay_.capacity() > kReplayRoom) replay_.shrink_to_fit();
}

std::shared_ptr<http::ClientConnection> Exchange::release_upstream() {
  // An answer that came before the request had gone leaves a connection that waits for the rest.
  if (!is_request_sent_) upstream_->close();
  return std::move(upstream_);
}

void Exchange::fail(const http::Problem& problem, std::string_view fields) {
  http::ServerConnection* client = std::exchange(client_, nullptr);
  if (!client) return;
  if (facts_.status != 0) return client->abort();
  facts_.status = problem.status;
  const std::string body = http::to_json(problem);
  facts_.answer_bytes = body.size();
  facts_.answer_began = now(loop_);
  client->respond(problem.status, http::kProblemType, body, std::string{answer_fields()}.append(fields));
}

void Exchange::withdraw() {
  is_withdrawn_ = true;
  if (upstream_ && !is_settled_) upstream_->half_close();
}

// ---- the client's side

void Exchange::on_body(http::ServerConnection&) {
  check_received();
  if (upstream_ && !is_settled_ && !is_withdrawn_) forward_request();
}

void Exchange::on_writable(http::ServerConnection&) {
  if (upstream_ && facts_.status != 0) forward_answer({});
}

void Exchange::on_gone(http::ServerConnection& client) {
  client_ = nullptr;
  client.finish();
  listener_.client_left(*this);
}

// ---- the replica's side

void Exchange::on_head(http::ClientConnection& upstream) {
  if (!client_) return on_body(upstream);
  facts_.answer_began = now(loop_);
  facts_.status = upstream.head().status();
  is_rechunked_ = http::is_rechunked(upstream.head(), client_->head().minor_version());
  std::string& head = scratch();
  http::append_response_head(head, {.head = upstream.head(),
                                    .fields = answer_fields(),
                                    .keep_alive = client_->keep_alive(),
                                    .client_minor_version = client_->head().minor_version()});
  forward_answer(head);
}

// Where the time went so far. A request that never had a slot only waited; one that lost its slot waits since then.
std::string_view Exchange::answer_fields() {
  thread_local std::array<char, 192> text;
  const bool had_slot = facts_.attempts > 0;
  const core::TimePoint left_queue = had_slot ? facts_.dispatched : facts_.answer_began;
  const core::TimePoint left_slot = is_settled_ ? facts_.replica_done : facts_.answer_began;
  const core::Duration waits_again = had_slot ? facts_.answer_began - left_slot : core::Duration::zero();
  char* end = append(text.data(), "Server-Timing: queue;dur=");
  end = append_milliseconds(end, left_queue - facts_.arrived - facts_.cold_start + waits_again);
  if (had_slot) {
    end = append_milliseconds(append(end, ", coldstart;dur="), facts_.cold_start);
    end = append_milliseconds(append(end, ", solve;dur="), left_slot - facts_.dispatched);
    end = append(end, "\r\nX-Tenfold-Replica: ");
    end = std::to_chars(end, end + 12, core::to_number(facts_.replica)).ptr;
  }
  end = append(end, "\r\n");
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

void Exchange::on_body(http::ClientConnection& upstream) {
  if (client_) return forward_answer({});
  // Nobody reads it; the replica may come to its end all the same.
  upstream.consume(upstream.body().size());
  if (upstream.body_complete()) settle(core::Outcome::kAbandoned);
}

// The head, if it has not gone yet, and as much of the body as is here and the client takes.
void Exchange::forward_answer(std::string_view head) {
  // The end of an answer goes into the client's connection even if it is slow: the slot is not its to keep.
  const auto may_send = [this] { return client_->writable() || upstream_->body_complete(); };
  while (!head.empty() || (!upstream_->body().empty() && may_send())) {
    const std::string_view piece = upstream_->body();
    std::array<char, 18> size{};
    const bool is_last = upstream_->body_complete();
    if (!is_rechunked_) {
      client_->send({head, piece});
    } else if (piece.empty()) {
      client_->send({head, is_last ? http::kLastChunk : std::string_view{}});
    } else {
      client_->send({head, http::chunk_head(piece.size(), size), piece, http::kChunkEnd,
                     is_last ? http::kLastChunk : std::string_view{}});
    }
    if (is_rechunked_ && is_last) is_rechunked_ = false;  // the last chunk has gone
    head = {};
    facts_.answer_bytes += piece.size();
    upstream_->consume(piece.size());
  }
  if (upstream_->body_complete() && upstream_->body().empty()) finish_answer();
}

void Exchange::finish_answer() {
  if (is_rechunked_) client_->send({http::kLastChunk});
  std::exchange(client_, nullptr)->finish();
  settle(core::Outcome::kAnswered);
}

void Exchange::on_writable(http::ClientConnection&) {
  if (client_ && !is_withdrawn_) forward_request();
}

void Exchange::on_closed(http::ClientConnection& upstream, std::string_view) {
  if (is_settled_) return;
  if (is_withdrawn_ || !client_) return settle(core::Outcome::kAbandoned);
  if (facts_.status != 0) return settle(core::Outcome::kAnswerBroken);
  if (!is_kept_) return settle(core::Outcome::kNotKept);
  settle(upstream.bytes_sent() == 0 ? core::Outcome::kNotSent : core::Outcome::kNoAnswer);
}

void Exchange::settle(core::Outcome outcome) {
  is_settled_ = true;
  facts_.replica_done = now(loop_);
  listener_.replica_done(*this, outcome);
}

}  // namespace tenfold::live
