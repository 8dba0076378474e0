#include "core/scale/slo.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/portable_math.hpp"
#include "core/queue/request_table.hpp"
#include "core/scale/drain.hpp"
#include "core/scale/erlang.hpp"
#include "core/scale/rules.hpp"
#include "core/service_times.hpp"

namespace tenfold::core {

namespace {

// The share of requests that may wait longer than the target: what a 95th percentile is.
constexpr double kLateShare = 0.05;
// Of that, what pauses may take before it is learned from: a quarter, as by then some of it is lost.
constexpr double kLateShareOfPauses = kLateShare / 4;
// So many requests that were expected and did not come are no chance: e^-3 is a twentieth.
constexpr double kSilence = 3;

// Spare slots are taken more often than planned where requests come in bunches, and less where others end meanwhile. So
// the plan follows what came of it: while fewer than the first share of the requests were late, it is the loose one.
constexpr double kComfort = 0.5 * kLateShare;
constexpr double kLoosePlan = 1.6 * kLateShare;
constexpr double kTightPlan = 0.6 * kLateShare;

// Over which time the rate of arrivals and the share of late requests are taken: a minute, or more where a request
// takes long.
constexpr double kHorizonS = 60;
constexpr double kHorizonServices = 10;
// The share of late requests is taken over no fewer than so many, however long ago they were: of three requests one is
// more than a twentieth.
constexpr double kLeastRemembered = 100;

// A request that takes so many starts or more is not left to wait for the sake of a start.
constexpr double kWorthAStart = 4;

// Before anything was measured.
constexpr double kFirstColdStartS = 1;

// A spare replica is not let go in a shorter pause than this, however quick starts are.
constexpr Duration kShortestHold = std::chrono::milliseconds{100};
// How often rules other than the queue are looked at: as often as usage is sampled. Not at each event: some take in all
// that waits.
constexpr Duration kRulesInterval = std::chrono::seconds{1};

// While something waits it is looked again, though nothing happens: service may take longer than it did.
constexpr Duration kShortestLook = std::chrono::milliseconds{10};
// A long queue is looked at when it has grown by this part.
constexpr std::uint32_t kGrowth = 16;

// Where in the queue it is asked who will be late.
constexpr std::uint32_t kPlaces = 6;
// So many standard deviations (of a Poisson process) are sure.
constexpr double kSure = 1;
// A start that can wait for so long waits.
constexpr double kLeisureS = 1e-3;
// A start takes as long as starts do, give or take their standard deviation and so much more.
constexpr double kSlackShare = 0.02;
constexpr double kSlackS = 5e-3;

// CPUs that a request is taken to use until it was measured: a solver computes.
constexpr double kFirstCpusPerSlot = 1;

constexpr double kEndlessS = 1e6;

Duration to_duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{std::clamp(seconds, 0.0, 1e9)});
}

std::uint32_t ceil_count(double count) {
  return static_cast<std::uint32_t>(std::clamp(std::ceil(count - 1e-9), 0.0, double{kMaxReplicas}));
}

// Replicas that have so many slots together.
std::uint32_t replicas_of(std::uint32_t slots, const Situation& situation) {
  const std::uint32_t each = situation.replicas.concurrency();
  return (slots + each - 1) / each;
}

double cold_start_s(const ServiceTimes& times) {
  return times.is_cold_start_known() ? to_seconds(times.cold_start()) : kFirstColdStartS;
}

double horizon_s(const ServiceTimes& times) {
  return std::max(kHorizonS, kHorizonServices * to_seconds(times.service()));
}

}  // namespace

SloPolicy::SloPolicy(const Settings& settings)
    : settings_{settings},
      has_level_rules_{
          std::ranges::any_of(settings.scale.rules, [](const ScaleRule& r) { return !is_traffic(r.kind); })} {}

void SloPolicy::start(const Situation& situation) {
  state_ = {};
  rate_.start(situation.now);
  state_.counted_until = situation.now;
  state_.arrivals_seen = situation.signals.arrivals;
  state_.left_queue_seen = situation.signals.dispatched + situation.signals.gone;
  state_.late_seen = situation.signals.late + situation.signals.gone;
  state_.next_evaluation = situation.now;
}

// ---- after each event

