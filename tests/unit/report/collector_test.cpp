// Stories of steps whose every number can be worked out by hand.
#include "report/collector.hpp"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_service.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using core::ReplicaId;
using core::RequestId;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

// 100 at once on two replicas of one slot, 100 ms each.
Story burst_of_100() {
  FakeService service;
  service.start(1, 2, 5ms);
  service.now += 1s;
  service.arrive(100);
  service.serve_all(100ms);
  return service.finish();
}

TEST(Percentiles, AreExactByNearestRank) {
  Distribution values;
  for (int i = 100; i >= 1; --i) values.add(std::chrono::seconds{i});
  const Percentiles p = percentiles_of(values);
  EXPECT_EQ(p.count, 100);
  EXPECT_EQ(p.min_s, 1);
  EXPECT_EQ(p.mean_s, 50.5);
  EXPECT_EQ(p.p50_s, 50);
  EXPECT_EQ(p.p90_s, 90);
  EXPECT_EQ(p.p95_s, 95);
  EXPECT_EQ(p.p99_s, 99);
  EXPECT_EQ(p.max_s, 100);
  EXPECT_EQ(percentiles_of(Distribution{}).count, 0);
  Distribution one;
  one.add(3s);
  EXPECT_EQ(percentiles_of(one).p50_s, 3);
}

TEST(Collector, MeasuresABurst) {
  const Story told = burst_of_100();
  ASSERT_TRUE(told.burst);
  const Burst& burst = *told.burst;
  EXPECT_EQ(burst.requests.size(), 100);
  EXPECT_EQ(burst.took_slots_at_once, 2);
  EXPECT_EQ(burst.load_facts.deepest_queue, 98);
  EXPECT_DOUBLE_EQ(burst.makespan_s(), 5.0);
  EXPECT_NEAR(burst.total.mean_s, 2.55, 1e-9);
  EXPECT_NEAR(burst.mean_completion_s, 2.55, 1e-9);
  EXPECT_NEAR(burst.wait.mean_s, 2.45, 1e-9);
  EXPECT_DOUBLE_EQ(burst.p_wait, 0.98);
  EXPECT_NEAR(burst.service.p99_s, 0.1, 1e-9);
  EXPECT_NEAR(burst.total.p50_s, 2.5, 1e-9);
  EXPECT_NEAR(burst.total.max_s, 5.0, 1e-9);
  EXPECT_THAT(burst.shares, ElementsAre(Pair(ReplicaId{1}, 50), Pair(ReplicaId{2}, 50)));
}

TEST(Collector, StatusesFollowFromTheEndsWhereNobodyNotedThem) {
  EXPECT_THAT(burst_of_100().burst->statuses, ElementsAre(Pair(200, 100)));
  using core::RejectReason;
  FakeService service;
  service.arrive(6);
  for (std::uint64_t n = 1; n <= 6; ++n) {
    service.step(core::TimerDue{}, {core::Reject{.request = RequestId{n}, .reason = static_cast<RejectReason>(n - 1)}});
  }
  EXPECT_THAT(service.finish().burst->statuses, ElementsAre(Pair(500, 1), Pair(502, 1), Pair(503, 2), Pair(504, 2)));
}

TEST(Collector, StatusesThatWereNotedStand) {
  FakeService service{{}, Origin::kJournal};
  service.start(1, 2, 5ms);
  service.arrive(2);
  service.collector.take(journal::AnswerNote{.request = RequestId{1}, .status = 422});
  service.serve_all(100ms);
  EXPECT_THAT(service.finish().burst->statuses, ElementsAre(Pair(422, 1)));
}

TEST(Collector, TheColdStartOfAWaitIsTheTimeInWhichItsReplicaWasStarting) {
  FakeService service;
  service.arrive(2);
  service.now += 300ms;
  service.start(1, 1, 500ms);
  service.serve_all(100ms);
  const Story told = service.finish();
  EXPECT_EQ(told.burst->cold_started, 1 + 1);  // the second waited through the same start, and then for the slot
  EXPECT_EQ(told.burst->requests[0].cold_start, 500ms);
  EXPECT_EQ(*told.burst->requests[0].dispatched - told.burst->requests[0].arrived, 800ms);
}

