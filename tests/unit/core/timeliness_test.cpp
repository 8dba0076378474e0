// What happens in the instant in which its time ends, and what is told late.
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

Settings settings(std::uint32_t replicas, std::uint32_t concurrency = 1) {
  Settings made;
  made.scale.min_replicas = replicas;
  made.scale.max_replicas = replicas;
  made.replica.concurrency = concurrency;
  return made;
}

void arrive(ServiceDriver& driver, std::uint64_t n, Duration patience) {
  driver.handle(RequestArrived{.request = request(n), .deadline = driver.now() + patience});
}

TEST(Timeliness, AnAnswerThatComesAsTheDeadlineEndsIsOne) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  arrive(driver, 1, 1s);
  driver.sleep(1s);
  driver.answer(1, 1);
  EXPECT_THAT(driver.actions(), IsEmpty());
  driver.handle(TimerDue{});
  EXPECT_THAT(driver.actions(), IsEmpty());
  EXPECT_EQ(driver.invariants().answered(), 1);
}

TEST(Timeliness, SoAreAllTheAnswersOfThatInstant) {
  ServiceDriver driver{settings(1, 2)};
  driver.start(1);
  arrive(driver, 1, 1s);
  arrive(driver, 2, 1s);
  driver.sleep(1s);
  driver.answer(1, 1);
  EXPECT_THAT(driver.actions(), IsEmpty());
  driver.answer(2, 1);
  EXPECT_THAT(driver.actions(), IsEmpty());
  EXPECT_EQ(driver.invariants().answered(), 2);
}

TEST(Timeliness, AnAnswerThatIsToldBeforeALateTimerIsOne) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  arrive(driver, 1, 1s);
  driver.sleep(5s);  // the loop was held up
  driver.answer(1, 1);
  EXPECT_THAT(driver.of<Reject>(), IsEmpty());
  EXPECT_THAT(driver.of<CancelOnReplica>(), IsEmpty());
}

TEST(Timeliness, AnAnswerThatIsToldAfterTheTimerIsNone) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  arrive(driver, 1, 1s);
  driver.advance(1s);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kDeadlinePassed);
  driver.answer(1, 1);
  EXPECT_THAT(driver.actions(), IsEmpty());
  EXPECT_EQ(driver.view().running, 0);
}

TEST(Timeliness, ARequestWhoseDeadlineEndsAsASlotIsFreedDoesNotRun) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  driver.arrive(1);
  arrive(driver, 2, 1s);
  driver.sleep(1s);
  driver.answer(1, 1);
  EXPECT_THAT(driver.actions(), ElementsAre(Action{Reject{request(2), RejectReason::kDeadlinePassed, 0s}}));
}

TEST(Timeliness, AReplicaThatIsReadyAsItsTimeToStartEndsHasStarted) {
  Settings quick = settings(1);
  quick.replica.start_timeout = 5s;
  ServiceDriver driver{quick};
  driver.start(0);
  driver.sleep(5s);
  driver.handle(ReplicaReady{replica(1)});
  driver.handle(TimerDue{});
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
  EXPECT_EQ(driver.view().ready, 1);
}

TEST(Timeliness, AReplicaThatExitsAsItsTimeToStartEndsIsNotStoppedToo) {
  Settings quick = settings(1);
  quick.replica.start_timeout = 5s;
  ServiceDriver driver{quick};
  driver.start(0);
  driver.sleep(5s);
  driver.handle(ReplicaExited{.replica = replica(1)});
  EXPECT_THAT(driver.of<StopReplica>(), IsEmpty());
}

TEST(Timeliness, AnswersOfRequestsAndReplicasThatAreGoneChangeNothing) {
  ServiceDriver driver{settings(1)};
  driver.start(1);
  driver.arrive(1);
  driver.answer(1, 1);
  for (const Event& late :
       std::vector<Event>{ResponseFinished{.request = request(1), .replica = replica(1)},
                          ResponseFinished{.request = request(9), .replica = replica(9)}, RequestCancelled{request(1)},
                          RequestCancelled{request(9)}, ReplicaReady{replica(9)}, ReplicaExited{.replica = replica(9)},
                          ProbeFailed{.replica = replica(9), .probe = Probe::kLiveness},
                          UsageSampled{.replica = replica(9), .cpu = 1s, .wall = 1s}}) {
    driver.handle(late);
    EXPECT_THAT(driver.actions(), IsEmpty()) << late.index();
  }
}

}  // namespace
}  // namespace tenfold::core