void SloPolicy::observe(const Situation& situation) {
  count_arrivals(situation);
  const std::uint32_t waiting = situation.requests.waiting();
  level_.set(situation.now, replicas_of(situation.requests.running(), situation));
  if (waiting < state_.waiting_seen) state_.waiting_seen = waiting;
  if (waiting >= state_.waiting_seen + std::max(1U, state_.waiting_seen / kGrowth)) {
    state_.waiting_seen = waiting;
    wake(situation.now + (may_be_late(situation) ? kInstant : std::max(settings_.scale.slo.target / 2, kShortestLook)));
  }
  const std::uint32_t current = situation.current();
  // Once for each level: what cannot be started, for want of cores or after failures, is not asked for again and again.
  const std::uint32_t stock = std::min(in_stock(situation), settings_.scale.max_replicas);
  if (stock > std::max(current, state_.stock_seen)) wake(situation.now + kInstant);
  state_.stock_seen = std::min(state_.stock_seen, stock);
  if (state_.next_evaluation == kNever && current > settings_.scale.min_replicas)
    state_.next_evaluation = situation.now + hold(situation);
}

void SloPolicy::wake(TimePoint when) { state_.next_evaluation = std::min(state_.next_evaluation, when); }

// Cheap, and rather once too often: the answer is for `evaluate` to find.
bool SloPolicy::may_be_late(const Situation& situation) const {
  if (!situation.times.is_service_known()) return true;
  const double slots = std::max(1U, situation.replicas.counts().ready * situation.replicas.concurrency());
  const double wait_ns = situation.requests.waiting() * static_cast<double>(situation.times.service().count()) / slots;
  return wait_ns > static_cast<double>(settings_.scale.slo.target.count());
}

void SloPolicy::count_arrivals(const Situation& situation) {
  const std::uint64_t fresh = situation.signals.arrivals - state_.arrivals_seen;
  if (fresh == 0) return;
  end_surge(situation.now);
  rate_.count(situation.now, static_cast<double>(fresh), horizon_s(situation.times));
  count_surge(situation, static_cast<double>(fresh));
  state_.arrivals_seen = situation.signals.arrivals;
}

void SloPolicy::end_surge(TimePoint now) {
  const TimePoint end = state_.surge_began + settings_.scale.slo.target;
  if (now < end || state_.surge_arrivals == 0) return;
  state_.surge_arrivals = 0;
  surge_.set(end, 0);
}

// What comes within a target may all wait for a target: that many slots would have started it in time.
void SloPolicy::count_surge(const Situation& situation, double fresh) {
  const Duration target = settings_.scale.slo.target;
  if (state_.surge_arrivals == 0) state_.surge_began = situation.now;
  state_.surge_arrivals += fresh;
  const double service_s = std::max(to_seconds(situation.times.service()), 1e-6);
  const double slots = state_.surge_arrivals / (1 + to_seconds(target) / service_s);
  surge_.set(situation.now, ceil_count(slots / situation.replicas.concurrency()));
}

// ---- what was

// Takes in who left the queue since the last time, and how many of them were late: who got no slot at all is late too.
void SloPolicy::count_served(const Situation& situation) {
  const std::uint64_t left = situation.signals.dispatched + situation.signals.gone;
  const std::uint64_t late = situation.signals.late + situation.signals.gone;
  const auto fresh = static_cast<double>(left - std::exchange(state_.left_queue_seen, left));
  const auto fresh_late = static_cast<double>(late - std::exchange(state_.late_seen, late));
  const double age_s = to_seconds(situation.now - std::exchange(state_.counted_until, situation.now));
  if (state_.served > kLeastRemembered && age_s > 0) {
    const double decay = portable_exp(-age_s / horizon_s(situation.times));
    state_.served *= decay;
    state_.late *= decay;
  }
  state_.served += fresh;
  state_.late += fresh_late;
  if (fresh > 0) pauses_.served(fresh, fresh_late);
  state_.worth_holding = pauses_.worth_holding(kLateShareOfPauses);
}

// ---- what will be

SloPolicy::Outlook SloPolicy::outlook(const Situation& situation) const {
  const ServiceTimes& times = situation.times;
  const double waiting = situation.requests.waiting();
  const double target_s = to_seconds(settings_.scale.slo.target);
  Outlook o{.slots = static_cast<double>(situation.replicas.concurrency())};
  const double known_s =
      waiting > 0 && times.has_classes() ? to_seconds(situation.requests.expected_work()) / waiting : 0;
  o.service_s = std::max({known_s, to_seconds(times.service()), 1e-6});
  // Nothing is known of the service: as long as the target is a guess that neither panics nor sleeps.
  if (!times.is_service_known()) o.service_s = std::max(target_s, 1e-3);
  o.cold_start_s = cold_start_s(times);
  o.ready_s = o.cold_start_s * (1 + kSlackShare) + to_seconds(times.cold_start_deviation()) + kSlackS;
  return o;
}