TEST(Collector, ReplicaSecondsRunFromTheStartToTheExitOrTheEnd) {
  FakeService service;
  service.start(1, 2, 1s);  // 0 s
  service.now += 4s;
  service.exit(2, 3);  // 5 s
  service.now += 5s;
  service.step(core::TimerDue{});  // 10 s
  const Story told = service.finish();
  EXPECT_DOUBLE_EQ(told.replicas[0].seconds, 10);
  EXPECT_DOUBLE_EQ(told.replicas[1].seconds, 5);
  EXPECT_DOUBLE_EQ(told.replica_seconds, 15);
  EXPECT_EQ(told.replicas[1].exit, "exited with status 3");
}

TEST(Collector, ARunMayEndAfterItsLastStep) {
  FakeService service;
  service.start(1, 1, 1s);
  service.collector.advance(core::TimePoint{4s});
  EXPECT_DOUBLE_EQ(service.finish().replica_seconds, 4);
}

TEST(Collector, AReplicaThatWasThereBeforeCountsFromTheStorysBeginning) {
  core::Checkpoint checkpoint{.started = true};
  checkpoint.replicas.push_back(
      {.id = ReplicaId{7}, .state = core::ReplicaState::kReady, .since = core::TimePoint{1s}});
  Collector collector;
  collector.take(checkpoint);
  collector.step(core::TimePoint{5s}, core::TimerDue{}, {});
  collector.step(core::TimePoint{9s}, core::TimerDue{}, {});
  const Story told = collector.finish();
  EXPECT_DOUBLE_EQ(told.replica_seconds, 4);
  ASSERT_EQ(replica_counts(told).size(), 1);
  EXPECT_EQ(replica_counts(told)[0].ready, 1);
}

TEST(Collector, CountsReplicasThroughTheirLife) {
  FakeService service;
  service.start(1, 2, 1s);
  service.now += 1s;
  service.step(core::TimerDue{}, {core::DrainReplica{ReplicaId{2}}});
  service.now += 1s;
  service.step(core::TimerDue{}, {core::StopReplica{ReplicaId{2}, 1s}});
  service.exit(2);
  const std::vector<ReplicaPoint> counts = replica_counts(service.finish());
  ASSERT_EQ(counts.size(), 4);
  EXPECT_EQ(counts[0].starting, 2);
  EXPECT_EQ(counts[1].ready, 2);
  EXPECT_EQ(counts[2].ready, 1);
  EXPECT_EQ(counts[2].draining, 1);
  EXPECT_EQ(counts[3].draining, 0);
}

TEST(Collector, AReplicaStoppedBeforeItWasReadyWasNeverReady) {
  FakeService service;
  service.begin_start(1, 1);
  service.now += 1s;
  service.step(core::TimerDue{}, {core::StopReplica{ReplicaId{1}, 1s}});
  service.now += 1s;
  service.ready(1);  // too late to matter
  service.now += 1s;
  service.exit(1);
  for (const ReplicaPoint& point : replica_counts(service.finish())) {
    EXPECT_EQ(point.ready, 0);
    EXPECT_LE(point.starting + point.draining, 1);
  }
}

TEST(Collector, TheLargestBurstIsToldOrTheWholeRun) {
  for (const Scope scope : {Scope::kLargestBurst, Scope::kWholeRun}) {
    FakeService service;
    service.start(1, 2, 5ms);
    for (const std::uint64_t count : {10U, 30U, 5U}) {
      service.now += 2s;
      service.arrive(count);
      service.serve_all(100ms);
    }
    const Story told = service.finish({.scope = scope});
    EXPECT_EQ(told.requests, 45);
    EXPECT_EQ(told.bursts.size(), scope == Scope::kWholeRun ? 1 : 3);
    EXPECT_EQ(told.burst->requests.size(), scope == Scope::kWholeRun ? 45 : 30);
  }
}

// Bursts of 10, 30 and 5 requests, 2 s between them.
FakeService three_bursts() {
  FakeService service;
  service.start(1, 2, 5ms);
  for (const std::uint64_t count : {10U, 30U, 5U}) {
    service.now += 2s;
    service.arrive(count);
    service.serve_all(100ms);
  }
  return service;
}

TEST(Collector, ABurstIsToldByItsNumberOrAsTheLast) {
  EXPECT_EQ(three_bursts().finish({.scope = Scope::kLastBurst}).burst->requests.size(), 5);
  const Story first = three_bursts().finish({.scope = Scope::kNumberedBurst, .number = 1});
  EXPECT_EQ(first.burst->requests.size(), 10);
  EXPECT_EQ(first.told, 0);
  EXPECT_EQ(first.burst->told_until, first.bursts[1].began);
  EXPECT_FALSE(three_bursts().finish({.scope = Scope::kNumberedBurst, .number = 4}).burst);
  EXPECT_THAT(to_text(first, 1000), HasSubstr("45 requests in 3 bursts; this is the story of burst 1."));
  EXPECT_THAT(to_text(first, 1000), HasSubstr("   2  1970-01-01 00:00:04.505 UTC  30 requests in 1.50 s\n"));
}

