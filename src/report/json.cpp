// The story for programs: the same facts, with units in their names. Times are seconds since the burst's first arrival.
#include <boost/json.hpp>

#include "journal/print.hpp"
#include "report/cost.hpp"
#include "report/moments.hpp"
#include "report/rule_words.hpp"
#include "report/story.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

value since(core::TimePoint start, const std::optional<core::TimePoint>& time) {
  return time ? value(seconds(*time - start)) : value(nullptr);
}

object to_object(const Percentiles& p) {
  return {{"count", p.count}, {"min_s", p.min_s}, {"mean_s", p.mean_s}, {"p50_s", p.p50_s},
          {"p90_s", p.p90_s}, {"p95_s", p.p95_s}, {"p99_s", p.p99_s},   {"max_s", p.max_s}};
}

// What the decision rests on besides its rule: only what was known.
object to_object(const core::Evidence& evidence, core::TimePoint start) {
  object made;
  if (evidence.panic_since != core::kNever) made["panic_since_s"] = seconds(evidence.panic_since - start);
  const auto span = [&made](std::string_view name, core::Duration value) {
    if (value > core::Duration::zero()) made[name] = seconds(value);
  };
  span("predicted_wait_s", evidence.predicted_wait);
  span("service_s", evidence.service);
  span("cold_start_s", evidence.cold_start);
  if (evidence.arrivals_per_s > 0) made["arrivals_per_s"] = evidence.arrivals_per_s;
  if (evidence.basis != core::Basis::kQueue) made["basis"] = core::to_word(evidence.basis);
  if (evidence.spares > 0) made["spare_slots"] = evidence.spares;
  span("hold_s", evidence.hold);
  if (evidence.cpus_per_slot > 0) made["cpus_per_slot"] = evidence.cpus_per_slot;
  return made;
}

object to_object(const DecisionStory& story, const core::Settings& settings, core::TimePoint start) {
  const core::RecordDecision& d = story.decision;
  const std::string rule = rule_name(d, settings);
  return {{"at_s", seconds(story.at - start)},
          {"cause", journal::to_word(d.cause)},
          {"policy", journal::to_word(d.policy)},
          {"rule", rule.empty() ? value(nullptr) : value(rule)},
          {"measures", journal::to_word(d.measures)},
          {"metric", d.metric},
          {"target", d.target},
          {"recommended", d.recommended},
          {"stabilized", d.stabilized},
          {"limit", journal::to_word(d.limit)},
          {"min", settings.scale.min_replicas},
          {"max", settings.scale.max_replicas},
          {"desired", d.desired},
          {"current", d.current},
          {"starts", d.starts},
          {"drains", d.drains},
          {"failures", d.failures},
          {"pause_s", seconds(d.pause)},
          {"slots", d.slots},
          {"waiting", d.waiting},
          {"running", d.running},
          {"evidence", to_object(d.evidence, start)},
          {"reason", to_sentence(d, settings, start)}};
}

object to_object(const ReplicaStory& replica, core::TimePoint start) {
  object made{{"replica", core::to_number(replica.id)},
              {"pid", replica.pid},
              {"started_s", since(start, replica.started)},
              {"ready_s", since(start, replica.ready)},
              {"drained_s", since(start, replica.drained)},
              {"exited_s", since(start, replica.exited)},
              {"answered", replica.answered},
              {"failed", replica.failed},
              {"cpu_s", seconds(replica.cpu)},
              {"sampled_s", seconds(replica.sampled)},
              {"cpu_wait_s", seconds(replica.cpu_wait)},
              {"most_memory_bytes", core::to_number(replica.most_memory)},
              {"replica_seconds", replica.seconds},
              {"warm_replica_seconds", replica.warm_seconds}};
  if (replica.ready) made["start"] = core::to_word(replica.way);
  if (replica.started && replica.ready) made["cold_start_s"] = seconds(*replica.ready - *replica.started);
  if (!replica.exit.empty()) made["exit"] = replica.exit;
  return made;
}