// Who of those that wait would be late, and what it takes that they are not, nor those that come meanwhile. Something
// waits.
SloPolicy::Need SloPolicy::need(const Situation& situation, const Outlook& o) const {
  const Drain drain{situation, o.service_s, o.cold_start_s};
  const std::uint32_t waiting = situation.requests.waiting();
  const double oldest_s = to_seconds(situation.now - situation.requests.oldest_waiting());
  const double newest_s = to_seconds(situation.now - situation.requests.newest_waiting());
  const double spread_s = (oldest_s - newest_s) / std::max(1.0, waiting - 1.0);
  Need need{.wait_s = drain.time_to_start(waiting, kEndlessS)};
  const std::uint32_t places = std::min(kPlaces, waiting);
  for (std::uint32_t i = 1; i <= places; ++i) {
    const double place = std::ceil(waiting * static_cast<double>(i) / places);
    const double waited_s = oldest_s - spread_s * (place - 1);
    const bool is_late = ask(o, drain, place, to_seconds(settings_.scale.slo.target) - waited_s, need);
    if (is_late) need.late += waiting / static_cast<double>(places);
  }
  if (need.is_too_late) need.replicas = std::max(need.replicas, replicas_for_what_comes(o, drain, waiting));
  return need;
}

// Whether the one at `place` of the queue would be late if nothing is started, where it has `left_s` left; what it
// takes goes into `need`.
bool SloPolicy::ask(const Outlook& o, const Drain& drain, double place, double left_s, Need& need) const {
  const double likely = drain.started_by(std::max(left_s, 0.0));
  // At the last moment it must be sure, not only likely, that what runs ends in time.
  const bool is_last_moment = std::abs(left_s - o.ready_s) <= kLeisureS;
  const double started = is_last_moment ? std::max(0.0, likely - kSure * std::sqrt(likely)) : likely;
  const bool has_leisure = left_s > o.ready_s + kLeisureS;
  const bool is_late = started < place - 1e-9;
  if (left_s < o.ready_s - kLeisureS) {
    if (!is_late) return false;
    // Too late for a start: as soon as one can help, and half a target.
    need.is_too_late = true;
    const double goal_s = std::max(left_s, o.ready_s + to_seconds(settings_.scale.slo.target) / 2);
    need.replicas = std::max(need.replicas, replicas_for(o, drain, place - drain.started_by(goal_s), goal_s));
    return true;
  }
  const double now = replicas_for(o, drain, place - started, std::max(left_s, o.ready_s));
  // Where as many do at the last moment, the start waits until then.
  const bool can_wait = has_leisure && ceil_count(now) >= ceil_count((place - started) / o.slots);
  if (has_leisure && (!is_late || can_wait)) {
    need.leisure = std::min(need.leisure, to_duration(left_s - o.ready_s));
  } else if (is_late) {
    need.replicas = std::max(need.replicas, now);
  }
  return is_late;
}

// Requests go on to come. What waits when a replica is ready is worked off within about a start, while they do.
double SloPolicy::replicas_for_what_comes(const Outlook& o, const Drain& drain, double waiting) const {
  const double target_s = to_seconds(settings_.scale.slo.target);
  const double started = drain.started_by(o.ready_s);
  const double backlog = std::max(0.0, waiting + rate_.per_s() * o.ready_s - started);
  const double span_s = std::clamp(o.ready_s, target_s, 2 * target_s);
  const double served = drain.started_by(o.ready_s + span_s) - started;
  return replicas_for(o, drain, backlog + rate_.per_s() * span_s - served, o.ready_s + span_s);
}

// Replicas that, started now, start `missing` requests by `goal_s`.
double SloPolicy::replicas_for(const Outlook& o, const Drain& drain, double missing, double goal_s) {
  return missing > 1e-9 ? missing / (o.slots * drain.started_by_new(goal_s, o.ready_s)) : 0;
}

// What comes now is late, whatever is started: had as many replicas been held since as much came last, it would not be.
// A steady load that is late for once is no such surge.
void SloPolicy::note_pause(const Situation& situation) {
  if (surge_.level() == 0) return;
  if (surge_.level() <= enough_.level()) return pauses_.ended();
  const auto last = surge_.last_at(surge_.level());
  last ? pauses_.ended(situation.now - *last) : pauses_.ended();
}

