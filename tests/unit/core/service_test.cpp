// The life of requests and replicas, as the core decides it. Time is virtual.
#include "core/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::replica;
using test::request;
using test::ServiceDriver;
using testing::ElementsAre;
using testing::IsEmpty;

Settings settings(std::uint32_t min, std::uint32_t max, std::uint32_t concurrency = 1) {
  Settings made;
  made.scale.min_replicas = min;
  made.scale.max_replicas = max;
  made.replica.concurrency = concurrency;
  made.scale.aca.metric = AcaMetric::kInFlight;
  return made;
}

TEST(Service, StartsMinReplicasAtItsFirstStep) {
  ServiceDriver driver{settings(2, 10)};
  driver.handle(TimerDue{});
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(1)}, StartReplica{replica(2)}));
  const auto decisions = driver.of<RecordDecision>();
  ASSERT_EQ(decisions.size(), 1);
  EXPECT_EQ(decisions[0].cause, DecisionCause::kInitial);
  EXPECT_EQ(decisions[0].desired, 2);
  EXPECT_EQ(decisions[0].starts, 2);
}

TEST(Service, HoldsRequestsUntilAReplicaIsReadyAndSpreadsThemOverThoseThatCome) {
  ServiceDriver driver{settings(2, 2)};
  driver.handle(TimerDue{});
  driver.arrive(1);
  driver.arrive(2);
  driver.arrive(3);
  EXPECT_THAT(driver.of<Dispatch>(), IsEmpty());
  driver.handle(ReplicaReady{replica(2)});
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(2), 1}));
  driver.handle(ReplicaReady{replica(1)});
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(2), replica(1), 1}));
  driver.answer(1, 2);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(3), replica(2), 1}));
}

TEST(Service, GivesTheNextRequestToTheReplicaWithTheFewestAndAmongEqualsToTheOneThatWaitedLongest) {
  ServiceDriver driver{settings(3, 3, 2)};
  driver.start(3);
  std::vector<ReplicaId> order;
  for (std::uint64_t n = 1; n <= 6; ++n) {
    driver.arrive(n);
    order.push_back(driver.of<Dispatch>().at(0).replica);
  }
  EXPECT_THAT(order, ElementsAre(replica(1), replica(2), replica(3), replica(1), replica(2), replica(3)));
  driver.answer(2, 2);
  driver.answer(5, 2);
  driver.answer(1, 1);
  driver.arrive(7);
  EXPECT_EQ(driver.of<Dispatch>().at(0).replica, replica(2));
  driver.arrive(8);  // both have one now; replica 1 has stood longer
  EXPECT_EQ(driver.of<Dispatch>().at(0).replica, replica(1));
}

TEST(Service, RefusesTheFirstRequestThatDoesNotFitAndSaysWhenToComeAgain) {
  Settings tight = settings(1, 1);
  tight.queue.max_waiting = 4;
  ServiceDriver driver{tight};
  driver.start(1);
  driver.arrive(1);
  driver.advance(3s);
  driver.answer(1, 1);  // the measured pace: 3 s a request
  for (std::uint64_t n = 2; n <= 6; ++n) driver.arrive(n);
  driver.arrive(7);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(7), RejectReason::kQueueFull, 12s}));
}

TEST(Service, WithoutAQueueARequestIsServedWhileASlotIsFree) {
  Settings none = settings(1, 1);
  none.queue.max_waiting = 0;
  ServiceDriver driver{none};
  driver.start(1);
  driver.arrive(1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(1), 1}));
  driver.arrive(2);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kQueueFull);
}

TEST(Service, AnswersARequestWhoseDeadlinePassesWhileItWaits) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.handle(RequestArrived{.request = request(2), .deadline = driver.now() + 1s});
  driver.advance(1s);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(2), RejectReason::kDeadlinePassed, 0s}));
  driver.answer(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), IsEmpty());
}

