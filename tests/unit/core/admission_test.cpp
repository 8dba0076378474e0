// Deadlines that cannot be met, and when to come again: by the work that goes before a request in its order.
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/queue/ranked_queue.hpp"
#include "support/service_driver.hpp"

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;
using test::replica;
using test::request;
using test::ServiceDriver;
using testing::IsEmpty;

constexpr RequestClass kQuick{0};
constexpr RequestClass kLong{1};

Settings settings(std::uint32_t min, std::uint32_t max, QueueOrder order = QueueOrder::kFifo) {
  Settings made;
  made.scale.min_replicas = min;
  made.scale.max_replicas = max;
  made.queue.order = order;
  return made;
}

// Lets a request of `klass` run alone for `span`, so that it is known how long these take.
void teach(ServiceDriver& driver, std::uint64_t n, RequestClass klass, Duration span) {
  driver.handle(RequestArrived{.request = request(n), .klass = klass});
  driver.advance(span);
  driver.answer(n, 1);
}

void arrive(ServiceDriver& driver, std::uint64_t n, RequestClass klass, Duration patience = 1h) {
  driver.handle(RequestArrived{.request = request(n), .deadline = driver.now() + patience, .klass = klass});
}

TEST(Admission, ADeadlineIsPossibleWhereThereAreSlotsForAllThatWaitBefore) {
  ServiceDriver driver{settings(1, 10)};
  driver.start(1);
  teach(driver, 1, kQuick, 10s);
  for (std::uint64_t n = 2; n <= 10; ++n) arrive(driver, n, kQuick);
  arrive(driver, 11, kQuick, 5s);  // eight wait; ten replicas could take all of them at once
  EXPECT_THAT(driver.of<Reject>(), IsEmpty());
}

TEST(Admission, AQuickRequestIsNotRefusedForTheLongOnesThatItOvertakes) {
  ServiceDriver driver{settings(1, 1, QueueOrder::kShortest)};
  driver.start(1);
  teach(driver, 1, kLong, 60s);
  teach(driver, 2, kQuick, 1s);
  for (std::uint64_t n = 3; n <= 12; ++n) arrive(driver, n, kLong);
  arrive(driver, 13, kQuick, 30s);
  EXPECT_THAT(driver.of<Reject>(), IsEmpty());
  arrive(driver, 14, kLong, 120s);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kDeadlineImpossible);
}

TEST(Admission, UnderFifoItWaitsForThemByTheirClassAndNotByTheMeanOfAll) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  teach(driver, 1, kLong, 60s);
  for (std::uint64_t n = 2; n <= 40; ++n) teach(driver, n, kQuick, 1s);
  arrive(driver, 41, kLong);
  for (std::uint64_t n = 42; n <= 44; ++n) arrive(driver, n, kLong);  // three of a minute; the mean is 2.5 s
  arrive(driver, 45, kQuick, 100s);
  EXPECT_EQ(driver.of<Reject>().at(0).reason, RejectReason::kDeadlineImpossible);
}

TEST(Admission, OnlyWhatLuckCannotMeetIsRefused) {
  ServiceDriver driver{settings(1, 1)};
  driver.start(1);
  for (std::uint64_t n = 1; n <= 20; ++n) teach(driver, n, kQuick, n % 2 == 0 ? 1s : 19s);  // 10 s, give or take 9
  arrive(driver, 21, kQuick);
  arrive(driver, 22, kQuick);
  arrive(driver, 23, kQuick, 5s);  // one waits, and it may take a second
  EXPECT_THAT(driver.of<Reject>(), IsEmpty());
}

TEST(Admission, RetryAfterIsTheTimeUntilItsOwnStart) {
  Settings full = settings(1, 1, QueueOrder::kShortest);
  full.queue.max_waiting = 3;
  ServiceDriver driver{full};
  driver.start(1);
  teach(driver, 1, kLong, 60s);
  teach(driver, 2, kQuick, 2s);
  arrive(driver, 3, kLong);
  arrive(driver, 4, kLong);
  arrive(driver, 5, kLong);
  arrive(driver, 6, kQuick);
  arrive(driver, 7, kQuick);
  EXPECT_EQ(driver.of<Reject>().at(0).retry_after, 2s) << "only the quick one goes before it";
  arrive(driver, 8, kLong);
  EXPECT_EQ(driver.of<Reject>().at(0).retry_after, 122s);
}

TEST(RankedQueue, KnowsFirstAndWorkBeforeAsASortedMapDoes) {
  std::mt19937_64 random{7};
  RankedQueue queue;
  std::map<PlaceInQueue, Slot> model;
  std::map<Slot, PlaceInQueue> places;
  const auto work_of = [](Slot slot) { return Work{.expected = Duration{slot}, .variance_ms2 = slot, .unknown = 1}; };
  for (std::uint64_t n = 1; n <= 20'000; ++n) {
    const Slot slot = static_cast<Slot>(random() % 200);
    if (const auto in = places.find(slot); in != places.end()) {
      queue.erase(slot);
      model.erase(in->second);
      places.erase(in);
    } else {
      const PlaceInQueue place{static_cast<std::int64_t>(random() % 20), n};
      queue.insert(slot, place, work_of(slot));
      model.emplace(place, slot);
      places.emplace(slot, place);
    }
    ASSERT_EQ(queue.empty(), model.empty());
    if (!model.empty()) {
      ASSERT_EQ(queue.front(), model.begin()->second);
    }
    const PlaceInQueue asked{static_cast<std::int64_t>(random() % 20), random() % (n + 1)};
    Work before;
    for (auto it = model.begin(); it != model.end() && it->first < asked; ++it) before += work_of(it->second);
    ASSERT_EQ(queue.before(asked), before);
  }
}

}  // namespace
}  // namespace tenfold::core