// Whether the recent requests and those that wait may be late, as a 95th percentile forgives one of twenty. Where
// requests take long, a start costs next to nothing beside them; and nobody waits for the time of many starts.
bool SloPolicy::is_forgiven(const Situation& situation, const Outlook& o, const Need& need) const {
  if (std::max(o.service_s, need.wait_s) >= kWorthAStart * o.ready_s) return false;
  return state_.late + need.late <= kLateShare * (state_.served + situation.requests.waiting());
}

// Replicas beyond these would share the cores that the others have. A replica uses what its slots would use if they
// never waited for a CPU, up to its limit if that holds. A request that computes for half of its time or more is taken
// to want as much as its replica may use, up to one CPU: that it got less is the doing of what else runs here.
std::uint32_t SloPolicy::most_useful(const Situation& situation) const {
  const double cores = settings_.machine.cores;
  if (cores <= 0) return kMaxReplicas;
  const ServiceTimes& times = situation.times;
  const double limit = settings_.replica.cpu;
  const double wanted = std::min(1.0, limit);
  const bool is_known = times.is_usage_known();
  const double most = is_known ? times.most_cpus() : kFirstCpusPerSlot;
  double cpus = is_known ? times.cpus_wanted() : kFirstCpusPerSlot;
  if (cpus >= kCpuBound * wanted) cpus = std::max(cpus, wanted);
  const double of_replica = std::min(cpus * situation.replicas.concurrency(), std::max(limit, most));
  return std::max(1U, std::min(kMaxReplicas, slots_for(cores, of_replica)));
}

// The fewest replicas that keep the target at `arrivals_per_s`, day in, day out.
std::uint32_t SloPolicy::stationary(const Situation& situation, const Outlook& o, double arrivals_per_s) const {
  const double service_s = situation.times.is_service_known() ? to_seconds(situation.times.service()) : o.service_s;
  const std::uint32_t servers =
      servers_for(arrivals_per_s * service_s, service_s, situation.times.service_scv(),
                  to_seconds(settings_.scale.slo.target), kLateShare, kMaxReplicas * situation.replicas.concurrency());
  return replicas_of(servers, situation);
}

// How many slots are to be free for what comes during a start, and how many replicas are enough whatever comes.
void SloPolicy::learn_stock(const Situation& situation, const Outlook& o) {
  const double before_s = std::max(0.0, o.ready_s - to_seconds(settings_.scale.slo.target));
  const bool is_in_comfort = state_.late <= kComfort * std::max(state_.served, kLeastRemembered);
  state_.spares = spares_for(rate_.per_s() * before_s, is_in_comfort ? kLoosePlan : kTightPlan);
  state_.stationary = stationary(situation, o, rate_.per_s());
  enough_.set(situation.now, stationary(situation, o, rate_.at_most_per_s()));
}

// The replicas that are to be there for what is here and what comes during a start. Where nothing was here for a while,
// nothing is expected.
std::uint32_t SloPolicy::in_stock(const Situation& situation) const {
  const std::uint32_t again = expected_again(situation);
  if (state_.spares == 0 || state_.spares >= state_.stationary) return again;
  const std::uint32_t present = situation.requests.waiting() + situation.requests.running();
  return std::max(again, std::min(replicas_of(present + state_.spares, situation), state_.stationary));
}

// The replicas for what came together within the time that is worth holding: it is expected to come again.
std::uint32_t SloPolicy::expected_again(const Situation& situation) const {
  if (state_.worth_holding == Duration::zero()) return 0;
  const TimePoint since = situation.now - state_.worth_holding;
  return std::max(surge_.most_since(since), enough_.most_since(since));
}

Duration SloPolicy::hold(const Situation& situation) const {
  const double start_s = cold_start_s(situation.times);
  const double kept_s = start_s * std::min(1.0, rate_.per_s() * start_s);
  return std::max(to_duration(kept_s), kShortestHold);
}

// ---- the decision

Evaluation SloPolicy::evaluate(const Situation& situation) {
  state_.next_evaluation = kNever;
  state_.waiting_seen = situation.requests.waiting();
  rate_.count(situation.now, 0, horizon_s(situation.times));
  count_served(situation);
  end_surge(situation.now);
  const Outlook o = outlook(situation);
  learn_stock(situation, o);
  state_.stock_seen = in_stock(situation);
  const Need needed = situation.requests.waiting() > 0 ? need(situation, o) : Need{};
  if (needed.is_too_late) note_pause(situation);
  const std::uint32_t current = situation.current();
  Evaluation evaluation{.measures = RuleKind::kQueueWait,
                        .metric = needed.wait_s,
                        .target = to_seconds(settings_.scale.slo.target),
                        .recommended = current,
                        .stabilized = current,
                        .evidence = {.predicted_wait = to_duration(needed.wait_s),
                                     .service = to_duration(o.service_s),
                                     .cold_start = to_duration(o.cold_start_s),
                                     .arrivals_per_s = rate_.per_s(),
                                     .spares = state_.spares,
                                     .cpus_per_slot = situation.times.cpus_per_slot()}};
  if (situation.requests.waiting() == 0 && current > settings_.scale.min_replicas) shrink(situation, o, evaluation);
  grow(situation, o, needed, evaluation);
  if (situation.requests.waiting() > 0) {
    wake(situation.now + std::max(settings_.scale.slo.target / 2, kShortestLook));
    if (needed.leisure != kEndless) wake(situation.now + std::max(needed.leisure, kInstant));
  }
  heed_rules(situation, evaluation);
  return evaluation;
}

