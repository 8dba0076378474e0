// Each kind of decision in its sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/story.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using core::DecisionCause;
using core::Limit;
using core::PolicyKind;
using core::RecordDecision;
using core::RuleKind;
using testing::HasSubstr;

core::Settings with_rule(RuleKind kind, const std::string& name = "mine") {
  core::Settings settings;
  settings.scale.rules = {{.name = name, .kind = kind}};
  return settings;
}

RecordDecision by(PolicyKind policy, RuleKind kind, double metric, double target, std::uint32_t recommended) {
  return {.cause = DecisionCause::kRule,
          .policy = policy,
          .measures = kind,
          .metric = metric,
          .target = target,
          .recommended = recommended,
          .stabilized = recommended,
          .desired = recommended,
          .current = 2};
}

std::string told(const RecordDecision& decision, const core::Settings& settings = {}) {
  return to_sentence(decision, settings);
}

TEST(Sentence, AzureRatesAreArrivalsAndARate) {
  RecordDecision d = by(PolicyKind::kAca, RuleKind::kHttp, 100 / 15.0, 10, 1);
  d.desired = 2;
  EXPECT_EQ(told(d),
            "100 requests arrived in the past 15 s, 6.67 a second; at 10 for each replica that asks for 1; min is 2: 2 "
            "wanted, 2 there, nothing to start or stop");
  d.measures = RuleKind::kTcp;
  EXPECT_THAT(told(d), HasSubstr("100 connections arrived in the past 15 s"));
}

TEST(Sentence, AzureInFlightIsAConcurrency) {
  core::Settings settings;
  settings.scale.aca.metric = core::AcaMetric::kInFlight;
  RecordDecision d = by(PolicyKind::kAca, RuleKind::kHttp, 58.5, 10, 6);
  d.stabilized = d.desired = 4;
  d.starts = 2;
  d.limit = Limit::kStep;
  EXPECT_EQ(
      told(d, settings),
      "58.50 requests in flight on average in the past 15 s; at 10 for each replica that asks for 6; 4 in this step, "
      "from 2: 4 wanted, 2 there, started 2");
}

TEST(Sentence, RulesAreCalledByTheirNames) {
  const auto rule = [](RuleKind kind, double metric) {
    RecordDecision d = by(PolicyKind::kAca, kind, metric, 50, 3);
    d.rule = 0;
    return told(d, with_rule(kind));
  };
  EXPECT_THAT(rule(RuleKind::kCpu, 85), HasSubstr("rule 'mine': the replicas use 85.0 % of their CPU; at 50 % that"));
  EXPECT_THAT(rule(RuleKind::kMemory, 85), HasSubstr("85.0 % of their memory; at 50 % that asks for 3"));
  EXPECT_THAT(rule(RuleKind::kRps, 120),
              HasSubstr("rule 'mine': 120.00 requests a second in the past 30 s; at 50 for"));
  EXPECT_THAT(rule(RuleKind::kQueueWait, 2.3),
              HasSubstr("the 95th percentile of what waits has waited 2.30 s; at 50 s"));
  EXPECT_THAT(rule(RuleKind::kCustom, 1250), HasSubstr("rule 'mine': it measures 1250; at 50 for each replica"));
  EXPECT_THAT(rule(RuleKind::kSchedule, 3), HasSubstr("rule 'mine': the timetable asks for 3 now: 3 wanted"));
}

