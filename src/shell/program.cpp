#include "shell/program.hpp"

#include <algorithm>
#include <utility>

#include "shell/message.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

// A program that stops working when its client goes takes a moment.
constexpr Duration kToStop = 20ms;

constexpr std::size_t kHugeHead = std::size_t{200} << 10;

std::string status_line(int status) { return "HTTP/1.1 " + std::to_string(status) + " Said\r\n"; }

}  // namespace

const std::array<Habits, 7> kLawfulHabits{{
    {.name = "sdk", .cancels = true},
    {.name = "uvicorn", .keeps_alive = 5s, .closes_after_error = true},
    {.name = "keepless", .keeps_alive = 0ms, .closes_after_error = true},
    {.name = "gunicorn", .keeps_alive = 0ms, .says_close = true, .is_sequential = true, .backlog = 16},
    {.name = "node", .keeps_alive = 5s, .blocks = 6s},
    {.name = "stdlib", .is_sequential = true, .is_until_close = true, .backlog = 5},
    {.name = "go", .sends_interim = true},
}};

// One connection to the program.
class Program::Visit final : public Talker {
 public:
  Visit(Program& program, std::unique_ptr<http::Transport> transport)
      : Talker{program.loop_, std::move(transport), {}}, program_{program} {
    begin();
    idle_since_ = loop_.now();
  }

  void go_on() {
    close_if_idle();
    if (is_open()) resume();
  }
  void die() { hang_up(program_.one_in(2)); }

 private:
  bool is_listening() const override { return !program_.is_blocked() && !is_leaving_; }

  void on_heard() override { take(); }

  void take() {
    if (is_busy_ || is_leaving_ || !is_open()) return;
    const Reading reading = read_request(heard_);
    if (reading.status == ReadStatus::kBad)
      return program_.ledger_.broken("a program got what is no request: " + reading.problem);
    if (!reading.has_head) return;
    const auto id = reading.message.number("x-id");
    Errand* errand = id ? program_.ledger_.find(*id) : nullptr;
    if (!errand)
      return program_.ledger_.broken("a program got a request that nobody sent: " + reading.message.first_line);
    if (!is_decided_) {
      is_decided_ = true;
      mischief_ = program_.draw_mischief();
      if (mischief_ == Mischief::kEarly) return answer_early(*id);
    }
    if (reading.status != ReadStatus::kComplete) return;
    is_decided_ = false;
    heard_.erase(0, reading.message.size);
    check(reading.message, *id, *errand);
    work(reading.message, *id, *errand);
  }

  void check(const Message& message, std::uint64_t id, const Errand& errand) {
    const std::string name = "request " + std::to_string(id);
    if (message.body != pattern(id, errand.body_bytes))
      program_.ledger_.broken(
          name + " came with another body than its client sent: " + std::to_string(message.body.size()) + " bytes");
    if (!message.first_line.starts_with("POST /r/" + std::to_string(id) + " "))
      program_.ledger_.broken(name + " came as " + message.first_line);
  }

  void work(const Message& message, std::uint64_t id, Errand& errand) {
    if (++errand.worked > 1 && !errand.may_be_repeated)
      program_.ledger_.broken("request " + std::to_string(id) + " may not be repeated and was run twice");
    is_busy_ = true;
    const Duration span = std::chrono::microseconds{message.number("x-solve-us").value_or(0)};
    const std::size_t answer_bytes = message.number("x-answer").value_or(0);
    program_.begin_work(span);
    counts_ = std::make_shared<bool>(true);
    // The work goes on without its client, so it hangs on the program and not on the connection.
    program_.loop_.after(span, [this, visit = lifetime(), counts = counts_, program = &program_,
                                alive = std::weak_ptr{program_.is_alive_}, id, answer_bytes] {
      if (alive.expired()) return;
      const bool hangs = !visit.expired() && mischief_ == Mischief::kHangs;
      if (hangs) return;
      if (std::exchange(*counts, false)) program->end_work();
      if (!visit.expired()) done(id, answer_bytes);
    });
  }

  void done(std::uint64_t id, std::size_t answer_bytes) {
    if (mischief_ == Mischief::kDies) return program_.owner_.program_died(program_);
    is_busy_ = false;
    if (!is_open()) return;
    answer(id, answer_bytes);
  }

  void answer(std::uint64_t id, std::size_t answer_bytes) {
    const Habits& habits = program_.habits();
    const std::string body = pattern(id, answer_bytes);
    const std::string echo = "X-Echo-Id: " + std::to_string(id) + "\r\n";
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const bool is_error = program_.one_in(16);
    const int status = is_error ? 500 : 200;
    if (habits.sends_interim && program_.one_in(4)) say("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    switch (mischief_) {
      case Mischief::kGarbage:
        say("HTP/1.1 what\r\n\r\n");
        return end(false);
      case Mischief::kHugeHead:
        say(status_line(200) + echo + "X-Long: " + std::string(kHugeHead, 'x') + "\r\n" + length + "\r\n" + body);
        return end(false);
      case Mischief::kOddStatus:
        say(status_line(600 + static_cast<int>(program_.random_.below(400))) + echo + length + "\r\n" + body);
        return end(true);
      case Mischief::kHalf:
        say(status_line(200) + echo + "Content-Length: " + std::to_string(body.size() + 10) + "\r\n\r\n" + body);
        return end(false);
      case Mischief::kHalfReset:
        say(status_line(200) + echo + "Connection: close\r\n\r\n" + body.substr(0, body.size() / 2));
        return hang_up(true);
      case Mischief::kTwice:
        say(status_line(200) + echo + length + "\r\n" + body + status_line(200) +
            "X-Echo-Id: 0\r\nContent-Length: 4\r\n\r\nMORE");
        return end(true);
      default:
        break;
    }
    if (habits.is_until_close) {
      say("HTTP/1.0 " + std::to_string(status) + " Said\r\n" + echo + "\r\n" + body);
      return end(false);
    }
    const bool ends = habits.keeps_alive == Duration::zero() || (is_error && habits.closes_after_error);
    const std::string close = ends && habits.says_close ? "Connection: close\r\n" : "";
    if (program_.one_in(3) && !body.empty()) {
      say(status_line(status) + echo + close + "Transfer-Encoding: chunked\r\n\r\n");
      const std::size_t half = body.size() / 2;
      for (const std::string& part : {body.substr(0, half), body.substr(half)}) {
        if (!part.empty()) say(hex(part.size()) + "\r\n" + part + "\r\n");
      }
      say("0\r\n\r\n");
    } else {
      say(status_line(status) + echo + close + length + "\r\n" + body);
    }
    end(!ends);
  }

