#include "shell/client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

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
constexpr std::size_t kChunk = 900;

constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr int kPoured = 5000;
constexpr std::size_t kChopped = std::size_t{700} << 10;
constexpr std::size_t kChoppedAtOnce = std::size_t{10} << 10;
constexpr std::size_t kDribbleBytes = 700;

Pace pace_of(Manner manner, bool is_slowest) {
  const bool is_deaf = manner == Manner::kDeaf || manner == Manner::kStuck || manner == Manner::kFlooding;
  if (is_deaf) return {.bytes = 0};
  if (manner == Manner::kSlowReader) return {.bytes = is_slowest ? 2'000U : 20'000U, .every = 100ms};
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

// The first line, and the fields that say whose request it is and what it is about.
std::string head_for(std::uint64_t id) {
  const std::string number = std::to_string(id);
  return "POST /r/" + number + " HTTP/1.1\r\nHost: street\r\nX-Id: " + number + "\r\nAuthorization: " + number +
         "\r\nCookie: c=" + number + "\r\nContent-Type: a/" + number + "\r\n";
}

}  // namespace

Client::Client(VirtualLoop& loop, std::unique_ptr<Stream> stream, Ledger& ledger, ClientCounts& counts,
               const ClientOptions& options)
    : Talker{loop, nullptr, pace_of(options.manner, options.seed % 2 == 0)},
      ledger_{ledger},
      counts_{counts},
      options_{options},
      random_{options.seed, 11},
      stream_{*stream},
      left_{options.requests},
      heard_at_{loop.now()} {
  transport_ = std::move(stream);
  may_be_cut_ = options_.manner == Manner::kMalformed || options_.manner >= Manner::kFlooding;
  if (options_.manner == Manner::kFlooding) flood();
  begin();
  begin_manner();
}

void Client::begin_manner() {
  switch (options_.manner) {
    case Manner::kFlooding:
      return later(kDeafFor, [this] { leave(true); });
    case Manner::kPouring:
      return pour();
    case Manner::kChopping:
      return chop();
    case Manner::kMalformed:
      return break_rule();
    case Manner::kDeaf:
      later(kDeafFor, [this] { leave(one_in(2)); });
      return send_next();
    case Manner::kLeaving:
      later(std::chrono::milliseconds{10 * random_.below(40)}, [this] { leave(one_in(2)); });
      return send_next();
    case Manner::kVanishing:
      later(std::chrono::milliseconds{10 * random_.below(40)}, [this] {
        if (!is_open()) return;
        stream_.vanish();
        leave(true);
      });
      return send_next();
    case Manner::kStuck:
      leave_when_gone();
      return send_next();
    default:
      return send_next();
  }
}

void Client::flood() {
  stream_.flood_with([] {
    std::string many;
    for (int i = 0; i < 1000; ++i) many += kHealth;
    return many;
  });
}

void Client::pour() {
  stream_.flood_with([is_poured = false]() mutable {
    std::string many;
    for (int i = std::exchange(is_poured, true) ? kPoured : 0; i < kPoured; ++i) many += kHealth;
    return many;
  });
  later(kDeafFor, [this] { leave(false); });
}

void Client::chop() {
  const std::uint64_t id = ledger_.open({.body_bytes = kLongestPattern});
  std::string head = head_for(id) + "Transfer-Encoding: chunked\r\n\r\n";
  stream_.flood_with([head, rest = pattern(id, kChopped)]() mutable {
    std::string text = std::exchange(head, {});
    for (const char byte : rest.substr(0, kChoppedAtOnce)) text.append("1\r\n").append(1, byte).append("\r\n");
    rest.remove_prefix(std::min(rest.size(), kChoppedAtOnce));
    return text;
  });
  later(kDeafFor, [this] { leave(true); });
}

void Client::break_rule() {
  if (one_in(2)) say(make_request());
  say(kBroken[random_.below(kBroken.size())]);
  later(5s, [this] { leave(false); });
}