TEST(Collector, WhatArrivedWithinTwoTimesIsTold) {
  const auto arrived = [](core::Duration from, core::Duration until) {
    const Story told = three_bursts().finish({.scope = Scope::kTimes, .from = from, .until = until});
    return told.burst ? told.burst->requests.size() : 0;
  };
  EXPECT_EQ(arrived(0s, 1h), 45);
  EXPECT_EQ(arrived(2005ms, 4504ms), 10) << "both ends belong to it";
  EXPECT_EQ(arrived(2006ms, 4504ms), 0);
  EXPECT_EQ(arrived(4505ms, 1h), 35);
}

TEST(Collector, ATrickleIsOneBurstAndAPauseEndsIt) {
  FakeService service;
  service.start(1, 2, 5ms);
  for (int n = 0; n < 20; ++n) {
    service.now += n == 15 ? 15s : 1s;
    service.arrive(1);
    service.serve_all(100ms);
  }
  const Story told = service.finish(Selection{});
  EXPECT_EQ(told.pause, 11s) << "ten times the 1.1 s between two arrivals";
  ASSERT_EQ(told.bursts.size(), 2);
  EXPECT_EQ(told.bursts[0].requests, 15);
}

TEST(Collector, ALeavingClientIsNoMoreInTheQueue) {
  FakeService service;
  service.arrive(3);
  service.now += 1s;
  service.step(core::RequestCancelled{RequestId{2}});
  const Story told = service.finish();
  EXPECT_EQ(told.burst->cancelled, 1);
  EXPECT_EQ(told.burst->unfinished, 2);
  EXPECT_EQ(told.burst->load.back().waiting, 2);
}

TEST(Collector, ARetryIsDispatchedFromTheStepThatLostIt) {
  FakeService service;
  service.start(1, 2, 5ms);
  service.arrive(1);
  service.now += 100ms;
  service.step(
      core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{2}, .outcome = core::Outcome::kNotSent},
      {core::Dispatch{.request = RequestId{1}, .replica = ReplicaId{1}, .attempt = 2}});
  const Story told = service.finish();
  EXPECT_EQ(told.burst->retried, 1);
  EXPECT_EQ(told.burst->load.back().waiting, 0);
  EXPECT_EQ(told.burst->load.back().running, 1);
}

TEST(Collector, AnotherServiceInTheSameJournalIsAnotherStory) {
  FakeService service;
  service.start(1, 2, 5ms);
  service.arrive(50);
  service.collector.take(core::Checkpoint{});
  service.collector.take(journal::ServiceNote{.version = "second"});
  service.step(core::TimerDue{});
  const Story told = service.finish();
  EXPECT_EQ(told.version, "second");
  EXPECT_EQ(told.requests, 0);
  EXPECT_FALSE(told.burst);
  EXPECT_THAT(to_text(told, 1000), HasSubstr("No request arrived."));
  EXPECT_THAT(to_json(told), HasSubstr("\"burst\":null"));
  EXPECT_THAT(to_svg(told), HasSubstr("No request arrived"));
}

TEST(Collector, IsEmptyOnceItsStoryIsTold) {
  FakeService service;
  service.arrive(3);
  EXPECT_EQ(service.finish().requests, 3);
  service.step(core::TimerDue{});
  EXPECT_EQ(service.finish().requests, 0);
}

TEST(Story, ASimulationSpeaksOfNoClockAndNoEndpoint) {
  FakeService service;
  service.collector.take(journal::ServiceNote{.version = "1.2", .command = "burst:n=3"});
  service.start(1, 2, 5ms);
  service.arrive(3);
  service.serve_all(100ms);
  const std::string text = to_text(service.finish(), 1000);
  EXPECT_THAT(text, HasSubstr("Tenfold 1.2 simulated burst:n=3 for 205.0 ms of virtual time."));
  EXPECT_THAT(text, HasSubstr("\n3 requests\n"));
  EXPECT_THAT(text, Not(HasSubstr("UTC")));
}