TEST(Service, TakesARunningRequestBackAtItsDeadlineAndFreesTheSlotWhenTheReplicaSaysSo) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.handle(RequestArrived{.request = request(1), .deadline = driver.now() + 1s});
  driver.arrive(2);
  driver.advance(1s);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kDeadlinePassed);
  EXPECT_THAT(driver.of<CancelOnReplica>(), ElementsAre(CancelOnReplica{request(1), replica(1)}));
  EXPECT_THAT(driver.of<Dispatch>(), IsEmpty());
  driver.lose(1, 1, Outcome::kAbandoned);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(2), replica(1), 1}));
}

TEST(Service, RefusesADeadlineThatTheMeasuredPaceCannotMeet) {
  ServiceDriver driver{settings(1, 2)};
  driver.start(1);
  driver.arrive(1);
  driver.advance(2s);
  driver.answer(1, 1);
  for (std::uint64_t n = 2; n <= 6; ++n) driver.arrive(n);  // one runs, four wait: 4 s on two replicas
  driver.handle(RequestArrived{.request = request(7), .deadline = driver.now() + 3s});
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kDeadlineImpossible);
  driver.handle(RequestArrived{.request = request(8), .deadline = driver.now() + 5s});
  EXPECT_THAT(driver.of<Reject>(), IsEmpty());
}

TEST(Service, RemovesAQueuedRequestWhoseClientLeft) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.arrive(3);
  driver.handle(RequestCancelled{request(2)});
  EXPECT_THAT(driver.actions(), IsEmpty());
  driver.answer(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(3), replica(1), 1}));
}

TEST(Service, TellsTheReplicaWhenTheClientOfARunningRequestLeft) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.handle(RequestCancelled{request(1)});
  EXPECT_THAT(driver.actions(), ElementsAre(Action{CancelOnReplica{request(1), replica(1)}}));
  driver.handle(RequestCancelled{request(1)});
  EXPECT_THAT(driver.actions(), IsEmpty());
}

TEST(Service, RepeatsASafeRequestBeforeAllOthersAndOnlyOnce) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.arrive(2);
  driver.arrive(3);
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(1), 2})) << "no other has a free slot";
  driver.lose(1, 1);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kReplicaLost);
}

TEST(Service, ARetryPrefersAReplicaThatDidNotLoseIt) {
  ServiceDriver driver{settings(2, 2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.arrive(2);
  driver.arrive(3);  // replica 1 has two, then one: it would be the next
  driver.arrive(4);
  driver.answer(3, 1);
  driver.answer(4, 2);
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(2), 2}));
}

TEST(Service, ARequestThatTwoReplicasDiedWithIsPoison) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.lose(1, 1);
  driver.handle(ReplicaExited{replica(1), ExitKind::kSignaled, 9});
  driver.lose(1, 2);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(1), RejectReason::kPoison, 0s}));
}

// Connections end before exits are known: the one that is seen to be ending counts as ended.
TEST(Service, ARequestWithWhichTwoReplicasAreEndingIsPoison) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.handle(ProbeFailed{.replica = replica(1), .probe = Probe::kProcess});
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(2), 2}));
  driver.lose(1, 2);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(1), RejectReason::kPoison, 0s}));
}

TEST(Service, OneDyingReplicaIsNotCountedTwice) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(1), 2}));
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(1), RejectReason::kReplicaLost, 0s}));
}

TEST(Service, ARequestThatTwoLivingReplicasDroppedIsNoPoison) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.lose(1, 1);
  driver.lose(1, 2);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(1), RejectReason::kReplicaLost, 0s}));
}

TEST(Service, ARequestThatMayNotBeRepeatedFailsWithItsReplica) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.arrive(1);
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(1), RejectReason::kReplicaLost, 0s}));
}

TEST(Service, ARequestThatWasNotReadGoesAgainWithoutCountingTenTimes) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  for (int n = 1; n <= 10; ++n) {
    driver.lose(1, 1, Outcome::kNotSent);
    EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(1), 1})) << n;
  }
  driver.lose(1, 1, Outcome::kNotSent);  // counts as a loss, of which nothing was done
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(1), 2}));
  driver.lose(1, 1, Outcome::kNotSent);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kReplicaLost);
}