std::string Client::make_request() {
  const bool is_repeatable = one_in(3);
  const auto draw_bytes = [this](std::uint32_t odds) {
    if (options_.is_huge) return kLargeBytes.back();
    return options_.is_large && one_in(odds) ? kLargeBytes[random_.below(kLargeBytes.size())]
                                             : kSmallBytes[random_.below(kSmallBytes.size())];
  };
  const std::size_t body = draw_bytes(3);
  const std::size_t answer = options_.manner == Manner::kDribbling && options_.is_huge ? 0 : draw_bytes(2);
  const std::string_view nominated = one_in(8) ? kKeptFields[random_.below(std::size(kKeptFields))] : "";
  const std::uint64_t id = ledger_.open(
      {.body_bytes = body, .answer_bytes = answer, .may_be_repeated = is_repeatable, .nominated = nominated});
  std::string text =
      head_for(id) + "X-Solve-Us: " + std::to_string(1000 * kSolveMs[random_.below(kSolveMs.size())]) + "\r\n";
  if (is_repeatable) text += "Idempotency-Key: k" + std::to_string(id) + "\r\n";
  if (!nominated.empty()) text.append("X-Hop: 1\r\nConnection: x-hop, ").append(nominated).append("\r\n");
  Duration timeout = options_.request_timeout;
  if (one_in(5)) {
    const std::chrono::milliseconds asked{kTimeoutMs[random_.below(kTimeoutMs.size())]};
    text += "X-Request-Timeout: " + std::to_string(asked.count()) + "ms\r\n";
    timeout = std::min<Duration>(timeout, asked);
  }
  const std::string_view bytes = pattern(id, body);
  if (one_in(4) && body > 0) {
    text += "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body; at += kChunk) {
      const std::string_view part = bytes.substr(at, kChunk);
      std::array<char, 16> size{};
      text.append(size.data(), std::to_chars(size.data(), size.data() + size.size(), part.size(), 16).ptr);
      text.append("\r\n").append(part).append("\r\n");
    }
    text += "0\r\n\r\n";
  } else {
    text.append("Content-Length: ").append(std::to_string(body)).append("\r\n\r\n").append(bytes);
  }
  made_bytes_ += text.size();
  awaited_.push_back({.id = id, .sent_at = made_bytes_, .due = loop_.now() + timeout});
  ++counts_.sent;
  --left_;
  return text;
}

void Client::send_next() {
  if (left_ == 0 || !is_open()) return;
  std::string text = make_request();
  const bool is_ahead = options_.manner == Manner::kAhead || options_.manner == Manner::kDeaf;
  while (left_ > 0 && (is_ahead || options_.manner == Manner::kStuck)) text += make_request();
  if (options_.manner == Manner::kDribbling) {
    dribbled_ = std::move(text);
    return dribble();
  }
  if (options_.manner == Manner::kLeaving && one_in(2)) text.resize(random_.below(text.size() + 1));
  say(text);
  if (options_.manner == Manner::kHalfClosing && left_ == 0) finish_saying();
}

void Client::dribble() {
  if (!is_open()) return;
  const std::size_t piece = std::min(dribbled_.size(), std::max(kDribbleBytes, dribbled_.size() / 20));
  say(std::string_view{dribbled_}.substr(0, piece));
  dribbled_.erase(0, piece);
  if (!dribbled_.empty()) later(kDribbleEvery, [this] { dribble(); });
}

void Client::on_gone(std::uint64_t bytes) {
  heard_at_ = loop_.now();
  for (const Awaited& request : awaited_) {
    if (request.sent_at <= bytes) ledger_.find(request.id)->is_sent = true;
  }
}

void Client::on_heard() {
  heard_at_ = loop_.now();
  while (is_open() && !heard_.empty()) {
    const ReadStatus status = reader_.look(heard_);
    if (status == ReadStatus::kBad) return ledger_.broken("a client got what is no answer: " + reader_.problem());
    if (status == ReadStatus::kIncomplete) return;
    heard_.erase(0, reader_.message().size);
    take(reader_.message());
    reader_.next();
  }
}