// What the queue needs now, and what is to be in stock, as far as cores are there.
void SloPolicy::grow(const Situation& situation, const Outlook& o, const Need& need, Evaluation& evaluation) {
  const std::uint32_t current = situation.current();
  const std::uint32_t stock = state_.stock_seen;
  std::uint32_t wanted = stock;
  if ((need.replicas > 0 || need.is_too_late) && !is_forgiven(situation, o, need)) {
    wanted = std::max(wanted, current + ceil_count(need.replicas));
    wanted = std::max(wanted, std::min(state_.stationary, current + 1));
  }
  if (wanted <= current) return;
  evaluation.recommended = wanted;
  const bool is_for_surge = stock == expected_again(situation);
  evaluation.evidence.basis = wanted > stock ? Basis::kQueue : is_for_surge ? Basis::kSurge : Basis::kSpares;
  if (evaluation.evidence.basis == Basis::kSurge) evaluation.evidence.hold = state_.worth_holding;
  evaluation.stabilized = std::min(wanted, std::max(current, most_useful(situation)));
  if (evaluation.stabilized < evaluation.recommended) evaluation.limit = Limit::kCores;
}

// Whether the load has ended: nothing was here for the hold, nor for so long that chance does not explain it.
bool SloPolicy::is_over(const Situation& situation, Duration hold) const {
  if (level_.most_since(situation.now - hold) > 0 || situation.requests.waiting() > 0) return false;
  // Who allows none does without spare slots then.
  if (state_.spares == 0 || settings_.scale.min_replicas == 0) return true;
  const auto last = level_.last_at(1);
  if (!last) return true;
  const double idle_s = to_seconds(situation.now - *last);
  const double before_per_s = rate_.per_s() * portable_exp(std::min(idle_s / horizon_s(situation.times), 50.0));
  return before_per_s * idle_s > kSilence;
}

// The replicas that something has needed within the hold. Busy ones are not sent away: they would be missed when they
// are done.
std::uint32_t SloPolicy::kept(const Situation& situation, const Outlook& o, Duration hold) const {
  const std::uint32_t busy = level_.level();
  const std::uint32_t most = level_.most_since(situation.now - hold);
  if (is_over(situation, hold)) return std::max(busy, expected_again(situation));
  const std::uint32_t stock = most + replicas_of(state_.spares, situation);
  const double load = rate_.per_s() * to_seconds(situation.times.service());
  const std::uint32_t soon = replicas_of(servers_missed_soon(load, rate_.per_s() * o.cold_start_s), situation);
  const std::uint32_t enough = enough_.most_since(situation.now - hold);
  return std::max({busy, std::min(std::max(stock, soon), enough), state_.stock_seen});
}

// Nothing waits: whether fewer replicas would do, and have done for long enough.
void SloPolicy::shrink(const Situation& situation, const Outlook& o, Evaluation& evaluation) {
  const Duration held = hold(situation);
  const std::uint32_t kept = std::min(this->kept(situation, o, held), situation.current());
  evaluation.recommended = evaluation.stabilized = kept;
  evaluation.evidence.basis = Basis::kUse;
  evaluation.evidence.hold = held;
  if (kept <= settings_.scale.min_replicas) return;
  wake(level_.next_fall(situation.now, held).value_or(situation.now + held));
}

// Other rules set a floor: what they ask for is there, whatever the queue needs and the cores can run.
void SloPolicy::heed_rules(const Situation& situation, Evaluation& evaluation) {
  if (!has_level_rules_) return;
  if (situation.now >= state_.rules_due) {
    state_.rules_due = situation.now + kRulesInterval;
    state_.floor = largest_level_ask(situation, settings_);
  }
  wake(state_.rules_due);
  const Ask& ask = state_.floor;
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
