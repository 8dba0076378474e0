// The scale policy `slo`: the fewest replica-seconds for which the 95th percentile of the wait stays under a target.
//
// It looks the moment the queue grows, not at a poll, and it knows what no poller knows: the exact queue, the measured
// service times and cold start, the slots of a replica and the cores behind them. docs/slo-policy.md derives it; in
// short:
//
//   - Out: a request that comes now will wait for about t(q), the time in which the replicas that are there, and those
//     that are starting, start the q requests before it. While more of the recent requests are late (t above the
//     target) than a 95th percentile forgives, the fewest replicas are started with which t(q) is in time again. When
//     not even a replica started now could help in time, in time means: half a target after the new ones are there.
//   - In: a replica goes when it would not be missed: when the stationary queue of the measured arrivals (Erlang C with
//     the correction of Allen and Cunneen for service times that are not exponential) needs fewer. It is kept as long
//     as it took to start it, so that what comes back finds it (the rule of the ski rental: never more than twice the
//     cost of who knows the future).
//   - Other rules (cpu, memory, queueWait, custom, schedule) set a floor. What http, tcp and rps measure, it knows
//     better.
//   - Cap: replicas beyond what the cores can run at full speed gain nothing. What a request uses of a CPU is measured;
//     until it was, requests are taken to compute all of the time.
#pragma once

#include "core/scale/policy.hpp"

namespace tenfold::core {

class SloPolicy final : public ScalePolicy {
 public:
  explicit SloPolicy(const Settings& settings);

  PolicyKind kind() const override { return PolicyKind::kSlo; }
  void start(const Situation& situation) override;
  void observe(const Situation& situation) override;
  TimePoint next_evaluation() const override { return state_.next_evaluation; }
  Evaluation evaluate(const Situation& situation) override;
  void save(Checkpoint& checkpoint) const override { checkpoint.slo = state_; }
  void load(const Checkpoint& checkpoint) override { state_ = checkpoint.slo; }

 private:
  struct Outlook;  // what the situation means for the queue

  void count(const Situation& situation);
  void forget(const Situation& situation);
  Outlook outlook(const Situation& situation) const;
  bool is_over_budget(const Situation& situation, const Outlook& outlook) const;
  std::uint32_t most_useful(const Situation& situation) const;
  std::uint32_t needed_for_queue(const Situation& situation, const Outlook& outlook) const;
  std::uint32_t needed_in_the_long_run(const Situation& situation, double arrivals_per_s, std::uint32_t most) const;
  void grow(const Situation& situation, const Outlook& outlook, Evaluation& evaluation);
  void shrink(const Situation& situation, const Outlook& outlook, Evaluation& evaluation);
  void heed_rules(const Situation& situation, Evaluation& evaluation);

  Settings settings_;
  bool has_level_rules_;
  SloRecord state_;
};

// The fewest servers with which the wait for one exceeds `target_s` with a probability of at most `share`, at `load`
// erlangs (arrival rate times mean service time), service times of mean `service_s` and squared coefficient of
// variation `scv`: P(W > t) = C(n, a) exp(-(n - a) t 2 / ((1 + scv) s)). Erlang C (Erlang 1917) is exact for
// exponential times; the factor is Allen and Cunneen's (Allen, "Probability, Statistics and Queueing Theory", 2nd ed.,
// 1990). `most` if it takes as many or more: the search is linear in the result.
std::uint32_t servers_for(double load, double service_s, double scv, double target_s, double share,
                          std::uint32_t most = kMaxReplicas);

}  // namespace tenfold::core
