// What the run of a story cost, by hand.
#include "report/cost.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_service.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

core::Settings settings() {
  core::Settings made;
  made.scale.min_replicas = 1;
  made.scale.max_replicas = 2;
  made.replica.cpu = 0.5;
  made.replica.memory = core::gibibytes(1);
  return made;
}

// Ten seconds: two replicas start for one, and the second goes at 5 s; from then on there are no more than the minimum,
// and the first works from 7 s to 8 s. 15 replica-seconds, 4 of them idle, and a request.
Story ten_seconds(const journal::ServiceNote& note = {}) {
  FakeService service{settings()};
  service.collector.take(note);
  service.start(1, 2, 1s);
  service.now += 4s;
  service.exit(2);
  service.now += 2s;
  service.arrive(1);
  service.serve_all(1s);
  service.now += 2s;
  service.step(core::TimerDue{});
  return service.finish();
}

constexpr double kAzures = 0.5 * (11 * 0.000024 + 4 * 0.000003) + 15 * 0.000003 + 0.0000004;

TEST(Cost, IsOfTheReplicasSecondsOfWhichSomeAreIdle) {
  const Story story = ten_seconds();
  EXPECT_DOUBLE_EQ(story.used.replica_s, 15);
  EXPECT_DOUBLE_EQ(story.used.idle_replica_s, 4);
  EXPECT_EQ(story.used.most_replicas, 2);
  EXPECT_EQ(story.used.time, 10s);
  const auto cost = cost_of(story);
  ASSERT_TRUE(cost);
  EXPECT_DOUBLE_EQ(cost->run, kAzures);
  EXPECT_DOUBLE_EQ(cost->month, kAzures * 730 * 360);
}

TEST(Cost, IsToldWithWhatItIsOf) {
  EXPECT_THAT(cost_sentences(ten_seconds()),
              ElementsAre("The run cost 0.0001834 USD: 15.00 replica-seconds of 0.5 CPU and 1 GiB, 4.00 of them idle, "
                          "and 1 request, by the list prices of Azure Container Apps.",
                          "A month at this load, 10.00 s over and over, would cost 48.20 USD."));
}

TEST(Cost, SaysWhatWasAssumed) {
  const auto last = [](const journal::ServiceNote& note) { return cost_sentences(ten_seconds(note)).back(); };
  EXPECT_EQ(last({.has_cpu = false, .has_memory = false}),
            "0.5 CPU and 1 GiB are assumed: cpu and memory are not stated.");
  EXPECT_EQ(last({.has_cpu = false}), "0.5 CPU is assumed: cpu is not stated.");
  EXPECT_EQ(last({.has_memory = false}), "1 GiB is assumed: memory is not stated.");
  EXPECT_THAT(last({.prices = {.machine_hour = 1}, .has_cpu = false, .has_memory = false}), HasSubstr("A month"))
      << "a machine has its price whatever its replicas take";
}

TEST(Cost, IsByTheAppsOwnPrices) {
  const Story own = ten_seconds({.prices = {.currency = "EUR", .gib_second = 1}});
  EXPECT_DOUBLE_EQ(cost_of(own)->run, kAzures - 15 * 0.000003 + 15);
  EXPECT_THAT(cost_sentences(own)[0], testing::StartsWith("The run cost 15.00 EUR: "));
  EXPECT_THAT(cost_sentences(own)[0], testing::EndsWith(", by the prices that are stated."));
  const Story machines = ten_seconds({.prices = {.machine_hour = 0.36, .machine_cpu = 0.5}});
  EXPECT_DOUBLE_EQ(cost_of(machines)->run, 2 * 0.36 / 360);
  EXPECT_EQ(cost_sentences(machines)[0],
            "The run cost 0.002000 USD: 2 machines of 0.5 CPU for 10.00 s, at 0.3600 USD an hour.");
  const Story granted = ten_seconds({.prices = {.free_grants = FreeGrants::kAzure}});
  EXPECT_DOUBLE_EQ(cost_of(granted)->month, 730 * 360 * cost_of(granted)->run);
  EXPECT_LT(cost_of(granted)->run, kAzures);
  EXPECT_THAT(
      cost_sentences(granted)[0],
      testing::EndsWith(", by the list prices of Azure Container Apps, less its share of a month's free grants."));
}

TEST(Cost, IsInTextPageAndJson) {
  const Story story = ten_seconds();
  EXPECT_THAT(to_text(story), HasSubstr("The run cost 0.0001834 USD: "));
  EXPECT_THAT(to_html(story), HasSubstr("would cost 48.20 USD."));
  EXPECT_THAT(to_json(story), HasSubstr(R"("unit":"USD","seconds":1E1,"idle_replica_seconds":4E0,"most_replicas":2,)"
                                        R"("requests":1,"cpu":5E-1,"cpu_is_stated":true,"memory_bytes":1073741824,)"));
  EXPECT_THAT(to_text(FakeService{}.finish()), Not(HasSubstr("cost")));
  EXPECT_THAT(to_json(FakeService{}.finish()), HasSubstr(R"("cost":null)"));
}

// What ran when a journal begins counts as it stands there, and a reload may change the minimum.
TEST(Cost, KnowsReplicasThatWereThereBefore) {
  core::Checkpoint checkpoint{.settings = settings(), .started = true};
  checkpoint.replicas.push_back({.id = core::ReplicaId{7}, .state = core::ReplicaState::kReady, .running = 1});
  checkpoint.replicas.push_back({.id = core::ReplicaId{8}, .state = core::ReplicaState::kReady});
  checkpoint.running.push_back(
      {.id = core::RequestId{3}, .state = core::RequestState::kRunning, .replica = core::ReplicaId{7}});
  Collector collector;
  collector.take(checkpoint);
  collector.step(core::TimePoint{5s}, core::TimerDue{}, {});
  core::Settings more = settings();
  more.scale.min_replicas = 2;
  collector.step(core::TimePoint{6s}, core::ConfigChanged{.settings = more}, {});
  collector.step(core::TimePoint{8s},
                 core::ResponseFinished{.request = core::RequestId{3}, .replica = core::ReplicaId{7}}, {});
  collector.step(core::TimePoint{9s}, core::TimerDue{}, {});
  EXPECT_DOUBLE_EQ(collector.finish().used.idle_replica_s, 2 + 2) << "one of two until 8 s, then both";
}

}  // namespace
}  // namespace tenfold::report