  static std::string hex(std::size_t value) {
    std::string text;
    for (; value > 0; value /= 16) text.insert(text.begin(), "0123456789abcdef"[value % 16]);
    return text;
  }

  void answer_early(std::uint64_t id) {
    say(status_line(200) + "X-Echo-Id: " + std::to_string(id) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    end(false);
  }

  // An answer is over; `keeps`: the connection may carry another.
  void end(bool keeps) {
    if (!keeps) {
      is_leaving_ = true;
      if (has_said_all()) leave();
      return;
    }
    idle_since_ = loop_.now();
    if (program_.habits().keeps_alive > Duration::zero())
      later(program_.habits().keeps_alive, [this] { close_if_idle(); });
    take();
  }

  void close_if_idle() {
    const Duration limit = program_.habits().keeps_alive;
    if (limit <= Duration::zero() || is_busy_ || program_.is_blocked()) return;
    if (loop_.now() - idle_since_ >= limit) leave();
  }

  void on_said() override {
    if (is_leaving_) leave();
  }

  // A client that goes: a program that cancels stops its work, all others work on.
  void on_end(bool is_broken) override {
    if (is_leaving_ && !is_broken) return;  // its last answer goes out
    if (is_broken || !is_busy_) return leave();
    if (!program_.habits().cancels) return leave();
    later(kToStop, [this] {
      if (std::exchange(*counts_, false)) program_.end_work();
      leave();
    });
  }

  void leave() {
    hang_up(false);
    program_.left(*this);
  }

  Program& program_;
  Mischief mischief_ = Mischief::kNone;
  http::Loop::TimePoint idle_since_;
  std::shared_ptr<bool> counts_;  // whether the work under way is still one
  bool is_busy_ = false;
  bool is_decided_ = false;
  bool is_leaving_ = false;
};

Program::Program(VirtualLoop& loop, Host& host, const http::Endpoint& endpoint, Ledger& ledger, ProgramOwner& owner,
                 const ProgramOptions& options)
    : loop_{loop},
      host_{host},
      endpoint_{endpoint},
      ledger_{ledger},
      owner_{owner},
      options_{options},
      random_{options.seed, 7} {
  host_.set_backlog(options_.habits.backlog);
  auto acceptor = host_.listen(endpoint_);
  if (!acceptor) {
    ledger_.broken("a program cannot listen: " + acceptor.error());
    return;
  }
  acceptor_ = std::move(*acceptor);
  endpoint_ = acceptor_->endpoint();
  acceptor_->watch(*this);
  if (options_.habits.blocks > Duration::zero())
    loop_.after(std::chrono::milliseconds{500 * (1 + random_.below(20))}, [this, alive = std::weak_ptr{is_alive_}] {
      if (!alive.expired()) block();
    });
}

Program::~Program() {
  for (const auto& visit : visits_) visit->die();
}

void Program::accept() {
  while (acceptor_ && !is_blocked() && (!options_.habits.is_sequential || visits_.empty())) {
    auto accepted = acceptor_->accept();
    if (!accepted) return;
    visits_.push_back(std::make_unique<Visit>(*this, std::move(accepted->transport)));
  }
}

void Program::block() {
  blocked_until_ = loop_.now() + options_.habits.blocks;
  loop_.at(blocked_until_, [this, alive = std::weak_ptr{is_alive_}] {
    if (!alive.expired()) unblock();
  });
}

// The timers of its connections come first, as node has it: what was idle is closed, though a request may have come.
void Program::unblock() {
  for (std::size_t i = 0; i < visits_.size(); ++i) visits_[i]->go_on();
  accept();
}

void Program::begin_work(Duration span) {
  worked_ += span;
  if (++working_ > options_.slots) {
    ledger_.broken("a " + std::string{options_.habits.name} + " program has " + std::to_string(working_) +
                   " requests under way and " + std::to_string(options_.slots) + " slots");
  }
}

void Program::end_work() { --working_; }

void Program::left(Visit& visit) {
  loop_.after({}, [this, &visit, alive = std::weak_ptr{is_alive_}] {
    if (alive.expired()) return;
    std::erase_if(visits_, [&visit](const auto& one) { return one.get() == &visit; });
    accept();
  });
}

Mischief Program::draw_mischief() {
  if (!one_in(options_.mischief_one_in)) return Mischief::kNone;
  const auto drawn = static_cast<Mischief>(1 + random_.below(static_cast<std::uint64_t>(Mischief::kDies)));
  // Where connections are kept nobody can tell a second answer from the answer to the next request.
  return drawn == Mischief::kTwice && endpoint_.is_unix() ? Mischief::kNone : drawn;
}

}  // namespace tenfold::shell
