#include "load/caller.hpp"

#include <algorithm>

namespace tenfold::load {

void Caller::connect() {
  if (connection_ && connection_->is_open()) return;
  hang_up();
  connection_ = http::ClientConnection::connect(generator_.loop_, generator_.settings_.servers[server_],
                                                generator_.limits_, *this);
}

void Caller::ask(const Generator::Due& due, core::Duration now) {
  connect();
  due_ = due;
  sent_ = now;
  is_busy_ = true;
  body_.clear();
  replica_.clear();
  server_timing_.reset();
  const RequestSet& requests = *generator_.settings_.requests;
  const RequestLine& line = requests.line(due.index);
  const RequestSet::Rest rest = requests.rest(due.index, generator_.random_, generator_.fields_, generator_.text_);
  connection_->begin({.is_head = line.method == "HEAD"});
  connection_->send({line.head, rest.fields, rest.body});
  generator_.result_.bytes_sent += line.head.size() + rest.fields.size() + rest.body.size();
}

void Caller::on_head(http::ClientConnection& connection) {
  const http::Head& head = connection.head();
  generator_.was_reached_ = true;
  if (const auto replica = head.find("x-tenfold-replica")) replica_ = *replica;
  if (const auto timing = head.find("server-timing")) server_timing_ = parse_server_timing(*timing);
  // Of a right answer nobody wants to see more than what is expected of it.
  keeps_body_ = head.status() / 100 != 2 || !generator_.settings_.expectations.empty();
  on_body(connection);
}

void Caller::on_body(http::ClientConnection& connection) {
  const std::string_view piece = connection.body();
  generator_.result_.bytes_received += piece.size();
  if (keeps_body_) body_ += piece;
  connection.consume(piece.size());
  if (connection.body_complete()) finish();
}

void Caller::finish() {
  const core::Duration now = generator_.elapsed();
  is_busy_ = false;
  generator_.ended(*this, now,
                   {.due = due_.at,
                    .sent = sent_,
                    .at = now,
                    .status = connection_->head().status(),
                    .replica = replica_,
                    .difference = difference(),
                    .body = body_,
                    .server_timing = server_timing_});
}

std::optional<std::string> Caller::difference() const {
  if (connection_->head().status() / 100 != 2) return std::nullopt;
  for (const Expectation& expectation : generator_.settings_.expectations) {
    if (auto difference = check(expectation, body_)) return difference;
  }
  return std::nullopt;
}

void Caller::on_closed(http::ClientConnection& connection, std::string_view problem) {
  if (connection.ending() == http::Ending::kNoConnection && !generator_.was_reached_)
    return generator_.not_reached(*this, problem);
  if (is_busy_) give_up(generator_.elapsed(), problem);
}

void Caller::give_up(core::Duration now, std::string_view why) {
  is_busy_ = false;
  hang_up();
  generator_.ended(*this, now, {.due = due_.at, .sent = sent_, .at = now, .error = why});
}

void Caller::rest() {
  if (connection_ && connection_->reusable() && connection_->writable()) {
    connection_->rest();
  } else {
    hang_up();
  }
}

void Caller::hang_up() {
  if (const auto connection = std::exchange(connection_, nullptr)) connection->close();
}

}  // namespace tenfold::load
