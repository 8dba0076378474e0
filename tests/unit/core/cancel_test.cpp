// Requests that nobody waits for any more, and the slots that they hold.
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

Settings settings(std::uint32_t replicas, CancelMode mode = CancelMode::kNone, std::uint32_t concurrency = 1) {
  Settings made;
  made.scale.min_replicas = replicas;
  made.scale.max_replicas = replicas;
  made.scale.aca.metric = AcaMetric::kInFlight;
  made.replica.concurrency = concurrency;
  made.replica.cancel = mode;
  made.replica.cancel_grace = 2s;
  return made;
}

void arrive(ServiceDriver& driver, std::uint64_t n, Duration patience) {
  driver.handle(RequestArrived{.request = request(n), .deadline = driver.now() + patience});
}

CancelHow how(const ServiceDriver& driver) { return driver.of<CancelOnReplica>().at(0).how; }

std::vector<DecisionCause> causes(const ServiceDriver& driver) {
  std::vector<DecisionCause> all;
  for (const RecordDecision& decision : driver.of<RecordDecision>()) all.push_back(decision.cause);
  return all;
}

TEST(Cancel, OfAProgramThatDoesNotAnnounceItTheWorkEndsInItsSlot) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  arrive(driver, 1, 100s);
  driver.arrive(2);
  driver.handle(RequestCancelled{request(1)});
  EXPECT_EQ(how(driver), CancelHow::kDiscard);
  EXPECT_THAT(driver.of<Dispatch>(), IsEmpty()) << "the slot is taken";
  EXPECT_EQ(driver.view().withdrawn, 1);
  EXPECT_EQ(driver.view().serving, 0);
  driver.lose(1, 1, Outcome::kAbandoned);
  EXPECT_THAT(driver.of<Dispatch>(), ElementsAre(Dispatch{request(2), replica(1), 1}));
  EXPECT_EQ(driver.view().withdrawn, 0);
  EXPECT_EQ(driver.view().serving, 1);
}

TEST(Cancel, AProgramThatAnnouncesItIsTakenAtItsWord) {
  ServiceDriver driver{settings(1)};
  driver.start(0);
  driver.handle(ReplicaReady{.replica = replica(1), .cancels = true});
  arrive(driver, 1, 100s);
  driver.handle(RequestCancelled{request(1)});
  EXPECT_EQ(how(driver), CancelHow::kClose);
}

TEST(Cancel, ByTheModeCloseItsConnectionIsClosedAllTheSame) {
  ServiceDriver driver{settings(1, CancelMode::kClose)};
  driver.start(1);
  arrive(driver, 1, 100s);
  driver.handle(RequestCancelled{request(1)});
  EXPECT_EQ(how(driver), CancelHow::kClose);
}

TEST(Cancel, AReplicaThatDoesNotEndItInTimeIsReplacedAndKilled) {
  ServiceDriver driver{settings(1, CancelMode::kClose)};
  driver.start(1);
  arrive(driver, 1, 100s);
  driver.handle(RequestCancelled{request(1)});
  driver.advance(2s - 1ns);
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
  driver.advance(1ns);
  EXPECT_THAT(driver.of<DrainReplica>(), ElementsAre(DrainReplica{replica(1)}));
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), 0s}));
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(2)}));
  EXPECT_THAT(causes(driver), ElementsAre(DecisionCause::kUnhealthy));
  EXPECT_EQ(driver.of<RecordDecision>().at(0).replica, replica(1));
}

TEST(Cancel, WhereTheWorkMayEndInItsSlotItHasTheTimeThatItHadAnyway) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  arrive(driver, 1, 100s);
  driver.handle(RequestCancelled{request(1)});
  driver.advance(102s - 1ns);
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
  driver.advance(1ns);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), 0s}));
}

TEST(Cancel, AfterItsDeadlineItHasTheGrace) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  arrive(driver, 1, 100s);
  driver.advance(100s);
  EXPECT_EQ(how(driver), CancelHow::kDiscard);
  driver.advance(2s);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), 0s}));
}

TEST(Cancel, ThatEndsAsItsGraceEndsIsInTime) {
  ServiceDriver driver{settings(1, CancelMode::kClose)};
  driver.start(1);
  arrive(driver, 1, 100s);
  driver.handle(RequestCancelled{request(1)});
  driver.sleep(2s);
  driver.lose(1, 1, Outcome::kAbandoned);
  driver.handle(TimerDue{});
  EXPECT_THAT(driver.of<DrainReplica>(), IsEmpty());
}