TEST(Service, WhatABusyReplicaDidNotTakeGoesToAnotherAndIsNeverLost) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.arrive(1);
  driver.lose(1, 1, Outcome::kBusy);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(2), 1}));
  for (int n = 0; n < 30; ++n) {
    driver.lose(1, driver.of<Dispatch>().empty() ? 0 : to_number(driver.of<Dispatch>()[0].replica), Outcome::kBusy);
    EXPECT_THAT(driver.of<Reject>(), IsEmpty());
    driver.advance(1s);
  }
}

TEST(Service, ABusyReplicaGetsNothingForPausesThatDoubleUntilItAnswers) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  for (const Duration pause : {5ms, 10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1000ms, 1000ms}) {
    driver.lose(1, 1, Outcome::kBusy);
    EXPECT_THAT(driver.of<Dispatch>(), IsEmpty());
    driver.advance(pause - 1ns);
    EXPECT_THAT(driver.of<Dispatch>(), IsEmpty()) << pause.count();
    driver.advance(1ns);
    EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(1), 1})) << pause.count();
  }
  driver.answer(1, 1);
  driver.arrive(2);
  driver.lose(2, 1, Outcome::kBusy);
  driver.advance(5ms);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(2), replica(1), 1}));
}

TEST(Service, WhatComesBackStandsBeforeAllOthersInTheOrderOfItsComing) {
  ServiceDriver driver{settings(1, 1, 3)};
  driver.start(1);
  for (std::uint64_t n = 1; n <= 4; ++n) driver.arrive(n);
  for (const std::uint64_t n : {2, 1, 3}) driver.lose(n, 1, Outcome::kBusy);
  driver.advance(5ms);
  std::vector<RequestId> order;
  for (const Dispatch& dispatch : driver.of<Dispatch>()) order.push_back(dispatch.request);
  EXPECT_THAT(order, ElementsAre(request(1), request(2), request(3)));
}

TEST(Service, WhatAMemoryLimitEndedIsToldSoAndTriedAgainWhereThatIsSafe) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.arrive(1);
  driver.lose(1, 1, Outcome::kOutOfMemory);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(1), RejectReason::kOutOfMemory, 0s}));
  driver.handle(RequestArrived{.request = request(2), .safe_to_repeat = true});
  const ReplicaId first = driver.of<Dispatch>().at(0).replica;
  driver.handle(ResponseFinished{.request = request(2), .replica = first, .outcome = Outcome::kOutOfMemory});
  ASSERT_EQ(driver.of<Dispatch>().size(), 1);
  const ReplicaId second = driver.of<Dispatch>()[0].replica;
  EXPECT_NE(second, first);
  driver.handle(ReplicaExited{.replica = first, .kind = ExitKind::kSignaled, .code = 9});
  driver.handle(ResponseFinished{.request = request(2), .replica = second, .outcome = Outcome::kOutOfMemory});
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(2), RejectReason::kOutOfMemory, 0s}))
      << "and not that it is poison: why is known";
}

TEST(Service, AnAnswerThatIsNoneIsToldAsSuchAndNeverRepeated) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.lose(1, 1, Outcome::kBadAnswer);
  EXPECT_THAT(driver.actions(), ElementsAre(Action{Reject{request(1), RejectReason::kBadAnswer, 0s}}));
  driver.arrive(2);
  driver.arrive(3);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(3), replica(1), 1})) << "it is not suspended";
}

TEST(Service, AnAnswerThatBrokeIsNeverRepeated) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.lose(1, 1, Outcome::kAnswerBroken);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kReplicaLost);
}

TEST(Service, ARequestThatWasTooLargeToKeepIsNotRepeated) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.lose(1, 1, Outcome::kNotKept);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kReplicaLost);
}

TEST(Service, AReplicaThatLivesIsNotSuspendedForWhatOneConnectionDid) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(2), replica(1), 1}));
}