object to_object(const Burst& burst) {
  object statuses;
  for (const auto& [status, count] : burst.statuses) statuses[std::to_string(status)] = count;
  object own_errors;
  for (const auto& [status, count] : burst.own_errors) own_errors[std::to_string(status)] = count;
  object rejects;
  for (const auto& [reason, count] : burst.rejects) rejects[journal::to_word(reason)] = count;
  object shares;
  for (const auto& [id, count] : burst.shares) shares[std::to_string(core::to_number(id))] = count;
  return {
      {"requests", burst.arrivals},
      {"arrivals_within_s", seconds(burst.last_arrival - burst.began)},
      {"took_slots_at_once", burst.took_slots_at_once},
      {"deepest_queue", burst.load_facts.deepest_queue},
      {"deepest_at_s",
       burst.load_facts.deepest_queue > 0 ? value(seconds(burst.load_facts.deepest_at - burst.began)) : value(nullptr)},
      {"makespan_s", burst.makespan_s()},
      {"mean_completion_s", burst.mean_completion_s},
      {"p_wait", burst.p_wait},
      {"wait", to_object(burst.wait)},
      {"service", to_object(burst.service)},
      {"total", to_object(burst.total)},
      {"status", std::move(statuses)},
      {"errors_of_the_program", std::move(own_errors)},
      {"rejected", std::move(rejects)},
      {"cancelled", burst.cancelled},
      {"went_on_in_slot", burst.went_on},
      {"retried", burst.retried},
      {"unfinished", burst.unfinished},
      {"missing", burst.missing},
      {"waited_for_a_start", burst.cold_started},
      {"shares", std::move(shares)}};
}

array advice_of(const Story& story) {
  array all;
  for (const AdviceStory& advice : story.advice) {
    all.push_back({{"advice", advice.sentence},
                   {"command", advice.command},
                   {"makespan_s", advice.makespan_s},
                   {"wait_p95_s", advice.wait_p95_s}});
  }
  return all;
}

value cost_object(const Story& story) {
  const auto cost = cost_of(story);
  if (!cost) return nullptr;
  const core::ReplicaSettings& replica = story.settings.front().settings.replica;
  return object{{"cost", cost->run},
                {"month", cost->month},
                {"unit", story.prices.currency},
                {"seconds", seconds(story.used.time)},
                {"idle_replica_seconds", story.used.idle_replica_s},
                {"most_replicas", story.used.most_replicas},
                {"requests", story.used.requests},
                {"cpu", replica.cpu},
                {"cpu_is_stated", story.has_cpu},
                {"memory_bytes", core::to_number(replica.memory)},
                {"memory_is_stated", story.has_memory}};
}

array classes_of(const Story& story) {
  array classes;
  if (!story.burst) return classes;
  for (const GroupStory& group : story.burst->classes) {
    classes.push_back({{"class", group.name.empty() ? value(nullptr) : value(group.name)},
                       {"requests", group.requests},
                       {"failed", group.failed},
                       {"wait", to_object(group.wait)},
                       {"service", to_object(group.service)},
                       {"total", to_object(group.total)}});
  }
  return classes;
}

array to_array(const Story& story) {
  array bursts;
  for (const BurstLine& burst : story.bursts) {
    bursts.push_back({{"from", clock_text(story, burst.began)},
                      {"at_s", seconds(burst.began - story.began)},
                      {"makespan_s", seconds(burst.ended - burst.began)},
                      {"requests", burst.requests},
                      {"failed", burst.failed}});
  }
  return bursts;
}

}  // namespace

std::string to_json(const Story& story) {
  const core::TimePoint start = story.burst ? story.burst->began : story.began;
  array decisions;
  for (const DecisionStory& decision : story.decisions) {
    decisions.push_back(to_object(decision, story.settings[decision.settings].settings, start));
  }
  array replicas;
  for (const ReplicaStory& replica : story.replicas) replicas.push_back(to_object(replica, start));
  return boost::json::serialize(object{{"simulated", story.origin == Origin::kSimulation},
                                       {"version", story.version},
                                       {"command", story.command},
                                       {"endpoint", story.endpoint},
                                       {"duration_s", seconds(story.ended - story.began)},
                                       {"requests", story.requests},
                                       {"bursts", to_array(story)},
                                       {"pause_s", seconds(story.pause)},
                                       {"told", story.is_one_of_several() ? value(story.told + 1) : value(nullptr)},
                                       {"burst", story.burst ? value(to_object(*story.burst)) : value(nullptr)},
                                       {"classes", classes_of(story)},
                                       {"replica_seconds", story.replica_seconds},
                                       {"warm_replica_seconds", story.warm_replica_seconds},
                                       {"cost", cost_object(story)},
                                       {"decisions", std::move(decisions)},
                                       {"replicas", std::move(replicas)},
                                       {"advice", advice_of(story)},
                                       {"no_advice", story.no_advice.empty() ? value(nullptr) : value(story.no_advice)},
                                       {"busy", story.busy},
                                       {"records_lost", story.records_lost},
                                       {"damaged_places", story.damaged_places}});
}

}  // namespace tenfold::report