TEST(Story, TellsWhatHappenedWhen) {
  const std::string text = to_text(burst_of_100(), 1000);
  EXPECT_THAT(text, HasSubstr("It ran under policy aca (http at 10), 2 to 10 replicas of 1 slot."));
  EXPECT_THAT(text, HasSubstr("100 arrive at once; 2 took a free slot on arrival (replicas 1, 2)"));
  EXPECT_THAT(text, HasSubstr("the queue is deepest: 98 wait"));
  EXPECT_THAT(text, HasSubstr("the scale rule did not look between the first arrival and the last answer"));
  EXPECT_THAT(text, HasSubstr("98.0 % of those that got a slot waited for it"));
  EXPECT_THAT(text, HasSubstr("200 x 100"));
}

TEST(Story, AChangedConfigurationIsAMoment) {
  core::Settings changed;
  changed.scale.max_replicas = 4;
  changed.scale.policy = core::PolicyKind::kSlo;
  FakeService service;
  service.arrive(1);
  service.now += 1s;
  service.step(core::ConfigChanged{changed});
  EXPECT_THAT(to_text(service.finish(), 1000),
              HasSubstr("1.000 s  the configuration changed: max 10 -> 4, policy aca -> slo, http at 10 -> 95th "
                        "percentile of the wait within 500 ms"));
}

TEST(Story, ADecisionIsToldUnderTheSettingsThatHeld) {
  core::Settings first;
  first.scale.rules = {{.name = "old", .target = 5}};
  core::Settings second;
  second.scale.rules = {{.name = "new", .target = 5}};
  FakeService service{first};
  service.arrive(1);
  service.decide({.cause = core::DecisionCause::kRule, .rule = 0, .metric = 1, .target = 5, .recommended = 1});
  service.step(core::ConfigChanged{second});
  service.decide({.cause = core::DecisionCause::kRule, .rule = 0, .metric = 1, .target = 5, .recommended = 1});
  const std::string json = to_json(service.finish());
  EXPECT_THAT(json, HasSubstr(R"("rule":"old")"));
  EXPECT_THAT(json, HasSubstr(R"("rule":"new")"));
}

TEST(Story, AMetricThatFallsSilentIsToldOnce) {
  core::Settings settings;
  settings.scale.rules = {{.name = "orders", .kind = core::RuleKind::kCustom}};
  FakeService service{settings};
  service.arrive(1);
  for (const bool is_valid : {true, false, false, true}) {
    service.now += 1s;
    service.step(core::MetricObserved{.is_valid = is_valid, .value = 12});
  }
  const Story told = service.finish();
  EXPECT_EQ(told.metrics.size(), 2);
  EXPECT_THAT(to_text(told, 1000),
              HasSubstr("2.000 s  rule 'orders' could get no value; its last one counts for 120 s"));
  EXPECT_THAT(to_text(told, 1000), HasSubstr("4.000 s  rule 'orders' has a value again: 12"));
}

TEST(Story, ProbesThatFailAreTold) {
  FakeService service;
  service.start(1, 2, 5ms);
  service.arrive(1);
  service.step(core::ProbeFailed{ReplicaId{1}, core::Probe::kReadiness});
  service.step(core::ReplicaReady{ReplicaId{1}});
  service.collector.take(
      journal::ProbeNote{.replica = ReplicaId{1}, .why = "its readiness probe GET /healthz was answered 503"});
  service.step(core::ProbeFailed{ReplicaId{1}, core::Probe::kReadiness});
  service.step(core::ProbeFailed{ReplicaId{2}, core::Probe::kLiveness});
  const std::string text = to_text(service.finish(), 1000);
  EXPECT_THAT(text, HasSubstr("replica 1 is not ready any more and gets nothing until it is\n"));
  EXPECT_THAT(text, HasSubstr("replica 1 is ready again\n"));
  EXPECT_THAT(text, HasSubstr("gets nothing until it is: its readiness probe GET /healthz was answered 503\n"));
  EXPECT_THAT(text, HasSubstr("replica 2 is replaced: it fails its liveness probe\n"));
}

TEST(Story, IsShortHoweverMuchHappened) {
  FakeService service;
  service.arrive(1);
  for (int i = 0; i < 1000; ++i) {
    service.now += 2s;
    service.decide({.cause = core::DecisionCause::kRule, .starts = i % 2 == 0 ? 1U : 0U});
  }
  const std::string text = to_text(service.finish(), 1000);
  EXPECT_LT(std::ranges::count(text, '\n'), 100);
  EXPECT_THAT(text, HasSubstr("more moments, all of them in the JSON"));
}

