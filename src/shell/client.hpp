// A client, scripted or random: it sends its errands over one connection and checks what it gets.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "shell/ledger.hpp"
#include "shell/memory_net.hpp"
#include "shell/message.hpp"
#include "shell/talker.hpp"

namespace tenfold::shell {

enum class Manner : std::uint8_t {
  kPlain,        // one request after the other
  kAhead,        // all requests at once
  kDribbling,    // a few bytes at a time
  kHalfClosing,  // FIN behind its last request
  kLeaving,      // goes at any byte, by FIN or reset
  kDeaf,         // reads nothing, then goes
  kSlowReader,   // 200 kB/s, or 20
  kMalformed,    // breaks a rule
  kIdling,       // keeps its connection when it has its answers
  kStuck,        // reads nothing, and stays
  kVanishing,    // its machine dies: nothing more comes from it, not even an end
  // Not drawn for every client:
  kFlooding,  // sends ahead without end and reads nothing
  kPouring,   // sends ahead for long and reads all answers
  kChopping,  // sends a long body in chunks of one byte
};
inline constexpr std::uint32_t kManners = 11;

struct ClientOptions {
  Manner manner = Manner::kPlain;
  std::uint32_t requests = 1;
  // Whether it may ask for more than a few kB, or for much time.
  bool is_large = false;
  // Whether every body and answer is of the largest.
  bool is_huge = false;
  // On a lawful street: a reader is not cut before the service's time for a request is over.
  bool is_lawful = true;
  Duration request_timeout{};
  std::uint64_t seed = 0;
};

// What clients got, all together.
struct ClientCounts {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;  // by a program
  std::uint64_t told = 0;      // an error of the service's own
  std::uint64_t told_502 = 0;
  std::uint64_t told_500 = 0;
  std::uint64_t closed = 0;  // without an answer
};

class Client final : public Talker {
 public:
  Client(VirtualLoop& loop, std::unique_ptr<Stream> stream, Ledger& ledger, ClientCounts& counts,
         const ClientOptions& options);

  // Nothing more will come of it.
  bool is_done() const { return !is_open(); }
  // What it has sent whole and got no answer to.
  std::size_t waiting() const { return awaited_.size(); }
  Manner manner() const { return options_.manner; }
  // What it holds.
  std::size_t memory() const { return Talker::memory() + reader_.memory() + dribbled_.capacity(); }
  // It reads, has said all that it wants to, and hears nothing: for how long.
  Duration waits_for() const;
  // It wants nothing and keeps its connection: for how long.
  Duration idles_for() const;

 private:
  // A request that has no answer yet.
  struct Awaited {
    std::uint64_t id = 0;
    std::uint64_t sent_at = 0;  // its end among all bytes that are said
    http::Loop::TimePoint due;  // the service's time for it is over
  };

  void on_heard() override;
  void on_end(bool is_broken) override;
  void on_gone(std::uint64_t bytes) override;

  void begin_manner();
  void flood();
  void pour();
  void chop();
  void break_rule();
  std::string make_request();
  void send_next();
  void dribble();
  void take(const Message& message);
  void check_answer(const Message& message, const Errand& errand, std::uint64_t id);
  void leave(bool is_reset);
  void leave_when_gone();
  bool one_in(std::uint32_t n) { return random_.below(n) == 0; }

  Ledger& ledger_;
  ClientCounts& counts_;
  ClientOptions options_;
  sim::Random random_;
  Stream& stream_;
  MessageReader reader_{MessageKind::kAnswer};
  std::uint32_t left_;
  std::deque<Awaited> awaited_;
  std::uint64_t made_bytes_ = 0;  // of requests
  std::string dribbled_;          // what is still to be said, in pieces
  http::Loop::TimePoint heard_at_;
  bool has_left_ = false;
  bool may_be_cut_ = false;  // it broke a rule: what it sent counts for nothing
};

}  // namespace tenfold::shell
