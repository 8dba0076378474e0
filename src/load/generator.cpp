#include "load/generator.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "load/caller.hpp"

namespace tenfold::load {

namespace {

using namespace std::chrono_literals;

// A client whose request got no answer comes again no sooner: a server that is away is not knocked at without end.
constexpr core::Duration kPauseAfterFailure = 100ms;

constexpr std::uint64_t kBodyStream = 21;

constexpr std::string_view kTimedOut = "no answer within the timeout";

http::Limits answer_limits() {
  http::Limits limits;
  limits.body_bytes = std::uint64_t{1} << 40;
  return limits;
}

// By one thread only: no need for a locked instruction.
void count(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

Generator::Generator(http::Loop& loop, Settings settings, sim::Workload& workload)
    : loop_{loop},
      settings_{std::move(settings)},
      workload_{workload},
      limits_{answer_limits()},
      next_due_{loop},
      next_timeout_{loop},
      pools_(settings_.servers.size()),
      random_{settings_.seed + settings_.first_index, kBodyStream} {}

Generator::~Generator() = default;

void Generator::open() {
  for (Pool& pool : pools_) {
    std::vector<Caller*> opened;
    opened.reserve(settings_.opened_before);
    for (std::uint32_t i = 0; i < settings_.opened_before; ++i) opened.push_back(take(pool));
    for (Caller* caller : opened) caller->connect();
    pool.free = std::move(opened);
  }
}

void Generator::start(http::Loop::TimePoint zero) {
  zero_ = zero;
  has_started_ = true;
  if (!unreachable_.empty()) return drop_all({}, {});
  fetch();
  watch_timeouts();
  send_what_is_due();
}

void Generator::interrupt() {
  result_.was_interrupted = true;
  drop_all("interrupted before the answer", "interrupted before it was sent");
}

// The workload's next arrival, if it is to be sent at all.
void Generator::fetch() {
  next_ = is_over_ ? std::nullopt : workload_.next();
  if (next_ && (next_->at == core::kNever || !is_in_time(next_->at.time_since_epoch()))) next_.reset();
}

// One look at the clock for all that is due: what comes meanwhile is seen in the next turn.
void Generator::send_what_is_due() {
  const core::Duration now = elapsed();
  while (!is_over_ && has_room()) {
    const bool has_next = next_ && next_->at.time_since_epoch() <= now;
    const bool has_again = !agains_.empty() && agains_.top().at <= now;
    if (!has_next && !has_again) break;
    if (has_again && (!has_next || agains_.top().at < next_->at.time_since_epoch())) {
      const Again again = agains_.top();
      agains_.pop();
      launch(again.at, again.client, now);
    } else {
      const sim::Arrival arrival = *next_;
      fetch();
      launch(arrival.at.time_since_epoch(), arrival.client, now);
    }
  }
  arm();
  look_whether_done();
}

void Generator::arm() {
  if (is_over_ || !has_room()) return;
  core::Duration at = core::Duration::max();
  if (next_) at = next_->at.time_since_epoch();
  if (!agains_.empty()) at = std::min(at, agains_.top().at);
  if (at != core::Duration::max()) next_due_.expires_at(zero_ + at, [this] { send_what_is_due(); });
}

void Generator::launch(core::Duration at, std::uint32_t client, core::Duration now) {
  const Due due{.at = at, .client = client, .index = settings_.first_index + launched_ * settings_.index_step};
  ++launched_;
  ++open_requests_;
  Pool& pool = pools_[settings_.requests->line(due.index).server];
  Caller* const caller = take(pool);
  if (!caller) return pool.waiting.push_back(due);
  count(counters_.sent);
  caller->ask(due, now);
}

// Null where all are busy and there may be no more.
Caller* Generator::take(Pool& pool) {
  if (!pool.free.empty()) {
    Caller* const caller = pool.free.back();
    pool.free.pop_back();
    return caller;
  }
  if (pool.callers.size() >= settings_.connections) return nullptr;
  pool.callers.push_back(std::make_unique<Caller>(*this, static_cast<std::size_t>(&pool - pools_.data())));
  return pool.callers.back().get();
}

void Generator::ended(Caller& caller, core::Duration now, const Ended& what) {
  const int status = what.status;
  const std::uint32_t client = caller.client();
  take_down(what);
  caller.rest();
  --open_requests_;
  if (is_over_) return look_whether_done();
  give_back(caller, now);
  if (client != 0) client_ended(client, now, status);
  look_whether_done();
}

void Generator::take_down(const Ended& what) {
  if (what.due < settings_.warm_up) {
    ++result_.warm_up;
  } else {
    result_.add(what);
  }
  count(what.status != 0 ? counters_.answered : counters_.failed);
}

// Who has waited for longest gets the caller.
void Generator::give_back(Caller& caller, core::Duration now) {
  Pool& pool = pools_[caller.server()];
  if (pool.waiting.empty()) return pool.free.push_back(&caller);
  const Due due = pool.waiting.front();
  pool.waiting.pop_front();
  count(counters_.sent);
  caller.ask(due, now);
}

void Generator::client_ended(std::uint32_t client, core::Duration now, int status) {
  const bool was_answered = status != 0 && status < 500;
  core::Duration at = workload_.comes_again(client, core::TimePoint{now}, was_answered).time_since_epoch();
  if (status == 0) at = std::max(at, now + kPauseAfterFailure);
  if (at == core::kNever.time_since_epoch() || !has_room() || !is_in_time(at)) return;
  if (at <= now) return launch(at, client, now);
  agains_.push({.at = at, .client = client});
  arm();
}

// Nobody listens at a server that never answered: no more is tried.
void Generator::not_reached(const Caller& caller, std::string_view problem) {
  const Target& server = settings_.requests->servers()[caller.server()];
  unreachable_ = fmt::format("{} cannot be reached: {}", server.host_field, problem);
  if (has_started_) loop_.post([this] { drop_all({}, {}); });
}

// Time goes by in the order in which requests are due, so one timer, for the first of those that are open, is enough.
void Generator::watch_timeouts() {
  if (is_over_) return;
  core::Duration first = elapsed();
  for (const Pool& pool : pools_) {
    for (const auto& caller : pool.callers) {
      if (caller->is_busy()) first = std::min(first, caller->due());
    }
    if (!pool.waiting.empty()) first = std::min(first, pool.waiting.front().at);
  }
  next_timeout_.expires_at(zero_ + first + settings_.timeout, [this] { expire(); });
}

void Generator::expire() {
  const core::Duration now = elapsed();
  const core::Duration limit = now - settings_.timeout;
  for (Pool& pool : pools_) {
    while (!pool.waiting.empty() && pool.waiting.front().at <= limit) {
      const Due due = pool.waiting.front();
      pool.waiting.pop_front();
      end_unsent(due, now, kTimedOut);
    }
    for (std::size_t i = 0; i < pool.callers.size(); ++i) {
      Caller& caller = *pool.callers[i];
      if (caller.is_busy() && caller.due() <= limit) caller.give_up(now, kTimedOut);
    }
  }
  watch_timeouts();
  look_whether_done();
}

void Generator::end_unsent(const Due& due, core::Duration now, std::string_view error) {
  take_down({.due = due.at, .sent = now, .at = now, .was_sent = false, .error = error});
  --open_requests_;
  if (due.client != 0 && !is_over_) client_ended(due.client, now, 0);
}

void Generator::drop_all(std::string_view of_sent, std::string_view of_unsent) {
  is_over_ = true;
  const core::Duration now = elapsed();
  for (Pool& pool : pools_) {
    for (const Due& due : std::exchange(pool.waiting, {})) end_unsent(due, now, of_unsent);
    for (const auto& caller : pool.callers) {
      if (caller->is_busy()) caller->give_up(now, of_sent);
    }
  }
  look_whether_done();
}

void Generator::look_whether_done() {
  const bool has_more = !is_over_ && has_room() && (next_ || !agains_.empty());
  if (is_done_ || !has_started_ || has_more || open_requests_ > 0) return;
  is_done_ = is_over_ = true;
  next_due_.cancel();
  next_timeout_.cancel();
  if (on_done) on_done();
}

}  // namespace tenfold::load