void Client::take(const Message& message) {
  if (message.status() < 200) return;
  const auto echo = message.number("x-echo-id");
  const bool is_own = message.find("content-type").value_or("").starts_with("application/problem+json");
  // What they send is not in their account. Who chops is answered by a program that does not read to the end.
  const bool keeps_no_account = options_.manner == Manner::kPouring || options_.manner == Manner::kChopping;
  if (awaited_.empty() && keeps_no_account && !is_own) return;
  if (awaited_.empty() && !(is_own && may_be_cut_))
    return ledger_.broken("a client got an answer that it did not ask for: " + message.first_line);
  if (awaited_.empty()) return leave(false);
  const std::uint64_t id = awaited_.front().id;
  const std::string name = "request " + std::to_string(id);
  if (echo && *echo != id) return ledger_.broken(name + " got the answer of request " + std::to_string(*echo));
  if (!echo && !is_own) return ledger_.broken(name + " got an answer of nobody: " + message.first_line);
  awaited_.pop_front();
  if (echo) {
    ++counts_.answered;
    check_answer(message, *ledger_.find(id), id);
  } else {
    ++counts_.told;
    counts_.told_502 += message.status() == 502 ? 1 : 0;
    counts_.told_500 += message.status() == 500 ? 1 : 0;
  }
  if (options_.manner == Manner::kIdling && left_ == 0 && awaited_.empty() && !message.says_close()) return;
  if (message.says_close() || (left_ == 0 && awaited_.empty())) return leave(false);
  if (awaited_.empty()) later(std::chrono::milliseconds{100 * random_.below(3)}, [this] { send_next(); });
}

void Client::check_answer(const Message& message, const Errand& errand, std::uint64_t id) {
  const std::string name = "request " + std::to_string(id);
  if (message.body != pattern(id, errand.answer_bytes) && !message.find("x-early") && !errand.is_cut_short)
    return ledger_.broken("the answer to " + name + " is changed: " + std::to_string(message.body.size()) + " of " +
                          std::to_string(errand.answer_bytes) + " bytes");
  if (message.find("set-cookie") != "c=" + std::to_string(id))
    return ledger_.broken("the answer to " + name + " came without its cookie");
  if (message.find("x-hop")) return ledger_.broken("the answer to " + name + " came with what was for the service");
}

void Client::on_end(bool is_broken) {
  if (!is_broken && !heard_.empty() && reader_.look(heard_, true) == ReadStatus::kComplete) {
    heard_.clear();
    take(reader_.message());
  }
  const bool is_within_answer = !heard_.empty() && !awaited_.empty();
  if (options_.is_lawful && is_within_answer && !may_be_cut_ && loop_.now() < awaited_.front().due)
    ledger_.broken("the answer to request " + std::to_string(awaited_.front().id) +
                   " was cut off while it was read (manner " + std::to_string(static_cast<int>(options_.manner)) +
                   ", " + std::to_string(heard_.size()) + " bytes heard)");
  leave(false);
}

Duration Client::waits_for() const {
  const bool is_listening = pace_.bytes > 0 && options_.manner < Manner::kFlooding;
  if (!is_open() || !is_listening || awaited_.empty() || !has_said_all() || !dribbled_.empty()) return {};
  return loop_.now() - heard_at_;
}

Duration Client::idles_for() const {
  const bool is_idle = is_open() && options_.manner == Manner::kIdling && awaited_.empty() && left_ == 0;
  return is_idle ? loop_.now() - heard_at_ : Duration{};
}

// Who reads nothing does not hear that it was cut.
void Client::leave_when_gone() {
  if (stream_.is_peer_gone()) return leave(false);
  later(1s, [this] { leave_when_gone(); });
}

void Client::leave(bool is_reset) {
  if (std::exchange(has_left_, true)) return;
  counts_.closed += awaited_.size();
  hang_up(is_reset);
}

}  // namespace tenfold::shell