TEST(Service, ReplacesALongLivedReplicaAtOnce) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.advance(11s);
  driver.handle(ReplicaExited{replica(1), ExitKind::kSignaled, 9});
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(3)}));
  EXPECT_EQ(driver.of<RecordDecision>().at(0).cause, DecisionCause::kReplaced);
}

TEST(Service, AReplicaThatHasAnsweredIsReplacedAtOnceHoweverOftenOneIsKilled) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  for (std::uint32_t n = 1; n <= 20; ++n) {
    driver.advance(100ms);
    driver.arrive(n);
    driver.answer(n, n);
    driver.handle(ReplicaExited{.replica = replica(n), .kind = ExitKind::kSignaled, .code = 9});
    ASSERT_EQ(driver.of<StartReplica>().size(), 1U) << n;
    driver.handle(ReplicaReady{replica(n + 1)});
  }
  EXPECT_EQ(driver.view().start_failures, 0U);
}

TEST(Service, AReplicaThatEndsBeforeItsFirstAnswerIsAFailedStart) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.lose(1, 1);
  driver.handle(ReplicaExited{.replica = replica(1), .kind = ExitKind::kSignaled, .code = 11});
  EXPECT_TRUE(driver.of<StartReplica>().empty());
  EXPECT_EQ(driver.view().start_failures, 1U);
}

TEST(Service, PausesLongerAfterEachFailedStart) {
  ServiceDriver driver{settings(1, 1)};
  driver.handle(TimerDue{});
  std::vector<Duration> pauses;
  for (std::uint32_t n = 1; n <= 10; ++n) {
    driver.handle(ReplicaExited{replica(n), ExitKind::kExited, 1});
    EXPECT_THAT(driver.of<StartReplica>(), IsEmpty());
    pauses.push_back(driver.of<RecordDecision>().at(0).pause);
    driver.advance(pauses.back() - 1ms);
    EXPECT_THAT(driver.of<StartReplica>(), IsEmpty());
    driver.advance(1ms);
    EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(n + 1)}));
  }
  EXPECT_THAT(pauses, ElementsAre(200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30s, 30s));
}

TEST(Service, GivesUpOnAStartThatTakesTooLong) {
  ServiceDriver driver{settings(1, 1)};
  driver.handle(TimerDue{});
  driver.advance(60s);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), 0s}));
  driver.handle(ReplicaReady{replica(1)});
  EXPECT_EQ(driver.view().ready, 0);
  driver.handle(ReplicaExited{replica(1), ExitKind::kSignaled, 9});
  driver.advance(200ms);
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(2)}));
}

TEST(Service, FromNoReplicaTheFirstRequestStartsOne) {
  ServiceDriver driver{settings(0, 5)};
  driver.handle(TimerDue{});
  EXPECT_THAT(driver.of<StartReplica>(), IsEmpty());
  driver.arrive(1);
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(1)}));
  EXPECT_EQ(driver.of<RecordDecision>().at(0).cause, DecisionCause::kActivation);
  driver.handle(ReplicaReady{replica(1)});
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(1), 1}));
}

TEST(Service, GrowsUnderLoadAndShrinksFiveMinutesAfterIt) {
  ServiceDriver driver{settings(2, 10)};
  driver.start(2);
  for (std::uint64_t n = 1; n <= 100; ++n) driver.arrive(n);
  driver.advance(15s);
  const auto up = driver.of<RecordDecision>();
  ASSERT_EQ(up.size(), 1);
  EXPECT_DOUBLE_EQ(up[0].metric, 100);
  EXPECT_EQ(up[0].recommended, 10);
  EXPECT_EQ(up[0].stabilized, 4) << "from 2 replicas at most max(4, 2 * 2)";
  for (std::uint32_t n = 3; n <= 4; ++n) driver.handle(ReplicaReady{replica(n)});
  driver.advance(15s);
  EXPECT_EQ(driver.of<RecordDecision>().at(0).desired, 8);
  for (std::uint32_t n = 5; n <= 8; ++n) driver.handle(ReplicaReady{replica(n)});
  std::uint64_t done = 0;
  while (driver.view().running > 0) {
    ++done;
    driver.answer(done, to_number(driver.service().save().running.front().replica));
  }
  EXPECT_EQ(done, 100);
  driver.advance(299s);
  EXPECT_EQ(driver.view().desired, 8);
  driver.advance(30s);
  EXPECT_EQ(driver.view().desired, 2);
  EXPECT_EQ(driver.view().ready, 2);
  EXPECT_EQ(driver.view().stopping, 6);
}