TEST(Sentence, EveryLimitIsNamed) {
  core::Settings settings;
  settings.machine.cores = 2;
  const auto limited = [&](PolicyKind policy, Limit limit, std::uint32_t recommended, std::uint32_t stabilized) {
    RecordDecision d = by(policy, RuleKind::kHttp, 1, 1, recommended);
    d.limit = limit;
    d.stabilized = d.desired = stabilized;
    d.waiting = policy == PolicyKind::kSlo ? 1 : 0;
    d.evidence.cold_start = 200ms;
    return told(d, settings);
  };
  EXPECT_THAT(limited(PolicyKind::kAca, Limit::kStabilization, 1, 6),
              HasSubstr("kept at 6 by the largest recommendation of the past 300 s"));
  EXPECT_THAT(limited(PolicyKind::kHpa, Limit::kStabilization, 1, 6),
              HasSubstr("; 6 by the largest recommendation of the past 300 s"));
  EXPECT_THAT(limited(PolicyKind::kHpa, Limit::kTolerance, 2, 2), HasSubstr("within the tolerance of 10 %"));
  EXPECT_THAT(limited(PolicyKind::kHpa, Limit::kMissing, 1, 2),
              HasSubstr("a metric is missing, so it does not shrink"));
  EXPECT_THAT(limited(PolicyKind::kHpa, Limit::kStep, 9, 6), HasSubstr("6 in this step, from 2"));
  EXPECT_THAT(limited(PolicyKind::kKnative, Limit::kPanic, 1, 8), HasSubstr("in panic it does not shrink: kept at 8"));
  EXPECT_THAT(limited(PolicyKind::kAca, Limit::kCooldown, 0, 1), HasSubstr("comes 300 s after the last activity"));
  EXPECT_THAT(
      limited(PolicyKind::kKnative, Limit::kCooldown, 0, 1),
      HasSubstr("the last replica stays for the stable window (60 s), the retention (0 ms) and the grace (30 s)"));
  EXPECT_THAT(limited(PolicyKind::kSlo, Limit::kCores, 10, 2),
              HasSubstr("more than 2 CPU-bound replicas gain nothing on 2 cores"));
}

TEST(Sentence, MinAndMaxAreTheServices) {
  RecordDecision d = by(PolicyKind::kHpa, RuleKind::kHttp, 240, 10, 24);
  d.desired = 10;
  d.starts = 8;
  EXPECT_EQ(
      told(d),
      "240.00 requests in flight on average in the past 15 s; at 10 for each replica that asks for 24; max is 10: 10 "
      "wanted, 2 there, started 8");
}

TEST(Sentence, KnativeSaysWhichWindowAndSinceWhenItPanics) {
  RecordDecision d = by(PolicyKind::kKnative, RuleKind::kHttp, 98, 0.7, 140);
  EXPECT_THAT(told(d), HasSubstr("98.00 requests in flight on average in the past 60 s; at 0.7 for each replica"));
  d.evidence.panic_since = core::TimePoint{13200ms};
  EXPECT_THAT(to_sentence(d, {}, core::TimePoint{10s}),
              HasSubstr("in the past 6 s; at 0.7 for each replica that asks for 140; in panic since 3.2 s"));
}

TEST(Sentence, SloTellsTheQueueAndWhatItWouldWait) {
  RecordDecision d = by(PolicyKind::kSlo, RuleKind::kQueueWait, 4.66, 0.5, 6);
  d.waiting = 98;
  d.slots = 1;
  d.starts = 4;
  d.evidence = {.predicted_wait = 4660ms, .service = 100ms, .cold_start = 200ms};
  EXPECT_EQ(told(d),
            "98 wait: at 100.0 ms each on 2 slots the last would wait 4.66 s, above 500 ms; 4 more would do (cold "
            "start 200.0 ms): started 4");
  d.slots = 5;
  d.waiting = 1;
  d.evidence.predicted_wait = 20ms;
  d.recommended = d.stabilized = d.desired = 2;
  d.starts = 0;
  EXPECT_EQ(told(d),
            "1 waits: at 100.0 ms each on 10 slots the last would wait 20.0 ms, within 500 ms: nothing to "
            "start or "
            "stop");
  d.evidence.predicted_wait = std::chrono::hours{200};
  EXPECT_THAT(told(d), HasSubstr("1 waits: no slot is ready, and 500 ms is the target for the wait"));
}

TEST(Sentence, SloTellsWhatWasNeededOfLateWhenNothingWaits) {
  RecordDecision d = by(PolicyKind::kSlo, RuleKind::kQueueWait, 0, 0.5, 2);
  d.current = 6;
  d.drains = 4;
  d.evidence = {.service = 100ms, .arrivals_per_s = 12, .basis = core::Basis::kUse, .hold = 1s};
  EXPECT_EQ(told(d),
            "nothing waits, 12.00 requests a second at 100.0 ms each come: 2 replicas were enough for the past 1.00 s: "
            "sent 4 away");
  d.current = 2;
  d.drains = 0;
  EXPECT_EQ(told(d),
            "nothing waits, 12.00 requests a second at 100.0 ms each come: 2 replicas stay: nothing to start or stop");
}