TEST(Story, AzuresRateIsExplainedWhereAQueueStoodAndItAskedForNoMore) {
  FakeService service;
  service.start(1, 2, 5ms);
  service.now += 1s;
  service.arrive(100);
  service.serve_all(100ms);
  service.now += 9s;
  service.decide({.cause = core::DecisionCause::kRule,
                  .metric = 100 / 15.0,
                  .target = 10,
                  .recommended = 1,
                  .stabilized = 1,
                  .desired = 2,
                  .current = 2});
  const std::string text = to_text(service.finish(), 1000);
  EXPECT_THAT(text,
              HasSubstr("14.000 s  100 requests arrived in the past 15 s, 6.67 a second; at 10 for each replica that "
                        "asks for 1; min is 2: 2 wanted, 2 there, nothing to start or stop"));
  EXPECT_THAT(text,
              HasSubstr("Azure's documented formula divides arrivals by 15 s: 100 at once count as 6.67, so target 10 "
                        "asks for 1 replica, and min 2 stays. It is a rate, not a concurrency."));
}

TEST(Collector, AReplicaThatWasToldToEndEndedAsTold) {
  FakeService service;
  service.start(1, 5, 5ms);
  service.arrive(1);
  core::Actions stops;
  for (std::uint32_t n = 1; n <= 4; ++n) stops.emplace_back(core::StopReplica{ReplicaId{n}, 2s});
  service.step(core::TimerDue{}, stops);
  const auto exit = [&](std::uint32_t n, core::ExitKind kind, std::int32_t code) {
    service.step(core::ReplicaExited{.replica = ReplicaId{n}, .kind = kind, .code = code});
  };
  service.now += 1s;
  service.collector.take(journal::ReplicaExitNote{.replica = ReplicaId{1}, .description = "was killed by SIGTERM"});
  exit(1, core::ExitKind::kSignaled, 15);
  exit(2, core::ExitKind::kSignaled, 9);
  service.now += 1s;
  exit(3, core::ExitKind::kSignaled, 9);
  exit(4, core::ExitKind::kExited, 3);
  exit(5, core::ExitKind::kSignaled, 9);
  const Story told = service.finish();
  std::vector<std::string> exits;
  for (const ReplicaStory& replica : told.replicas) exits.push_back(replica.exit);
  EXPECT_THAT(exits, ElementsAre("ended as told", "was told to end, and was ended by signal 9",
                                 "was killed: it had not ended within its grace of 2 s", "ended as told, with status 3",
                                 "was ended by signal 9"));
}

TEST(Collector, TheProgramsOwnErrorsAreErrorsAndNotTenfolds) {
  FakeService service{{}, Origin::kJournal};
  service.start(1, 2, 5ms);
  service.arrive(3);
  service.serve_all(100ms);
  const std::array<int, 3> statuses{422, 500, 200};
  for (std::uint64_t n = 1; n <= 3; ++n) {
    service.collector.take(journal::AnswerNote{.request = RequestId{n}, .status = statuses[n - 1]});
  }
  const Story told = service.finish();
  EXPECT_THAT(told.burst->own_errors, ElementsAre(Pair(422, 1), Pair(500, 1)));
  EXPECT_THAT(to_text(told, 1000), HasSubstr("  errors   1 x 422 by the program itself\n"));
  EXPECT_THAT(to_text(told, 1000), Not(HasSubstr("errors   none")));
  EXPECT_THAT(to_text(told, 1000), Not(HasSubstr("by Tenfold")));
}

