#include "shell/client.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "shell/message.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

// Round times, so that events tie: an answer that comes in the instant of its deadline, above all.
constexpr std::array<int, 8> kSolveMs{0, 1, 10, 100, 100, 200, 500, 1000};
constexpr std::array<int, 6> kTimeoutMs{1, 100, 101, 200, 500, 1000};
constexpr std::array<std::size_t, 6> kSmallBytes{0, 1, 100, 1000, 3000, 5000};
constexpr std::array<std::size_t, 5> kLargeBytes{20'000, 65'536, 70'000, 300'000, 800'000};

constexpr Duration kDeafFor = 3s;
constexpr Duration kDribbleEvery = 20ms;
constexpr std::size_t kDribbleBytes = 700;

Pace pace_of(Manner manner) {
  if (manner == Manner::kDeaf || manner == Manner::kFlooding) return {.bytes = 0};
  if (manner == Manner::kSlowReader) return {.bytes = 20'000, .every = 100ms};
  return {};
}

constexpr std::array<std::string_view, 6> kBroken{
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET  / HTTP/1.1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "\x16\x03\x01\x02",
};

}  // namespace

Client::Client(VirtualLoop& loop, std::unique_ptr<Stream> stream, Ledger& ledger, ClientCounts& counts,
               const ClientOptions& options)
    : Talker{loop, std::move(stream), pace_of(options.manner)},
      ledger_{ledger},
      counts_{counts},
      options_{options},
      random_{options.seed, 11},
      left_{options.requests} {
  if (options_.manner == Manner::kFlooding) {
    may_be_cut_ = true;
    dynamic_cast<Stream&>(*transport_).flood_with([] {
      std::string many;
      for (int i = 0; i < 1000; ++i) many += "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
      return many;
    });
    begin();
    later(kDeafFor, [this] { leave(true); });
    return;
  }
  begin();
  if (options_.manner == Manner::kDeaf) later(kDeafFor, [this] { leave(one_in(2)); });
  if (options_.manner == Manner::kLeaving)
    later(std::chrono::milliseconds{10 * random_.below(40)}, [this] { leave(one_in(2)); });
  if (options_.manner == Manner::kMalformed) {
    may_be_cut_ = true;
    if (one_in(2)) say(make_request());
    say(kBroken[random_.below(kBroken.size())]);
    later(5s, [this] { leave(false); });
    return;
  }
  send_next();
}

std::string Client::make_request() {
  const bool is_repeatable = one_in(3);
  const std::size_t body = options_.is_large && one_in(3) ? kLargeBytes[random_.below(kLargeBytes.size())]
                                                          : kSmallBytes[random_.below(kSmallBytes.size())];
  const std::size_t answer = options_.is_large && one_in(2) ? kLargeBytes[random_.below(kLargeBytes.size())]
                                                            : kSmallBytes[random_.below(kSmallBytes.size())];
  const std::uint64_t id = ledger_.open(body, is_repeatable);
  const std::string number = std::to_string(id);
  std::string text = "POST /r/" + number + " HTTP/1.1\r\nHost: street\r\nX-Id: " + number +
                     "\r\nX-Solve-Us: " + std::to_string(1000 * kSolveMs[random_.below(kSolveMs.size())]) +
                     "\r\nX-Answer: " + std::to_string(answer) + "\r\n";
  if (is_repeatable) text += "Idempotency-Key: k" + number + "\r\n";
  if (one_in(5))
    text += "X-Request-Timeout: " + std::to_string(kTimeoutMs[random_.below(kTimeoutMs.size())]) + "ms\r\n";
  const std::string bytes = pattern(id, body);
  if (one_in(4) && body > 0) {
    text += "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body; at += 900) {
      const std::string part = bytes.substr(at, 900);
      std::array<char, 8> size{};
      std::snprintf(size.data(), size.size(), "%zx", part.size());
      text += size.data() + std::string{"\r\n"} + part + "\r\n";
    }
    text += "0\r\n\r\n";
  } else {
    text += "Content-Length: " + std::to_string(body) + "\r\n\r\n" + bytes;
  }
  awaited_.push_back(id);
  ++counts_.sent;
  --left_;
  return text;
}

void Client::send_next() {
  if (left_ == 0 || !is_open()) return;
  std::string text = make_request();
  if (options_.manner == Manner::kAhead || options_.manner == Manner::kDeaf) {
    while (left_ > 0) text += make_request();
  }
  if (options_.manner == Manner::kDribbling) return dribble(text);
  if (options_.manner == Manner::kLeaving && one_in(2)) text.resize(random_.below(text.size() + 1));
  say(text);
  if (options_.manner == Manner::kHalfClosing && left_ == 0) finish_saying();
}

void Client::dribble(const std::string& text) {
  if (!is_open()) return;
  const std::size_t piece = std::min(text.size(), std::max(kDribbleBytes, text.size() / 50));
  say(std::string_view{text}.substr(0, piece));
  if (piece == text.size()) return;
  later(kDribbleEvery, [this, rest = text.substr(piece)] { dribble(rest); });
}

void Client::on_heard() {
  while (is_open()) {
    const Reading reading = read_answer(heard_, false);
    if (reading.status == ReadStatus::kBad) return ledger_.broken("a client got what is no answer: " + reading.problem);
    if (reading.status == ReadStatus::kIncomplete) return;
    heard_.erase(0, reading.message.size);
    take(reading.message);
  }
}

void Client::take(const Message& message) {
  if (message.status() < 200) return;
  const auto echo = message.number("x-echo-id");
  const bool is_own = message.find("content-type").value_or("").starts_with("application/problem+json");
  if (awaited_.empty() && !(is_own && may_be_cut_))
    return ledger_.broken("a client got an answer that it did not ask for: " + message.first_line);
  if (awaited_.empty()) return leave(false);
  const std::uint64_t id = awaited_.front();
  const std::string name = "request " + std::to_string(id);
  if (echo && *echo != id) return ledger_.broken(name + " got the answer of request " + std::to_string(*echo));
  if (!echo && !is_own) return ledger_.broken(name + " got an answer of nobody: " + message.first_line);
  awaited_.pop_front();
  if (echo) {
    ++counts_.answered;
    if (message.body != pattern(id, message.body.size()))
      return ledger_.broken("the answer to " + name + " is changed");
  } else {
    ++counts_.told;
    counts_.told_502 += message.status() == 502 ? 1 : 0;
    counts_.told_500 += message.status() == 500 ? 1 : 0;
  }
  if (message.says_close() || (left_ == 0 && awaited_.empty())) return leave(false);
  if (awaited_.empty()) later(std::chrono::milliseconds{100 * random_.below(3)}, [this] { send_next(); });
}

void Client::on_end(bool is_broken) {
  if (!is_broken) {
    const Reading rest = read_answer(heard_, true);
    if (rest.status == ReadStatus::kComplete) {
      heard_.clear();
      take(rest.message);
    }
  }
  leave(false);
}

void Client::leave(bool is_reset) {
  if (std::exchange(has_left_, true)) return;
  counts_.closed += awaited_.size();
  hang_up(is_reset);
}

}  // namespace tenfold::shell
