#include "shell/talker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace tenfold::shell {

Talker::Talker(VirtualLoop& loop, std::unique_ptr<http::Transport> transport, Pace pace)
    : loop_{loop}, transport_{std::move(transport)}, pace_{pace} {}

void Talker::begin() {
  transport_->watch(*this);
  transport_->want_writable(true);
}

void Talker::later(Duration span, std::function<void()> task) {
  loop_.after(span, [task = std::move(task), alive = std::weak_ptr{is_alive_}] {
    if (!alive.expired()) task();
  });
}

void Talker::say(std::string_view text) {
  if (!transport_) return;
  saying_ += text;
  flush();
}

void Talker::finish_saying() {
  is_finishing_ = true;
  flush();
}

void Talker::flush() {
  while (transport_ && !saying_.empty()) {
    const std::string_view all = std::string_view{saying_}.substr(said_);
    const http::IoResult sent = transport_->write({&all, 1});
    if (!sent) {
      if (sent.error() == EAGAIN) return;
      saying_.clear();  // reading tells
      said_ = 0;
      return;
    }
    said_ += *sent;
    on_gone(gone_ += *sent);
    if (said_ < saying_.size()) continue;
    saying_.clear();
    said_ = 0;
    on_said();
  }
  if (transport_ && saying_.empty() && std::exchange(is_finishing_, false)) transport_->shut_down_writing();
}

void Talker::hang_up(bool is_reset) {
  if (!transport_) return;
  // What is still to be said is not said: a reset, whatever was asked.
  const std::unique_ptr<http::Transport> closing = std::move(transport_);
  closing->close(is_reset || !saying_.empty());
  has_ended_ = true;
}

std::size_t Talker::memory() const { return saying_.capacity() + heard_.capacity(); }

void Talker::resume() {
  later({}, [this] { hear(); });
}

void Talker::on_ready(http::Readiness readiness) {
  const std::weak_ptr alive{is_alive_};
  if (readiness.writable) flush();
  if (!alive.expired() && readiness.readable && !is_hearing_later_) hear();
}

void Talker::hear() {
  const std::weak_ptr alive{is_alive_};
  std::size_t left = pace_.bytes;
  while (transport_ && !has_ended_ && left > 0 && is_listening()) {
    static thread_local std::array<char, 65536> room;
    const http::IoResult got = transport_->read(std::span{room}.first(std::min(left, room.size())));
    if (!got && got.error() == EAGAIN) return;
    if (!got || *got == 0) {
      has_ended_ = true;
      return on_end(!got);
    }
    heard_.append(room.data(), *got);
    left -= *got;
    on_heard();
    if (alive.expired()) return;
  }
  if (!transport_ || has_ended_ || pace_.bytes == 0 || left > 0 || is_hearing_later_) return;
  is_hearing_later_ = true;
  later(pace_.every, [this] {
    is_hearing_later_ = false;
    hear();
  });
}

}  // namespace tenfold::shell
