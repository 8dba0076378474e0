// A client, scripted or random: it sends its errands over one connection and checks what it gets.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "shell/ledger.hpp"
#include "shell/memory_net.hpp"
#include "shell/talker.hpp"

namespace tenfold::shell {

enum class Manner : std::uint8_t {
  kPlain,        // one request after the other
  kAhead,        // all requests at once
  kDribbling,    // a few bytes at a time
  kHalfClosing,  // FIN behind its last request
  kLeaving,      // goes at any byte, by FIN or reset
  kDeaf,         // reads nothing, then goes
  kSlowReader,   // 200 kB/s
  kMalformed,    // breaks a rule
  kFlooding,     // sends ahead without end and reads nothing
};
inline constexpr std::uint32_t kManners = 9;

struct ClientOptions {
  Manner manner = Manner::kPlain;
  std::uint32_t requests = 1;
  // Whether it may ask for more than a few kB, or for much time.
  bool is_large = false;
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

 private:
  void on_heard() override;
  void on_end(bool is_broken) override;

  std::string make_request();
  void send_next();
  void dribble(const std::string& text);
  void take(const struct Message& message);
  void leave(bool is_reset);
  bool one_in(std::uint32_t n) { return random_.below(n) == 0; }

  Ledger& ledger_;
  ClientCounts& counts_;
  ClientOptions options_;
  sim::Random random_;
  std::uint32_t left_;
  std::deque<std::uint64_t> awaited_;
  bool has_left_ = false;
  bool may_be_cut_ = false;  // it broke a rule: what it sent counts for nothing
};

}  // namespace tenfold::shell