TEST(Sentence, SloTellsWhatItHasInStock) {
  RecordDecision d = by(PolicyKind::kSlo, RuleKind::kQueueWait, 0, 0.5, 7);
  d.current = 6;
  d.starts = 1;
  d.running = 5;
  d.evidence = {.cold_start = 5s, .arrivals_per_s = 0.08, .basis = core::Basis::kSpares, .spares = 2};
  EXPECT_EQ(told(d),
            "0.4 come while a replica starts (5.00 s), and 500 ms is the target for the wait: 2 slots are to be free "
            "beside the 5 that are taken, 7 replicas in all: started 1");
  d.evidence = {.basis = core::Basis::kSurge, .hold = 34s};
  EXPECT_EQ(told(d),
            "what comes together comes again within 34.00 s, and was late: 7 replicas are kept for it: started 1");
}

TEST(Sentence, PerRequestTellsWhoHasNoSlotAndWhoHadNothingToDo) {
  RecordDecision d = by(PolicyKind::kPerRequest, RuleKind::kHttp, 98, 1, 100);
  d.waiting = 98;
  d.desired = 10;
  d.starts = 8;
  EXPECT_EQ(told(d), "98 wait, and no slot is free: 98 more, one for each; max is 10: started 8");
  d = by(PolicyKind::kPerRequest, RuleKind::kHttp, 5, 4, 4);
  d.waiting = 9;
  d.starts = 2;
  EXPECT_EQ(told(d), "9 wait, 5 of them without a slot on the way: 2 more, one for every 4: started 2");
  d = by(PolicyKind::kPerRequest, RuleKind::kHttp, 0, 1, 2);
  EXPECT_EQ(told(d), "nobody waits for one that is not there: nothing to start or stop");
  d.current = 5;
  d.drains = 3;
  d.evidence = {.basis = core::Basis::kUse, .hold = 10min};
  EXPECT_EQ(told(d), "3 replicas had nothing to do for 600 s: sent 3 away");
  d.recommended = d.stabilized = 0;
  d.desired = 2;
  EXPECT_EQ(told(d), "5 replicas had nothing to do for 600 s; min is 2: sent 3 away");
}

TEST(Sentence, SloUnderAnotherRuleNamesIt) {
  RecordDecision d = by(PolicyKind::kSlo, RuleKind::kSchedule, 5, 1, 5);
  d.rule = 0;
  d.starts = 3;
  EXPECT_EQ(told(d, with_rule(RuleKind::kSchedule, "office")),
            "rule 'office': the timetable asks for 5 now: 5 wanted, 2 there, started 3");
}

TEST(Sentence, EveryOtherCauseHasOne) {
  EXPECT_EQ(told({.cause = DecisionCause::kInitial, .desired = 1}), "the service begins with 1 replica");
  EXPECT_EQ(told({.cause = DecisionCause::kActivation, .starts = 1}),
            "a request came and no replica was there: started 1");
  EXPECT_EQ(told({.cause = DecisionCause::kReplaced, .desired = 2, .starts = 1}),
            "a replica is gone, 2 wanted: started 1");
  EXPECT_EQ(told({.cause = DecisionCause::kBackoff, .failures = 3, .pause = 800ms}),
            "3 failed starts in a row: the next is tried in 0.8 s");
  EXPECT_EQ(told({.cause = DecisionCause::kUnhealthy, .starts = 1, .replica = core::ReplicaId{3}}),
            "replica 3 did not end a request that was taken back within 10 s: it gets nothing new, started 1");
  EXPECT_EQ(told({.cause = DecisionCause::kKilled, .starts = 1, .replica = core::ReplicaId{3}}),
            "replica 3 is killed to end a request that was taken back (cancel: kill): started 1");
  EXPECT_EQ(told({.cause = DecisionCause::kShutdown, .waiting = 5, .running = 2}),
            "shutting down: 2 running, 5 waiting");
  EXPECT_EQ(told({.cause = DecisionCause::kConfig, .desired = 4, .current = 6, .drains = 2}),
            "by the new configuration, min 2 and max 10, 4 wanted, 6 there: sent 2 away");
}

TEST(Sentence, MeasuredConcurrencySaysWhatTheServiceIsBoundBy) {
  RecordDecision d{.cause = DecisionCause::kConcurrency, .slots = 1, .evidence = {.cpus_per_slot = 0.98}};
  EXPECT_EQ(told(d), "CPU-bound: a request uses 0.98 CPU of its time: 1 slot for each replica");
  d.slots = 10;
  d.evidence.cpus_per_slot = 0.05;
  EXPECT_EQ(told(d), "I/O-bound: a request uses 0.05 CPU of its time: 10 slots for each replica");
}

}  // namespace
}  // namespace tenfold::report