TEST(Service, AReplicaThatIsNotReadyAnyMoreGetsNothingUntilItIsAgain) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(ProbeFailed{.replica = replica(1), .probe = Probe::kReadiness});
  driver.arrive(1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(2), 1}));
  driver.arrive(2);
  EXPECT_THAT(driver.of<Dispatch>(), IsEmpty());
  driver.handle(ReplicaReady{replica(1)});
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(2), replica(1), 1}));
}

TEST(Service, AReplicaThatDoesNotLiveGetsItsGraceAndIsReplaced) {
  ServiceDriver driver{settings(1, 2)};
  driver.start(1);
  driver.arrive(1);
  driver.advance(20s);
  driver.handle(ProbeFailed{.replica = replica(1), .probe = Probe::kLiveness});
  EXPECT_THAT(driver.of<StopReplica>(),
              ElementsAre(StopReplica{.replica = replica(1), .grace = settings(1, 2).replica.grace}));
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(2)}));
  driver.handle(ResponseFinished{.request = request(1), .replica = replica(1)});
  EXPECT_THAT(driver.of<Reject>(), IsEmpty()) << "what it had may end within the grace";
}

// Found by the fault simulation: it was left to finish what it never would.
TEST(Service, AReplicaThatDoesNotLiveIsStoppedEvenWhileItDrains) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  Settings none = settings(0, 1);
  driver.handle(ConfigChanged{none});
  driver.handle(ShutdownRequested{});
  ASSERT_EQ(driver.view().draining, 1);
  driver.advance(10s);
  driver.handle(ProbeFailed{.replica = replica(1), .probe = Probe::kLiveness});
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{.replica = replica(1), .grace = 20s}))
      << "not beyond the shutdown's own";
}

TEST(Service, NewLimitsApplyAtOnceAndNothingIsLost) {
  ServiceDriver driver{settings(4, 4)};
  driver.start(4);
  for (std::uint64_t n = 1; n <= 6; ++n) driver.arrive(n);
  driver.handle(ConfigChanged{settings(1, 2)});
  EXPECT_EQ(driver.of<RecordDecision>().at(0).cause, DecisionCause::kConfig);
  EXPECT_EQ(driver.of<DrainReplica>().size(), 2);
  EXPECT_EQ(driver.view().running, 4) << "what runs finishes where it is";
  EXPECT_EQ(driver.view().waiting, 2);
  driver.handle(ConfigChanged{settings(4, 4, 2)});
  EXPECT_EQ(driver.of<StartReplica>().size(), 2);
  EXPECT_EQ(driver.of<Dispatch>().size(), 2) << "two slots more where there was one";
}

TEST(Service, ALongerQueueThanTheNewBoundStaysAndNoMoreIsTaken) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  for (std::uint64_t n = 1; n <= 5; ++n) driver.arrive(n);
  Settings shorter = settings(1, 1);
  shorter.queue.max_waiting = 2;
  driver.handle(ConfigChanged{shorter});
  EXPECT_EQ(driver.view().waiting, 4);
  driver.arrive(6);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kQueueFull);
}

