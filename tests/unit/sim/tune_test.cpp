// Scenarios, objectives and the search for settings.
#include "sim/tune.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

double replica_seconds(const Result& result, const config::AppConfig&) { return result.replica_s; }

TEST(Objective, ReadsPercentilesAndMeansOfWaitAndTotal) {
  const auto p95 = parse_objective("p95 wait < 500ms");
  ASSERT_TRUE(p95) << p95.error();
  EXPECT_EQ(p95->share, 0.95);
  EXPECT_EQ(p95->bound_s, 0.5);
  const auto mean = parse_objective("mean total <= 2s");
  ASSERT_TRUE(mean) << mean.error();
  EXPECT_EQ(mean->of, Objective::Of::kTotal);
  EXPECT_EQ(mean->share, 0);
  EXPECT_NEAR(parse_objective("p99.9 wait < 1s")->share, 0.999, 1e-12);
}

TEST(Objective, SaysWhatItCannotRead) {
  for (const char* text :
       {"", "p95 wait", "p95 wait < 500", "p95 wait > 1s", "q95 wait < 1s", "p0 wait < 1s", "p100 wait < 1s",
        "p95 queue < 1s", "p95 wait < 0s", "p95 wait < 1s now", "p wait < 1s", "pnan wait < 1s"}) {
    const auto parsed = parse_objective(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), HasSubstr("write 'p95 wait < 500ms'"));
  }
}

Scenario scenario(std::string workload, std::string service) {
  Scenario made;
  made.workload = std::move(workload);
  made.service = std::move(service);
  return made;
}

TEST(Scenario, AnEndlessWorkloadEndsByItsRequestsOrItsDuration) {
  config::AppConfig app;
  Scenario s = scenario("constant:rate=10", "constant:10ms");
  s.requests = 50;
  EXPECT_EQ(run_scenario(app, s)->requests, 50);
  s.requests.reset();
  s.duration = 3s;
  const auto result = run_scenario(app, s);
  EXPECT_EQ(result->requests, 31) << "0 s to 3 s";
  EXPECT_EQ(requests_of(scenario("poisson:rate=1", "constant:1s")), kDefaultRequests);
  EXPECT_EQ(requests_of(scenario("burst:n=7", "constant:1s")), 7);
}

TEST(Scenario, ReplicasAreCountedForTheWholeDuration) {
  config::AppConfig app;
  app.core.scale.max_replicas = 2;
  Scenario s = scenario("burst:n=2", "constant:1s");
  EXPECT_DOUBLE_EQ(run_scenario(app, s)->replica_s, 4) << "one second of starting, one of work";
  s.duration = 60s;
  EXPECT_DOUBLE_EQ(run_scenario(app, s)->replica_s, 122);
}

TEST(Scenario, ClientsLoseTheirPatienceAndDeadlinesPass) {
  config::AppConfig app;
  app.core.scale.min_replicas = app.core.scale.max_replicas = 1;
  Scenario s = scenario("burst:n=10", "constant:1s");
  s.patience = "constant:2500ms";
  const auto left = run_scenario(app, s);
  EXPECT_EQ(left->answered, 2);
  EXPECT_EQ(left->left, 8);
  s.patience.clear();
  app.request_timeout = 4500ms;
  const auto late = run_scenario(app, s);
  EXPECT_EQ(late->answered, 4);
  EXPECT_EQ(late->rejected, 6);
}

TEST(Scenario, ASchedulesReplicasAreThereWhenItSays) {
  config::AppConfig app;
  app.core.scale.min_replicas = 1;
  app.core.scale.policy = core::PolicyKind::kSlo;
  app.core.scale.rules.push_back({.name = "day", .kind = core::RuleKind::kSchedule, .target = 1, .keep = 24h * 366});
  app.metric_sources.push_back(
      {.rule = 0,
       .from =
           config::CronSource{.time_zone = "UTC", .start = "0 8 * * *", .end = "0 18 * * *", .desired_replicas = 5}});
  Scenario s = scenario("constant:rate=1/h", "constant:1s");
  s.duration = 24h;
  const auto result = run_scenario(app, s);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->most_replicas, 5);
  EXPECT_NEAR(result->replica_s / 3600, 24 + 10 * 4, 0.1) << "four more from 8 to 18 o'clock";
}

TEST(Scenario, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(run_scenario({}, scenario("bursts:n=1", "constant:1s")).error(), HasSubstr("did you mean 'burst'?"));
  EXPECT_THAT(run_scenario({}, scenario("burst:n=1", "constant:1")).error(), HasSubstr("--service"));
}