TEST(Cancel, TheOtherRequestsOfAnUnhealthyReplicaFinish) {
  ServiceDriver driver{settings(1, CancelMode::kClose, 2)};
  driver.start(1);
  arrive(driver, 1, 100s);
  arrive(driver, 2, 100s);
  driver.handle(RequestCancelled{request(1)});
  driver.advance(50s);
  EXPECT_THAT(driver.of<DrainReplica>(), ElementsAre(DrainReplica{replica(1)}));
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
  driver.answer(2, 1);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), 0s}));
}

TEST(Cancel, ByTheModeKillAReplicaThatDoesNothingElseIsKilledAndReplaced) {
  ServiceDriver driver{settings(1, CancelMode::kKill)};
  driver.start(1);
  arrive(driver, 1, 100s);
  driver.handle(RequestCancelled{request(1)});
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(1), 0s}));
  EXPECT_THAT(driver.of<StartReplica>(), ElementsAre(StartReplica{replica(2)}));
  EXPECT_THAT(causes(driver), ElementsAre(DecisionCause::kKilled));
}

TEST(Cancel, ByTheModeKillAReplicaThatDoesMoreIsKept) {
  ServiceDriver driver{settings(1, CancelMode::kKill, 2)};
  driver.start(1);
  arrive(driver, 1, 100s);
  arrive(driver, 2, 100s);
  driver.handle(RequestCancelled{request(1)});
  EXPECT_EQ(how(driver), CancelHow::kDiscard);
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
}

// ---- scaling in

Settings shrinking() {
  Settings made = settings(1);
  made.scale.max_replicas = 4;
  made.replica.grace = 1s;
  return made;
}

ServiceDriver& with_four(ServiceDriver& driver) {
  driver.start(1);
  Settings more = shrinking();
  more.scale.min_replicas = 4;
  driver.handle(ConfigChanged{more});
  for (std::uint32_t n = 2; n <= 4; ++n) driver.handle(ReplicaReady{replica(n)});
  return driver;
}

void shrink_to(ServiceDriver& driver, std::uint32_t replicas) {
  Settings less = shrinking();
  less.scale.max_replicas = replicas;
  driver.handle(ConfigChanged{less});
}

TEST(ScaleIn, SendsIdleReplicasAwayFirst) {
  ServiceDriver driver{shrinking()};
  with_four(driver);
  driver.arrive(1);
  driver.arrive(2);
  driver.arrive(3);
  driver.arrive(4);
  driver.answer(2, 2);
  driver.answer(3, 3);
  driver.answer(1, 1);
  driver.handle(ProbeFailed{.replica = replica(4), .probe = Probe::kReadiness});  // busy, and not ready any more
  shrink_to(driver, 1);
  std::vector<ReplicaId> drained;
  for (const DrainReplica& drain : driver.of<DrainReplica>()) drained.push_back(drain.replica);
  EXPECT_EQ(drained.size(), 3);
  EXPECT_THAT(drained, testing::Not(testing::Contains(replica(4)))) << "it works";
}

TEST(ScaleIn, LetsABusyReplicaFinishUpToTheDeadlineOfItsRequest) {
  ServiceDriver driver{shrinking()};
  with_four(driver);
  for (std::uint64_t n = 1; n <= 4; ++n) arrive(driver, n, 100s);
  shrink_to(driver, 1);
  EXPECT_EQ(driver.of<DrainReplica>().size(), 3);
  driver.advance(99s);  // far beyond the grace
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
  EXPECT_THAT(driver.of<Reject>(), IsEmpty());
  driver.answer(4, 4);
  EXPECT_THAT(driver.of<StopReplica>(), ElementsAre(StopReplica{replica(4), 1s}));
  driver.advance(1s);
  EXPECT_EQ(driver.of<Reject>().size(), 3) << "each at its own deadline";
  driver.advance(2s);
  EXPECT_EQ(driver.of<StopReplica>().size(), 3) << "they computed on beyond the cancel grace";
}

TEST(ScaleIn, AtShutdownWhatRunsHasTheGraceAlsoInReplicasThatWereSentAwayBefore) {
  ServiceDriver driver{shrinking()};
  with_four(driver);
  for (std::uint64_t n = 1; n <= 4; ++n) arrive(driver, n, 100s);
  shrink_to(driver, 3);
  driver.advance(50s);
  driver.handle(ShutdownRequested{});
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
  driver.advance(1s);
  EXPECT_EQ(driver.of<StopReplica>().size(), 4);
}

}  // namespace
}  // namespace tenfold::core
