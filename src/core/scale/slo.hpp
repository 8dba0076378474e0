// The scale policy `slo`: the fewest replica-seconds for which the 95th percentile of the wait stays under a target.
//
// It looks the moment the queue grows, not at a poll, and it knows what no poller knows: the exact queue, how long what
// runs has run, the measured service times and cold starts, the slots of a replica and the cores behind them.
// docs/slo-policy.md derives it; in short:
//
//   - Out, for what waits: the slots that are there, and those that come, start what waits at some time (`Drain`). What
//     would be late gets the fewest replicas that start it in time, at the last moment at which they still can, unless
//     a start now saves another later.
//   - Out, for what will come: where a start takes longer than a request may wait, there are spare slots, as many as
//     the requests that come during a start take with 95 % (a base stock), but never more replicas than a stationary
//     queue of these arrivals needs (Erlang C).
//   - In: what nobody has needed for as long as a start takes goes (the rule of the ski rental: never more than twice
//     the cost of who knows the future). Where requests that come again were late, for the shortest time with which
//     they would not have been (`Pauses`).
//   - Other rules (cpu, memory, queueWait, custom, schedule) set a floor. What http, tcp and rps measure, it knows
//     better.
//   - Cap: replicas beyond what the cores can run at full speed gain nothing. What a request uses of a CPU is measured;
//     until it was, requests are taken to compute all of the time.
#pragma once

#include "core/scale/arrival_rate.hpp"
#include "core/scale/high_water.hpp"
#include "core/scale/pauses.hpp"
#include "core/scale/policy.hpp"

namespace tenfold::core {

class Drain;

class SloPolicy final : public ScalePolicy {
 public:
  explicit SloPolicy(const Settings& settings);

  PolicyKind kind() const override { return PolicyKind::kSlo; }
  bool polls() const override { return false; }
  void start(const Situation& situation) override;
  void observe(const Situation& situation) override;
  TimePoint next_evaluation() const override { return state_.next_evaluation; }
  Evaluation evaluate(const Situation& situation) override;
  void save(Checkpoint& checkpoint) const override { checkpoint.slo = state_; }
  void load(const Checkpoint& checkpoint) override { state_ = checkpoint.slo; }

 private:
  // What is known of the service, in seconds.
  struct Outlook {
    double service_s = 0;     // of what waits
    double cold_start_s = 0;  // from a start until ready
    double ready_s = 0;       // the same, and hardly ever longer
    double slots = 0;         // of a replica
  };

  static constexpr Duration kEndless = Duration::max();

  // What has to be done for those that wait.
  struct Need {
    double wait_s = 0;            // until the last of them has started, if nothing is started
    double late = 0;              // of them, so many will be late if nothing is started
    double replicas = 0;          // to be started now
    Duration leisure = kEndless;  // else: how long a start may wait
    bool is_too_late = false;     // a replica that is started now does not help all of them in time
  };

  void end_surge(TimePoint now);
  void count_surge(const Situation& situation, double fresh);
  bool is_over(const Situation& situation, Duration hold) const;
  void count_arrivals(const Situation& situation);
  void count_served(const Situation& situation);
  void wake(TimePoint when);
  bool may_be_late(const Situation& situation) const;

  Outlook outlook(const Situation& situation) const;
  Need need(const Situation& situation, const Outlook& outlook) const;
  bool ask(const Outlook& outlook, const Drain& drain, double place, double left_s, Need& need) const;
  double replicas_for_what_comes(const Outlook& outlook, const Drain& drain, double waiting) const;
  static double replicas_for(const Outlook& outlook, const Drain& drain, double missing, double goal_s);
  bool is_forgiven(const Situation& situation, const Outlook& outlook, const Need& need) const;
  std::uint32_t most_useful(const Situation& situation) const;
  std::uint32_t stationary(const Situation& situation, const Outlook& outlook, double arrivals_per_s) const;
  void learn_stock(const Situation& situation, const Outlook& outlook);
  std::uint32_t in_stock(const Situation& situation) const;
  std::uint32_t expected_again(const Situation& situation) const;
  void note_pause(const Situation& situation);
  Duration hold(const Situation& situation) const;
  std::uint32_t kept(const Situation& situation, const Outlook& outlook, Duration hold) const;
  void grow(const Situation& situation, const Outlook& outlook, const Need& need, Evaluation& evaluation);
  void shrink(const Situation& situation, const Outlook& outlook, Evaluation& evaluation);
  void heed_rules(const Situation& situation, Evaluation& evaluation);

  Settings settings_;
  bool has_level_rules_;
  SloRecord state_;
  ArrivalRate rate_{state_.rate};
  HighWater level_{state_.level};
  HighWater enough_{state_.enough};
  HighWater surge_{state_.surge};
  Pauses pauses_{state_.pauses};
};

}  // namespace tenfold::core