// The mean of a class is learned from what was answered; the first burst is in no order that it could know.
TEST(Service, TheShortestGoFirstOnceTheirTimesAreKnownAndNobodyStarves) {
  Settings shortest = settings(1, 1);
  shortest.queue.order = QueueOrder::kShortest;
  shortest.queue.aging = 0.1;
  ServiceDriver driver{shortest};
  driver.start(1);
  const auto arrive = [&](std::uint64_t n, std::uint32_t klass) {
    driver.handle(RequestArrived{.request = request(n), .klass = RequestClass{klass}});
  };
  arrive(1, 1);
  driver.advance(20ms);
  driver.answer(1, 1);
  arrive(2, 2);
  driver.advance(1s);
  driver.answer(2, 1);

  arrive(3, 2);
  arrive(4, 2);
  arrive(5, 1);
  driver.advance(1s);
  driver.answer(3, 1);
  EXPECT_EQ(driver.of<Dispatch>().at(0).request, request(5)) << "the short one, though it came last";
  // (1 s - 20 ms) / 0.1: what comes 9.8 s after a long one no longer overtakes it.
  driver.advance(8900ms);
  arrive(6, 1);
  driver.answer(5, 1);
  EXPECT_EQ(driver.of<Dispatch>().at(0).request, request(4));
}

TEST(Service, ConcurrencyFollowsTheMeasuredUseOfTheCpu) {
  Settings automatic = settings(1, 1);
  automatic.replica.is_concurrency_auto = true;
  automatic.replica.cpu = 1;
  ServiceDriver driver{automatic};
  driver.start(1);
  EXPECT_EQ(driver.view().slots, 1);
  for (std::uint64_t n = 1; n <= 20; ++n) driver.arrive(n);
  EXPECT_EQ(driver.view().running, 1);
  driver.advance(1s);
  driver.handle(UsageSampled{.replica = replica(1), .cpu = 100ms, .wall = 1s});
  const auto decisions = driver.of<RecordDecision>();
  ASSERT_EQ(decisions.size(), 1);
  EXPECT_EQ(decisions[0].cause, DecisionCause::kConcurrency);
  EXPECT_EQ(decisions[0].slots, 10) << "a request uses a tenth of the CPU";
  EXPECT_NEAR(decisions[0].evidence.cpus_per_slot, 0.1, 1e-9);
  EXPECT_EQ(driver.view().running, 10);
}

TEST(Service, CpuBoundWorkKeepsOneSlotForEachCpu) {
  Settings automatic = settings(1, 1);
  automatic.replica.is_concurrency_auto = true;
  automatic.replica.cpu = 2;
  ServiceDriver driver{automatic};
  driver.start(1);
  for (std::uint64_t n = 1; n <= 20; ++n) driver.arrive(n);
  driver.advance(1s);
  driver.handle(UsageSampled{.replica = replica(1), .cpu = 980ms, .wall = 1s});
  EXPECT_EQ(driver.view().slots, 2);
  // Two at once use both CPUs; that they are all in use says nothing of what one would like.
  driver.advance(10s);
  driver.handle(UsageSampled{.replica = replica(1), .cpu = 20s, .wall = 10s});
  EXPECT_EQ(driver.view().slots, 2);
}

TEST(Service, ACheckpointGoesOnExactlyWhereItWasTaken) {
  ServiceDriver driver{settings(2, 4)};
  driver.start(2);
  for (std::uint64_t n = 1; n <= 30; ++n) {
    driver.handle(RequestArrived{.request = request(n), .deadline = driver.now() + 20s, .safe_to_repeat = n % 2 == 0});
    driver.advance(100ms);
  }
  driver.lose(2, 2);
  Service copy{driver.service().save()};
  const auto both = [&](TimePoint now, const Event& event) {
    Actions original;
    Actions copied;
    driver.service().handle(now, event, original);
    copy.handle(now, event, copied);
    EXPECT_EQ(original, copied);
    EXPECT_EQ(driver.service().next_deadline(), copy.next_deadline());
  };
  for (int step = 0; step < 40; ++step) both(driver.service().next_deadline(), TimerDue{});
  EXPECT_EQ(copy.view().waiting, driver.view().waiting);
}

}  // namespace
}  // namespace tenfold::core