TEST(Tune, FindsTheCheapestThatMeetsTheObjective) {
  config::AppConfig app;
  app.core.scale.policy = core::PolicyKind::kAca;
  app.core.scale.max_replicas = 20;
  Scenario s = scenario("poisson:rate=15", "exponential:mean=500ms");
  s.duration = 5min;
  const auto tuning = tune(app, s, *parse_objective("p95 wait < 500ms"), {.cost = replica_seconds});
  ASSERT_TRUE(tuning) << tuning.error();
  EXPECT_TRUE(tuning->best.is_met);
  EXPECT_LT(tuning->best.p95_wait_s, 0.5);
  EXPECT_FALSE(tuning->today.is_met) << "two replicas for 7.5 erlangs";
  for (const Trial& trial : tuning->trials) {
    if (trial.is_met) {
      EXPECT_GE(trial.cost, tuning->best.cost) << to_words(trial.choice);
    }
  }
  // The choice is a configuration that gives what was promised.
  const auto again = run_scenario(with(app, tuning->best.choice), s);
  EXPECT_DOUBLE_EQ(again->replica_s, tuning->best.replica_s);
}

TEST(Tune, SaysWhenNothingMeetsItAndGivesTheNearest) {
  config::AppConfig app;
  app.core.machine.cores = 2;
  const auto tuning = tune(app, scenario("burst:n=100", "constant:100ms"), *parse_objective("p95 wait < 1ms"),
                           {.cost = replica_seconds});
  ASSERT_TRUE(tuning) << tuning.error();
  EXPECT_FALSE(tuning->best.is_met);
  for (const Trial& trial : tuning->trials) EXPECT_GE(trial.measure_s, tuning->best.measure_s);
}

TEST(Tune, AFasterCpuMakesAThreadFasterUpToOne) {
  config::AppConfig app;
  app.core.machine.cores = 100;
  app.core.replica.cpu = 0.5;
  app.core.scale.min_replicas = app.core.scale.max_replicas = 1;
  Scenario s = scenario("burst:n=10", "constant:1s");
  const auto tuning = tune(app, s, *parse_objective("mean total < 1ms"), {.cost = replica_seconds});
  ASSERT_TRUE(tuning);
  const auto of = [&](double cpu) {
    for (const Trial& trial : tuning->trials) {
      if (trial.choice.cpu == cpu && trial.choice.max_replicas == 2 && trial.choice.min_replicas == 2)
        return trial.mean_total_s;
    }
    return 0.0;
  };
  EXPECT_NEAR(of(1.0), of(0.5) / 2, 1e-9);
  EXPECT_EQ(of(2.0), of(1.0)) << "one thread";
}

TEST(Tune, CanBeEndedEarly) {
  const auto tuning =
      tune({}, scenario("burst:n=100", "constant:100ms"), Objective{},
           {.cost = replica_seconds, .progress = [](std::size_t trials, const Trial&) { return trials < 3; }});
  ASSERT_TRUE(tuning);
  EXPECT_TRUE(tuning->was_interrupted);
  EXPECT_EQ(tuning->trials.size(), 3);
}

// Of 20 requests for one slot of a second, clients wait for 10.5 s: the last nine leave in the queue.
TEST(Objective, ClientsThatLeftAreLaterThanAllOthers) {
  core::Settings settings;
  settings.scale.min_replicas = settings.scale.max_replicas = 1;
  Models models;
  models.workload = *make_workload("burst:n=20", 1);
  models.service = *make_service_time("constant:1s", 1);
  models.patience = make_empirical_span({10500ms});
  const Result result = World{settings, std::move(models), {}}.run();
  EXPECT_EQ(result.left, 10);
  EXPECT_EQ(result.left_waiting, 9);
  EXPECT_DOUBLE_EQ(parse_objective("p50 wait < 20s")->measure(result), 9);
  EXPECT_DOUBLE_EQ(parse_objective("p55 wait < 20s")->measure(result), 10);
  EXPECT_TRUE(parse_objective("p55 wait < 20s")->is_met(result));
  for (const char* text : {"p56 wait < 1h", "p95 wait < 1h", "p51 total < 1h", "mean wait < 1h", "mean total < 1h"}) {
    EXPECT_FALSE(parse_objective(text)->is_met(result)) << text;
  }
  EXPECT_TRUE(parse_objective("p50 total < 11s")->is_met(result));
}

}  // namespace
}  // namespace tenfold::sim