// The checkpoint behind a gap knows what is there; what is not has ended, and nobody knows how.
TEST(Collector, BehindAGapTheCheckpointGoesOn) {
  FakeService service{{}, Origin::kJournal};
  service.start(1, 2, 5ms);
  service.arrive(3);
  core::Checkpoint checkpoint;
  checkpoint.started = true;
  checkpoint.replicas = {{.id = ReplicaId{2}, .state = core::ReplicaState::kReady}};
  checkpoint.running = {{.id = RequestId{9},
                         .state = core::RequestState::kRunning,
                         .arrived = service.now + 1s,
                         .replica = ReplicaId{2},
                         .dispatched = service.now + 2s,
                         .attempts = 1}};
  service.collector.take(journal::Gap{.lost = 7});
  service.collector.take(checkpoint);
  service.now += 3s;
  service.step(core::ResponseFinished{.request = RequestId{9}, .replica = ReplicaId{2}});
  const Story told = service.finish();
  EXPECT_EQ(told.records_lost, 7);
  EXPECT_EQ(told.requests, 4);
  EXPECT_EQ(told.burst->missing, 3);
  EXPECT_EQ(told.burst->unfinished, 0);
  EXPECT_THAT(told.burst->shares, ElementsAre(Pair(ReplicaId{2}, 1)));
  EXPECT_EQ(told.replicas[0].exit, "how it ended is not in the journal");
  EXPECT_FALSE(told.replicas[1].exited);
  EXPECT_EQ(told.burst->load.back().running, 0);
  EXPECT_THAT(to_text(told, 1000), HasSubstr("7 records of the journal are missing"));
  EXPECT_THAT(to_text(told, 1000), HasSubstr("  missing  3: how they ended is not in the journal"));
}

core::Settings under_slo() {
  core::Settings settings;
  settings.scale.policy = core::PolicyKind::kSlo;
  return settings;
}

TEST(Story, UnderSloItSaysWhatAzuresFormulaWouldHaveAskedFor) {
  FakeService service{under_slo()};
  service.start(1, 2, 5ms);
  service.arrive(100);
  service.serve_all(100ms);
  EXPECT_THAT(to_text(service.finish(), 1000),
              HasSubstr("Azure's documented formula would have asked for 1 replica, and min 2 would stay: 100 arrivals "
                        "in 15 s are 6.67 a second, at a target of 10 for each (`--policy aca`)."));
}

TEST(Story, WhatAzureWouldHaveAskedForIsNotToldWhereNobodyWaited) {
  FakeService service{under_slo()};
  service.start(1, 2, 5ms);
  service.arrive(2);
  service.serve_all(100ms);
  EXPECT_THAT(to_text(service.finish(), 1000), testing::Not(HasSubstr("Azure's documented formula")));
}

// Most programs compute on when their client leaves: the slot stays taken, and the story says why.
TEST(Collector, WorkThatGoesOnInItsSlotIsTold) {
  FakeService service;
  service.start(1, 2, 5ms);
  service.arrive(2);
  service.step(core::RequestCancelled{RequestId{1}},
               {core::CancelOnReplica{RequestId{1}, ReplicaId{1}, core::CancelHow::kDiscard}});
  service.step(core::RequestCancelled{RequestId{2}},
               {core::CancelOnReplica{RequestId{2}, ReplicaId{2}, core::CancelHow::kClose}});
  service.now += 1s;
  service.step(
      core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{1}, .outcome = core::Outcome::kAbandoned});
  const Story told = service.finish();
  EXPECT_EQ(told.burst->cancelled, 2);
  EXPECT_EQ(told.burst->went_on, 1);
  EXPECT_THAT(to_text(told, 1000), HasSubstr("  went on  1 in their slots when nobody waited for them any more"));
}

TEST(Collector, ReplicasThatTookNoConnectionAreToldAsBusyAndNotAsLost) {
  FakeService service;
  service.start(1, 1, 5ms);
  service.arrive(1);
  service.step(
      core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{1}, .outcome = core::Outcome::kBusy});
  service.now += 100ms;
  service.step(core::TimerDue{}, {core::Dispatch{RequestId{1}, ReplicaId{1}}});
  service.serve_all(100ms);
  const Story told = service.finish();
  EXPECT_EQ(told.busy, 1);
  EXPECT_EQ(told.burst->retried, 0);
  EXPECT_THAT(to_text(told, 1000), HasSubstr("  busy     once by replicas that live"));
  EXPECT_THAT(to_text(told, 1000), HasSubstr("  errors   none"));
}

TEST(Collector, AnAnswerThatCouldNotBeReadIsTenfoldsRefusalAndSaidSo) {
  FakeService service;
  service.start(1, 1, 5ms);
  service.arrive(1);
  service.step(
      core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{1}, .outcome = core::Outcome::kBadAnswer},
      {core::Reject{.request = RequestId{1}, .reason = core::RejectReason::kBadAnswer}});
  const Story told = service.finish();
  EXPECT_THAT(told.burst->statuses, ElementsAre(Pair(502, 1)));
  EXPECT_THAT(to_text(told, 1000), HasSubstr("  refused  1 by Tenfold: bad answer"));
}

}  // namespace
}  // namespace tenfold::report
