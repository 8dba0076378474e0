#include "core/scale/slo.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/portable_math.hpp"
#include "core/queue/request_table.hpp"
#include "core/scale/rules.hpp"
#include "core/service_times.hpp"

namespace tenfold::core {

namespace {

using Seconds = std::chrono::duration<double>;

// The share of requests that may wait longer than the target: what a 95th percentile is.
constexpr double kLateShare = 0.05;

// Over which time the rate of arrivals and the share of late requests are taken: a minute, or more where a request
// takes long. Beside it a shorter one, which tells that the rate has changed.
constexpr double kHorizonS = 60;
constexpr double kHorizonServices = 10;
constexpr double kShorter = 1.0 / 12;
// The share of late requests is taken over no fewer than so many, however long ago they were: of three requests one is
// more than a twentieth.
constexpr double kLeastRemembered = 100;
// A rate that differs by so many standard deviations has changed.
constexpr double kSurprise = 3;
constexpr double kMargin = 1;

// Before anything was measured.
constexpr double kFirstColdStartS = 1;

// How long a spare replica is kept: as long as it took to start, and not so short that a pause between two requests
// ends it.
constexpr double kHoldServices = 2;
constexpr double kShortestHoldS = 0.1;
// How often rules other than the queue are looked at: as often as usage is sampled.
constexpr Duration kRulesInterval = std::chrono::seconds{1};

// While something waits it is looked again, though nothing happens: service may take longer than it did.
constexpr Duration kShortestLook = std::chrono::milliseconds{10};

// CPUs that a request is taken to use until it was measured: a solver computes.
constexpr double kFirstCpusPerSlot = 1;

Duration to_duration(double seconds) { return std::chrono::duration_cast<Duration>(Seconds{std::min(seconds, 1e9)}); }
double to_seconds(Duration span) { return Seconds{span}.count(); }

std::uint32_t ceil_count(double count) {
  return static_cast<std::uint32_t>(std::clamp(std::ceil(count - 1e-9), 0.0, double{kMaxReplicas}));
}

double cold_start_s(const ServiceTimes& times) {
  return times.is_cold_start_known() ? to_seconds(times.cold_start()) : kFirstColdStartS;
}

double hold_s(const ServiceTimes& times) {
  return std::max({cold_start_s(times), kHoldServices * to_seconds(times.service()), kShortestHoldS});
}

double horizon_s(const ServiceTimes& times) {
  return std::max(kHorizonS, kHorizonServices * to_seconds(times.service()));
}

double with_margin(double rate, double over_s) { return rate + kMargin * std::sqrt(rate / (2 * over_s)); }

}  // namespace

std::uint32_t servers_for(double load, double service_s, double scv, double target_s, double share,
                          std::uint32_t most) {
  if (load <= 0 || service_s <= 0) return 0;
  if (load >= most) return most;
  double blocking = 1;  // Erlang B with n servers
  for (std::uint32_t n = 1; n < most; ++n) {
    blocking = load * blocking / (n + load * blocking);
    if (n <= load) continue;
    const double waits = blocking / (1 - load / n * (1 - blocking));
    const double late = waits * portable_exp(-(n - load) * target_s / service_s * 2 / (1 + scv));
    if (late <= share) return n;
  }
  return most;
}

// The queue as a fluid that the slots drain, each one request in a mean service time.
struct SloPolicy::Outlook {
  double service_s = 0;     // of what waits
  double cold_start_s = 0;  // from a start until ready
  double goal_s = 0;        // within which what waits is to have started
  double arrivals_per_s = 0;
  double slots = 0;   // of a replica
  double wait_s = 0;  // until the last that waits has started, if nothing is started
  double late = 0;    // how many of those that wait will have waited for longer than the target
  // When a replica that is started now would be ready: what still waits then, and the rate at which slots start it.
  double left = 0;
  double rate = 0;
  // What will wait then if requests go on to come.
  double backlog = 0;
};

SloPolicy::SloPolicy(const Settings& settings)
    : settings_{settings},
      has_level_rules_{
          std::ranges::any_of(settings.scale.rules, [](const ScaleRule& r) { return !is_traffic(r.kind); })} {}

void SloPolicy::start(const Situation& situation) {
  state_ = {};
  state_.began = state_.counted_until = situation.now;
  state_.arrivals_seen = situation.signals.arrivals;
  state_.dispatched_seen = situation.signals.dispatched;
  state_.late_seen = situation.signals.late;
  state_.next_evaluation = situation.now;
}

void SloPolicy::observe(const Situation& situation) {
  count(situation);
  const std::uint32_t waiting = situation.requests.waiting();
  const bool has_grown = waiting > state_.waiting_seen;
  state_.waiting_seen = waiting;
  if (has_grown) {
    const double slots = std::max(1U, situation.replicas.counts().ready * situation.replicas.concurrency());
    const double wait_ns = waiting * static_cast<double>(situation.times.service().count()) / slots;
    const bool may_be_late = wait_ns > static_cast<double>(settings_.scale.slo.target.count());
    if (may_be_late || !situation.times.is_service_known()) state_.next_evaluation = situation.now;
  }
  if (state_.next_evaluation == kNever && situation.current() > settings_.scale.min_replicas) {
    state_.next_evaluation = situation.now + to_duration(hold_s(situation.times));
  }
}

// Takes in what the signals counted since the last time.
void SloPolicy::count(const Situation& situation) {
  const SignalsRecord& signals = situation.signals;
  if (signals.arrivals == state_.arrivals_seen && signals.dispatched == state_.dispatched_seen) return;
  forget(situation);
  const auto fresh = static_cast<double>(signals.arrivals - state_.arrivals_seen);
  state_.arrivals += fresh;
  state_.recent_arrivals += fresh;
  state_.dispatched += static_cast<double>(signals.dispatched - state_.dispatched_seen);
  state_.late += static_cast<double>(signals.late - state_.late_seen);
  state_.arrivals_seen = signals.arrivals;
  state_.dispatched_seen = signals.dispatched;
  state_.late_seen = signals.late;
}

// Ages what was counted. If the rate of late is another than that of the whole horizon by more than chance explains,
// what is older no longer says anything.
void SloPolicy::forget(const Situation& situation) {
  const double long_s = horizon_s(situation.times);
  const double short_s = long_s * kShorter;
  const double age_s = to_seconds(situation.now - std::exchange(state_.counted_until, situation.now));
  const double decay = portable_exp(-age_s / long_s);
  state_.arrivals *= decay;
  if (state_.dispatched > kLeastRemembered) {
    state_.dispatched *= decay;
    state_.late *= decay;
  }
  state_.recent_arrivals *= portable_exp(-age_s / short_s);
  const double rate = state_.arrivals / long_s;
  // A weighted count of a process that is younger than the horizon has not come up to its mean yet.
  const double old_s = std::max(short_s, to_seconds(situation.now - state_.began));
  const double recent = state_.recent_arrivals / (short_s * (1 - portable_exp(-old_s / short_s)));
  // The weighted count of a Poisson process has the variance rate * horizon / 2.
  const double deviation = std::sqrt(std::max(rate, 4 / short_s) / (2 * short_s));
  if (std::abs(recent - rate) > kSurprise * deviation) state_.arrivals = recent * long_s;
}

SloPolicy::Outlook SloPolicy::outlook(const Situation& situation) const {
  const ServiceTimes& times = situation.times;
  const double target_s = to_seconds(settings_.scale.slo.target);
  const double waiting = situation.requests.waiting();
  Outlook o{.cold_start_s = cold_start_s(times),
            .arrivals_per_s = state_.arrivals / horizon_s(times),
            .slots = static_cast<double>(situation.replicas.concurrency())};
  const double known_s = waiting > 0 ? to_seconds(situation.requests.expected_work()) / waiting : 0;
  o.service_s = std::max({known_s, to_seconds(times.service()), 1e-6});
  // Nothing is known of the service: as long as the target is a guess that neither panics nor sleeps.
  if (!times.is_service_known()) o.service_s = std::max(target_s, 1e-3);
  o.goal_s = std::max(target_s, o.cold_start_s + target_s / 2);

  // Drains the queue through the slots that are there and those that come, in the order of their coming.
  double at_s = 0;
  o.left = waiting;
  o.rate = situation.replicas.counts().ready * o.slots / o.service_s;
  bool is_drained = waiting <= 0;
  double served = 0;
  const auto run_until = [&](double until_s) {
    const double span_s = std::max(0.0, until_s - at_s);
    if (!is_drained && o.rate * span_s >= o.left) {
      o.wait_s = at_s + (o.rate > 0 ? o.left / o.rate : 0);
      is_drained = true;
    }
    o.left = std::max(0.0, o.left - o.rate * span_s);
    served += o.rate * span_s;
    at_s = std::max(at_s, until_s);
  };
  for (const Slot slot : situation.replicas.by_age()) {
    const ReplicaRecord& replica = situation.replicas[slot];
    if (replica.state != ReplicaState::kStarting) continue;
    run_until(std::clamp(o.cold_start_s - to_seconds(situation.now - replica.since), 0.0, o.cold_start_s));
    o.left = std::max(0.0, o.left - o.slots);
    served += o.slots;
    o.rate += o.slots / o.service_s;
  }
  run_until(o.cold_start_s);
  o.backlog = std::max(0.0, waiting + o.arrivals_per_s * o.cold_start_s - served);
  if (!is_drained) o.wait_s = o.rate > 0 ? at_s + o.left / o.rate : 1e6;
  if (o.wait_s > target_s) o.late = waiting * (1 - target_s / o.wait_s);
  return o;
}

// Whether more of the recent requests and of those that wait are late than a 95th percentile forgives.
bool SloPolicy::is_over_budget(const Situation& situation, const Outlook& o) const {
  if (o.late <= 0) return false;
  return state_.late + o.late > kLateShare * (state_.dispatched + situation.requests.waiting());
}

// Replicas beyond these would share the cores that the others have. A request that computes for half of its time or
// more is taken to want as much as its replica may use, up to one CPU: that it got less is the doing of what else runs
// here.
std::uint32_t SloPolicy::most_useful(const Situation& situation) const {
  const double cores = settings_.machine.cores;
  if (cores <= 0) return kMaxReplicas;
  const ServiceTimes& times = situation.times;
  const double wanted = std::min(1.0, settings_.replica.cpu);
  double cpus = times.is_usage_known() ? times.cpus_per_slot() : kFirstCpusPerSlot;
  if (cpus >= kCpuBound * wanted) cpus = std::max(cpus, wanted);
  return std::max(1U, std::min(kMaxReplicas, slots_for(cores, cpus) / situation.replicas.concurrency()));
}

// The fewest replicas with which what waits has started within the goal, and what comes meanwhile will not be late.
std::uint32_t SloPolicy::needed_for_queue(const Situation& situation, const Outlook& o) const {
  const double span_s = o.goal_s - o.cold_start_s;
  const double missing = o.left - o.rate * span_s;
  const double now = missing / (o.slots * (1 + span_s / o.service_s));
  const double target_s = to_seconds(settings_.scale.slo.target);
  const double drain_s = std::clamp(o.cold_start_s, target_s, 2 * target_s);
  const double then = (o.arrivals_per_s + o.backlog / drain_s) * o.service_s / o.slots - situation.current();
  return situation.current() + ceil_count(std::max({now, then, 0.0}));
}

// The fewest replicas that keep the target at `arrivals_per_s`, day in, day out; `most` if it takes as many or more.
std::uint32_t SloPolicy::needed_in_the_long_run(const Situation& situation, double arrivals_per_s,
                                                std::uint32_t most) const {
  const ServiceTimes& times = situation.times;
  const double service_s = to_seconds(times.service());
  const std::uint32_t slots = situation.replicas.concurrency();
  const std::uint32_t servers = servers_for(arrivals_per_s * service_s, service_s, times.service_scv(),
                                            to_seconds(settings_.scale.slo.target), kLateShare, most * slots);
  return ceil_count(static_cast<double>(servers) / slots);
}

Evaluation SloPolicy::evaluate(const Situation& situation) {
  state_.next_evaluation = kNever;
  forget(situation);
  const Outlook o = outlook(situation);
  const ServiceTimes& times = situation.times;
  const std::uint32_t current = situation.current();
  Evaluation evaluation{.measures = RuleKind::kQueueWait,
                        .metric = o.wait_s,
                        .target = to_seconds(settings_.scale.slo.target),
                        .recommended = current,
                        .stabilized = current,
                        .evidence = {.predicted_wait = to_duration(o.wait_s),
                                     .service = to_duration(o.service_s),
                                     .cold_start = to_duration(o.cold_start_s),
                                     .arrivals_per_s = o.arrivals_per_s,
                                     .cpus_per_slot = times.cpus_per_slot()}};
  if (is_over_budget(situation, o)) {
    grow(situation, o, evaluation);
  } else if (situation.requests.waiting() == 0 && current > settings_.scale.min_replicas) {
    shrink(situation, o, evaluation);
  }
  if (situation.requests.waiting() > 0) {
    state_.next_evaluation = situation.now + std::max(settings_.scale.slo.target, kShortestLook);
  }
  heed_rules(situation, evaluation);
  return evaluation;
}

// Too many are late: what the queue needs, and no less than the rate will need for good, as far as cores are there.
void SloPolicy::grow(const Situation& situation, const Outlook& o, Evaluation& evaluation) {
  const std::uint32_t current = situation.current();
  state_.spare_since = kNever;
  evaluation.recommended =
      std::max(needed_for_queue(situation, o), needed_in_the_long_run(situation, o.arrivals_per_s, current + 1));
  evaluation.stabilized = std::min(evaluation.recommended, std::max(current, most_useful(situation)));
  if (evaluation.stabilized < evaluation.recommended) evaluation.limit = Limit::kCores;
}

// Nothing waits: whether fewer replicas would do, and have done for long enough.
void SloPolicy::shrink(const Situation& situation, const Outlook& o, Evaluation& evaluation) {
  // A rate is known to about its standard deviation, and it may be growing: a replica that may be needed is not spare.
  const double long_s = horizon_s(situation.times);
  const double rate = std::max(with_margin(o.arrivals_per_s, long_s), state_.recent_arrivals / (long_s * kShorter));
  const std::uint32_t needed = needed_in_the_long_run(situation, rate, situation.current());
  const Duration hold = to_duration(hold_s(situation.times));
  if (needed >= situation.current()) {
    state_.spare_since = kNever;
    state_.next_evaluation = situation.now + hold;
    return;
  }
  if (state_.spare_since == kNever) state_.spare_since = situation.now;
  evaluation.recommended = needed;
  if (situation.now < state_.spare_since + hold) {
    evaluation.limit = Limit::kHold;
    state_.next_evaluation = state_.spare_since + hold;
    return;
  }
  evaluation.stabilized = needed;
  state_.spare_since = kNever;
}

// Other rules set a floor: what they ask for is there, whatever the queue needs and the cores can run.
void SloPolicy::heed_rules(const Situation& situation, Evaluation& evaluation) {
  if (!has_level_rules_) return;
  state_.next_evaluation = std::min(state_.next_evaluation, situation.now + kRulesInterval);
  const Ask ask = largest_level_ask(situation, settings_);
  if (ask.replicas <= std::min(evaluation.recommended, evaluation.stabilized)) return;
  evaluation.rule = ask.rule;
  evaluation.measures = ask.measures;
  evaluation.metric = ask.metric;
  evaluation.target = ask.target;
  evaluation.recommended = ask.replicas;
  if (ask.replicas <= evaluation.stabilized) return;
  evaluation.stabilized = ask.replicas;
  evaluation.limit = Limit::kNone;
}

}  // namespace tenfold::core
