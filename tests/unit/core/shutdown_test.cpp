// The end of a service: what waits and what runs is served within the grace, and nothing is refused that can make it.
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
using testing::SizeIs;

constexpr Duration kGrace = 30s;

Settings settings(std::uint32_t min, std::uint32_t max) {
  Settings made;
  made.scale.min_replicas = min;
  made.scale.max_replicas = max;
  made.scale.policy = PolicyKind::kAca;
  made.replica.grace = kGrace;
  return made;
}

TEST(Shutdown, WhatWaitsRunsAsEverAndReplicasEndAsTheyRunOutOfWork) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  for (std::uint64_t n = 1; n <= 3; ++n) driver.arrive(n);
  driver.handle(ShutdownRequested{});
  EXPECT_THAT(driver.of<Reject>(), IsEmpty());
  EXPECT_THAT(driver.of<DrainReplica>(), IsEmpty()) << "one waits";
  ASSERT_THAT(driver.of<RecordDecision>(), SizeIs(1));
  EXPECT_EQ(driver.of<RecordDecision>()[0].waiting, 1);
  EXPECT_EQ(driver.of<RecordDecision>()[0].running, 2);

  driver.answer(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(3), replica(1), 1}));
  EXPECT_THAT(driver.of<DrainReplica>(), SizeIs(2)) << "nothing waits any more";
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
  driver.answer(2, 2);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(2), kGrace}));
  driver.answer(3, 1);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), kGrace}));
}

TEST(Shutdown, WithNothingToDoEveryReplicaEndsAtOnce) {
  ServiceDriver driver{settings(2, 4)};
  driver.handle(TimerDue{});
  driver.handle(ReplicaReady{replica(1)});
  driver.handle(ShutdownRequested{});
  EXPECT_THAT(driver.of<StopReplica>(),
              testing::UnorderedElementsAre(StopReplica{replica(1), kGrace}, StopReplica{replica(2), kGrace}));
  driver.handle(ShutdownRequested{});
  EXPECT_THAT(driver.actions(), IsEmpty()) << "it is told once";
}

TEST(Shutdown, WhatCannotMakeItIsRefusedWhenTheGraceEndsAndWhatRunsIsCut) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.handle(ShutdownRequested{});
  driver.advance(kGrace - 1ns);
  EXPECT_THAT(driver.actions(), IsEmpty());
  driver.advance(1ns);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(2), RejectReason::kShuttingDown, 1s}));
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), 0s}));
  driver.arrive(3);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(3), RejectReason::kShuttingDown, 1s}));
}

TEST(Shutdown, ASlotThatIsFreeAsTheGraceEndsIsTooLateForWhatWaits) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.handle(ShutdownRequested{});
  driver.sleep(kGrace);
  driver.answer(1, 1);
  EXPECT_THAT(driver.of<Dispatch>(), IsEmpty());
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(2), RejectReason::kShuttingDown, 1s}));
}

TEST(Shutdown, WhatComesMeanwhileIsServed) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.handle(ShutdownRequested{});
  driver.arrive(3);
  driver.answer(1, 1);
  driver.answer(2, 1);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(3), replica(1), 1}));
}

TEST(Shutdown, ForWhatComesWhenReplicasAreGoneOneIsStarted) {
  ServiceDriver driver{settings(2, 2)};
  driver.start(2);
  driver.handle(ShutdownRequested{});
  driver.arrive(1);
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(3)}));
  driver.handle(ReplicaReady{replica(3)});
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(3), 1}));
  driver.answer(1, 3);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(3), kGrace}));
}

TEST(Shutdown, AReplicaThatIsLostWhileSomethingWaitsIsReplaced) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.advance(11s);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.arrive(2);
  driver.handle(ShutdownRequested{});
  driver.handle(ReplicaExited{replica(1), ExitKind::kSignaled, 9});
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(2)}));
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<Reject>(), IsEmpty()) << "it is tried again, as ever";
  driver.handle(ReplicaReady{replica(2)});
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(2), 2}));
  driver.answer(1, 2);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(2), replica(2), 1}));
}

TEST(Shutdown, WhatIsLostWithTheLastReplicaIsTriedAgainInANewOne) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.handle(RequestArrived{.request = request(1), .safe_to_repeat = true});
  driver.handle(ShutdownRequested{});
  ASSERT_EQ(driver.view().draining, 1);
  driver.handle(ReplicaExited{replica(1), ExitKind::kSignaled, 9});
  EXPECT_THAT(driver.of<StartReplica>(), IsEmpty()) << "nothing waits";
  driver.lose(1, 1);
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(2)}));
  driver.handle(ReplicaReady{replica(2)});
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(1), replica(2), 2}));
}

TEST(Shutdown, ItsBackoffHoldsAndEndsWithTheGrace) {
  ServiceDriver driver{settings(1, 1)};
  driver.handle(TimerDue{});
  driver.arrive(1);
  driver.handle(ShutdownRequested{});
  driver.handle(ReplicaExited{replica(1), ExitKind::kExited, 1});
  EXPECT_THAT(driver.of<StartReplica>(), IsEmpty());
  driver.advance(200ms);
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(2)}));
  driver.advance(kGrace);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(1), RejectReason::kShuttingDown, 1s}));
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(2), 0s})) << "it still started";
  driver.handle(ReplicaExited{replica(2), ExitKind::kSignaled, 9});
  driver.advance(60s);
  EXPECT_THAT(driver.of<StartReplica>(), IsEmpty());
  EXPECT_EQ(driver.service().next_deadline(), kNever) << "nothing is to come";
}

TEST(Shutdown, DeadlinesPassAsEver) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.handle(RequestArrived{.request = request(2), .deadline = driver.now() + 1s});
  driver.handle(ShutdownRequested{});
  driver.advance(1s);
  EXPECT_THAT(driver.of<Reject>(), ElementsAre(Reject{request(2), RejectReason::kDeadlinePassed}));
  EXPECT_THAT(driver.of<DrainReplica>(), ElementsAre(DrainReplica{replica(1)})) << "nothing waits any more";
}

TEST(Shutdown, WhoeverWaitedAndLeftLetsTheReplicasGo) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.handle(ShutdownRequested{});
  driver.handle(RequestCancelled{request(2)});
  EXPECT_THAT(driver.of<DrainReplica>(), ElementsAre(DrainReplica{replica(1)}));
}

TEST(Shutdown, ACheckpointInItGoesOnAsIfNothingHadBeen) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  driver.arrive(1);
  driver.arrive(2);
  driver.handle(ShutdownRequested{});
  Service copy{driver.service().save()};
  driver.answer(1, 1);
  Actions actions;
  copy.handle(driver.now(), ResponseFinished{.request = request(1), .replica = replica(1)}, actions);
  EXPECT_EQ(actions, driver.actions());
  EXPECT_EQ(copy.next_deadline(), driver.service().next_deadline());
}

}  // namespace
}  // namespace tenfold::core
