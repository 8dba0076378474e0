// A replica's program with the habits that are really met: how it keeps and closes connections, what it does when its
// client goes, and how its answers may be wrong.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/transport.hpp"
#include "shell/ledger.hpp"
#include "shell/memory_net.hpp"
#include "shell/talker.hpp"

namespace tenfold::shell {

// What goes wrong in an answer, now and then.
enum class Mischief : std::uint8_t {
  kNone,
  kHangs,      // no answer ever
  kEarly,      // the answer before the request was read
  kTwice,      // a second answer that nobody asked for
  kHalf,       // the connection ends within the answer
  kHalfReset,  // an answer until close ends with a reset
  kHugeHead,   // more than any parser takes
  kGarbage,    // no HTTP
  kOddStatus,  // 600 to 999
  kDies,       // the whole program ends
};

struct Habits {
  std::string_view name;
  // Stops working when its client's connection is half-closed, and says so.
  bool cancels = false;
  // After an answer: closes at once (0), when nothing came for so long, or never (negative).
  Duration keeps_alive{-1};
  // Says `Connection: close` when it closes.
  bool says_close = false;
  // Closes after its own 500 without saying so.
  bool closes_after_error = false;
  // Looks at one connection at a time; the others wait to be accepted.
  bool is_sequential = false;
  // HTTP/1.0: its answers end with the connection.
  bool is_until_close = false;
  // Sends 103 before its answer now and then.
  bool sends_interim = false;
  // Now and then its loop is blocked for so long: nothing is read, accepted or closed.
  Duration blocks{};
  // Now and then it takes no connection for so long, as one that reloads: who connects is refused.
  Duration reloads{};
  std::size_t backlog = 128;
};

// uvicorn, gunicorn's sync worker, node, Python's stdlib, Go, and a program of the SDK.
extern const std::array<Habits, 7> kLawfulHabits;

class Program;

// Told of a program's own end.
class ProgramOwner {
 public:
  virtual void program_died(Program& program) = 0;

 protected:
  ~ProgramOwner() = default;
};

struct ProgramOptions {
  Habits habits;
  std::uint32_t slots = 1;
  // A request comes when its client has sent all of it.
  bool comes_whole = true;
  // One in so many answers is a mischief; 0: none.
  std::uint32_t mischief_one_in = 0;
  std::uint64_t seed = 0;
};

class Program final : private http::ReadinessHandler {
 public:
  Program(VirtualLoop& loop, Host& host, const http::Endpoint& endpoint, Ledger& ledger, ProgramOwner& owner,
          const ProgramOptions& options);
  ~Program();

  const http::Endpoint& endpoint() const { return endpoint_; }
  const Habits& habits() const { return options_.habits; }
  // Works under way, also for clients that have gone.
  std::uint32_t working() const { return working_; }
  // It works, or has not said all of an answer yet.
  bool is_busy() const;
  // What its connections hold.
  std::size_t memory() const;
  // Time that was worked so far, all works together.
  Duration worked() const { return worked_; }

 private:
  class Visit;
  friend class Visit;

  void on_ready(http::Readiness) override { accept(); }
  void accept();
  bool is_blocked() const { return loop_.now() < blocked_until_; }
  void block();
  void unblock();
  void reload();
  void note_bad_answer(Errand& errand);
  void begin_work(Duration span);
  void end_work();
  void left(Visit& visit);
  Mischief draw_mischief();
  bool one_in(std::uint32_t n) { return n != 0 && random_.below(n) == 0; }

  VirtualLoop& loop_;
  Host& host_;
  http::Endpoint endpoint_;
  Ledger& ledger_;
  ProgramOwner& owner_;
  ProgramOptions options_;
  sim::Random random_;
  std::unique_ptr<http::Acceptor> acceptor_;
  std::vector<std::unique_ptr<Visit>> visits_;
  std::uint32_t working_ = 0;
  Duration worked_{};
  http::Loop::TimePoint blocked_until_{};
  std::deque<std::pair<http::Loop::TimePoint, Errand*>> bad_answers_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace tenfold::shell
