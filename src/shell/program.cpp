#include "shell/program.hpp"

#include <algorithm>
#include <utility>

#include "shell/message.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

// A program that stops working when its client goes takes a moment.
constexpr Duration kToStop = 20ms;

// What a program has said is with the service by then, and not lost when it dies.
constexpr Duration kOnItsWay = 2s;

constexpr Duration kReloadEvery = 4s;

constexpr std::size_t kHugeHead = std::size_t{200} << 10;

std::string status_line(int status) { return "HTTP/1.1 " + std::to_string(status) + " Said\r\n"; }

}  // namespace

const std::array<Habits, 7> kLawfulHabits{{
    {.name = "sdk", .cancels = true},
    {.name = "uvicorn", .keeps_alive = 5s, .closes_after_error = true},
    {.name = "keepless", .keeps_alive = 0ms, .closes_after_error = true},
    {.name = "gunicorn",
     .keeps_alive = 0ms,
     .says_close = true,
     .is_sequential = true,
     .reloads = 300ms,
     .backlog = 16},
    {.name = "node", .keeps_alive = 5s, .blocks = 6s},
    {.name = "stdlib", .is_sequential = true, .is_until_close = true, .backlog = 5},
    {.name = "go", .sends_interim = true, .reloads = 100ms},
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
  void die() {
    if (is_saying() && says_until_close_) says_until_close_->is_cut_short = true;
    hang_up(program_.one_in(2));
  }
  std::size_t reader_memory() const { return reader_.memory(); }
  bool is_saying() const { return is_open() && !has_said_all(); }

 private:
  bool is_listening() const override { return !program_.is_blocked() && !is_leaving_; }

  void on_heard() override { take(); }

  void take() {
    if (is_busy_ || is_leaving_ || !is_open()) return;
    const ReadStatus status = reader_.look(heard_);
    if (status == ReadStatus::kBad)
      return program_.ledger_.broken("a program got what is no request: " + reader_.problem());
    if (!reader_.has_head()) return;
    const Message& message = reader_.message();
    const auto id = message.number("x-id");
    Errand* errand = id ? program_.ledger_.find(*id) : nullptr;
    if (!errand) return program_.ledger_.broken("a program got a request that nobody sent: " + message.first_line);
    if (!is_decided_) {
      is_decided_ = true;
      check_head(message, *id, *errand);
      mischief_ = program_.draw_mischief();
      if (mischief_ == Mischief::kEarly) return answer_early(*id);
    }
    if (status != ReadStatus::kComplete) return;
    is_decided_ = false;
    heard_.erase(0, message.size);
    check_body(message, *id, *errand);
    work(message, *id, *errand);
    reader_.next();
  }

  // What describes and routes comes as it was sent, whatever Connection names.
  void check_head(const Message& message, std::uint64_t id, const Errand& errand) {
    const std::string number = std::to_string(id);
    const std::string name = "request " + number;
    if (!message.first_line.starts_with("POST /r/" + number + " "))
      program_.ledger_.broken(name + " came as " + message.first_line);
    if (message.find("host") != "street") program_.ledger_.broken(name + " came for another host");
    if (message.find("x-hop")) program_.ledger_.broken(name + " came with what was for the service");
    const bool is_described = message.find("authorization") == number && message.find("cookie") == "c=" + number &&
                              message.find("content-type") == "a/" + number;
    if (!is_described)
      program_.ledger_.broken(name + " came without what describes it; Connection named '" +
                              std::string{errand.nominated} + "'");
    if (program_.options_.comes_whole && !errand.is_sent)
      program_.ledger_.broken(name + " has a slot while its client still sends it");
    if (errand.is_answer_bad) program_.ledger_.broken(name + " was answered with what is no answer and runs again");
  }

  void check_body(const Message& message, std::uint64_t id, const Errand& errand) {
    if (message.body != pattern(id, errand.body_bytes))
      program_.ledger_.broken("request " + std::to_string(id) + " came with another body than its client sent: " +
                              std::to_string(message.body.size()) + " bytes");
  }

  void work(const Message& message, std::uint64_t id, Errand& errand) {
    if (++errand.worked > 1 && !errand.may_be_repeated)
      program_.ledger_.broken("request " + std::to_string(id) + " may not be repeated and was run twice");
    is_busy_ = true;
    const Duration span = std::chrono::microseconds{message.number("x-solve-us").value_or(0)};
    program_.begin_work(span);
    counts_ = std::make_shared<bool>(true);
    // The work goes on without its client, so it hangs on the program and not on the connection.
    program_.loop_.after(span, [this, visit = lifetime(), counts = counts_, program = &program_,
                                alive = std::weak_ptr{program_.is_alive_}, id, &errand] {
      if (alive.expired()) return;
      const bool hangs = !visit.expired() && mischief_ == Mischief::kHangs;
      if (hangs) return;
      if (std::exchange(*counts, false)) program->end_work();
      if (!visit.expired()) done(id, errand);
    });
  }

  void done(std::uint64_t id, Errand& errand) {
    if (mischief_ == Mischief::kDies) return program_.owner_.program_died(program_);
    is_busy_ = false;
    if (!is_open()) return;
    if (mischief_ == Mischief::kNone) {
      if (program_.habits().is_until_close) says_until_close_ = &errand;
      answer(id, pattern(id, errand.answer_bytes));
    } else {
      answer_badly(id, errand);
    }
  }

  std::string fields_for(std::uint64_t id) {
    const std::string number = std::to_string(id);
    std::string fields = "X-Echo-Id: " + number + "\r\nSet-Cookie: c=" + number + "\r\n";
    if (program_.one_in(8)) fields += "X-Hop: 1\r\nConnection: x-hop, content-length, set-cookie\r\n";
    return fields;
  }

  void answer_badly(std::uint64_t id, Errand& errand) {
    const std::string body{pattern(id, errand.answer_bytes)};
    const std::string echo = fields_for(id);
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    switch (mischief_) {
      case Mischief::kGarbage:
        program_.note_bad_answer(errand);
        say("HTP/1.1 what\r\n\r\n");
        return end(false);
      case Mischief::kHugeHead:
        program_.note_bad_answer(errand);
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
        return;
    }
  }

  void answer(std::uint64_t id, std::string_view body) {
    const Habits& habits = program_.habits();
    const std::string echo = fields_for(id);
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const bool is_error = program_.one_in(16);
    const int status = is_error ? 500 : 200;
    if (habits.sends_interim && program_.one_in(4)) say("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    if (habits.is_until_close) {
      say("HTTP/1.0 " + std::to_string(status) + " Said\r\n" + echo + "\r\n");
      if (!body.empty()) say(body);
      return end(false);
    }
    const bool ends = habits.keeps_alive == Duration::zero() || (is_error && habits.closes_after_error);
    const std::string close = ends && habits.says_close ? "Connection: close\r\n" : "";
    if (program_.one_in(3) && !body.empty()) {
      say(status_line(status) + echo + close + "Transfer-Encoding: chunked\r\n\r\n");
      const std::size_t half = body.size() / 2;
      for (const std::string_view part : {body.substr(0, half), body.substr(half)}) {
        if (!part.empty()) say((hex(part.size()) + "\r\n").append(part).append("\r\n"));
      }
      say("0\r\n\r\n");
    } else {
      say((status_line(status) + echo + close + length + "\r\n").append(body));
    }
    end(!ends);
  }

  static std::string hex(std::size_t value) {
    std::string text;
    for (; value > 0; value /= 16) text.insert(text.begin(), "0123456789abcdef"[value % 16]);
    return text;
  }

  void answer_early(std::uint64_t id) {
    say(status_line(200) + fields_for(id) + "X-Early: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    end(false);
  }

  // An answer is over; `keeps`: the connection may carry another.
  void end(bool keeps) {
    if (!keeps) {
      is_leaving_ = true;
      if (has_said_all()) leave();
      return;
    }
    has_answered_ = true;
    idle_since_ = loop_.now();
    if (program_.habits().keeps_alive > Duration::zero())
      later(program_.habits().keeps_alive, [this] { close_if_idle(); });
    take();
  }

  // A connection is idle between two requests; the first one has all the time of the world.
  void close_if_idle() {
    const Duration limit = program_.habits().keeps_alive;
    if (limit <= Duration::zero() || !has_answered_ || is_busy_ || is_saying() || program_.is_blocked()) return;
    if (loop_.now() - idle_since_ >= limit) leave();
  }

  void on_said() override {
    if (is_leaving_) return leave();
    if (is_busy_ || program_.habits().keeps_alive <= Duration::zero()) return;
    idle_since_ = loop_.now();
    later(program_.habits().keeps_alive, [this] { close_if_idle(); });
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

  // Once: it is let go by its address, where another may be by then.
  void leave() {
    if (std::exchange(has_left_, true)) return;
    hang_up(false);
    program_.left(*this);
  }

  Program& program_;
  MessageReader reader_{MessageKind::kRequest};
  Errand* says_until_close_ = nullptr;  // an answer that its connection's end ends
  Mischief mischief_ = Mischief::kNone;
  http::Loop::TimePoint idle_since_;
  std::shared_ptr<bool> counts_;  // whether the work under way is still one
  bool is_busy_ = false;
  bool has_answered_ = false;
  bool is_decided_ = false;
  bool is_leaving_ = false;
  bool has_left_ = false;
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
  if (options_.habits.reloads > Duration::zero())
    loop_.after(std::chrono::milliseconds{100 * (1 + random_.below(50))}, [this, alive = std::weak_ptr{is_alive_}] {
      if (!alive.expired()) reload();
    });
}

// What was said last may be lost with it.
Program::~Program() {
  for (const auto& [at, errand] : bad_answers_) {
    if (loop_.now() - at < kOnItsWay) errand->is_answer_bad = false;
  }
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

void Program::reload() {
  host_.refuse(endpoint_, true);
  loop_.after(options_.habits.reloads, [this, alive = std::weak_ptr{is_alive_}] {
    if (!alive.expired()) host_.refuse(endpoint_, false);
  });
  loop_.after(kReloadEvery, [this, alive = std::weak_ptr{is_alive_}] {
    if (!alive.expired()) reload();
  });
}

void Program::note_bad_answer(Errand& errand) {
  errand.is_answer_bad = true;
  bad_answers_.emplace_back(loop_.now(), &errand);
}

bool Program::is_busy() const {
  return working_ > 0 || std::ranges::any_of(visits_, [](const auto& visit) { return visit->is_saying(); });
}

std::size_t Program::memory() const {
  std::size_t sum = 0;
  for (const auto& visit : visits_) sum += visit->memory() + visit->reader_memory();
  return sum;
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
  // A unix socket keeps its connection, on which nobody can tell a second answer from the answer to the next request;
  // and it knows no reset.
  const bool is_for_tcp = drawn == Mischief::kTwice || drawn == Mischief::kHalfReset;
  return is_for_tcp && endpoint_.is_unix() ? Mischief::kNone : drawn;
}

}  // namespace tenfold::shell
