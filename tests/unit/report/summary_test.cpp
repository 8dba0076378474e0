#include "report/summary.hpp"

#include <array>
#include <cmath>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/estimate.hpp"
#include "fake_service.hpp"
#include "report/frontier.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Summary run_with(std::uint32_t replicas, std::string policy) {
  FakeService service;
  service.start(1, replicas, 1s);
  service.arrive(100);
  service.serve_all(100ms);
  return summarize(service.finish(), std::move(policy));
}

std::vector<std::string> keys_of(const boost::json::object& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object) keys.emplace_back(key);
  return keys;
}

TEST(Summary, IsWhatTheRunCameTo) {
  const Summary summary = run_with(2, "aca");
  EXPECT_EQ(summary.policy, "aca");
  EXPECT_EQ(summary.requests, 100);
  EXPECT_DOUBLE_EQ(summary.p_wait, 0.98);
  EXPECT_DOUBLE_EQ(summary.makespan_s, 5);
  EXPECT_NEAR(summary.mean_completion_s, 2.55, 1e-9);
  EXPECT_DOUBLE_EQ(summary.replica_seconds, 12);
  EXPECT_EQ(summary.most_replicas, 2);
  EXPECT_EQ(summary.answered, 100);
  EXPECT_EQ(summary.rejected, 0);
  EXPECT_EQ(summary.left, 0);
}

TEST(Summary, MeanCompletionIsCountedFromTheFirstArrivalOfTheRun) {
  FakeService service;
  service.start(1, 1, 1s);
  for (int i = 0; i < 2; ++i) {
    service.arrive(1);
    service.serve_all(100ms);
    service.now += 900ms;
  }
  const Summary summary = summarize(service.finish(), "x");
  EXPECT_NEAR(summary.total.mean_s, 0.1, 1e-9);
  EXPECT_NEAR(summary.mean_completion_s, (0.1 + 1.1) / 2, 1e-9);
}

TEST(Summary, ItsJsonHasTheKeysThatScriptsRelyOn) {
  const auto json = boost::json::parse(to_json(run_with(2, "slo"))).as_object();
  EXPECT_THAT(keys_of(json),
              ElementsAre("policy", "wait", "total", "p_wait", "makespan_s", "mean_completion_s", "replica_seconds",
                          "answered", "rejected", "left", "requests", "decisions", "starts", "most_replicas", "cost",
                          "cost_unit", "simulated_requests_per_s", "classes"));
  for (const char* times : {"wait", "total"}) {
    EXPECT_THAT(keys_of(json.at(times).as_object()),
                ElementsAre("mean_s", "p50_s", "p90_s", "p95_s", "p99_s", "max_s"));
  }
  EXPECT_TRUE(json.at("simulated_requests_per_s").is_null());
}

TEST(Summary, TheBestOfEachRowIsMarked) {
  const std::array runs{run_with(2, "aca"), run_with(10, "slo")};
  const std::string table = to_table(runs);
  EXPECT_THAT(table, ContainsRegex("makespan, s +5.000 +1.000\\*"));
  EXPECT_THAT(table, ContainsRegex("replica-seconds +12.0\\* +20.0"));
  EXPECT_THAT(table, ContainsRegex("rejected +0\\* +0\\*"));
  EXPECT_THAT(table, ContainsRegex("requests +100 +100\n"));
  EXPECT_THAT(table, Not(HasSubstr("cost")));
}

TEST(Summary, CostIsShownWhereItIsKnown) {
  std::array runs{run_with(2, "aca"), run_with(10, "slo")};
  runs[0].cost = 0.25;
  runs[0].cost_unit = "USD";
  EXPECT_THAT(to_table(runs), ContainsRegex("cost, USD +0.250000\\* +-"));
}

TEST(Summary, ARunAloneHasNoBest) {
  const std::array runs{run_with(2, "aca")};
  EXPECT_THAT(to_table(runs), Not(HasSubstr("*")));
}

TEST(Summary, OfNothingThereAreNoTimes) {
  FakeService service;
  service.step(core::TimerDue{});
  const std::array runs{summarize(service.finish(), "idle"), run_with(2, "busy")};
  EXPECT_THAT(to_table(runs), ContainsRegex("wait p95, s +- +[0-9.]+\\*"));
}

// Three runs, of which only the makespan and a class differ.
Replications three_seeds() {
  Replications runs{run_with(2, "slo"), run_with(2, "slo"), run_with(2, "slo")};
  for (int i = 0; i < 3; ++i) {
    Summary& run = runs[static_cast<std::size_t>(i)];
    run.makespan_s = 10 + i;
    run.cost = 0.5;
    run.classes.push_back({.name = "short", .requests = 10});
    if (i > 0) run.classes.push_back({.name = "long", .requests = static_cast<std::uint64_t>(i)});
  }
  return runs;
}

TEST(Summary, OfReplicationsAreMeansAndTheirIntervals) {
  const auto json = boost::json::parse(to_replicated_json(three_seeds())).as_object();
  EXPECT_EQ(json.at("policy"), "slo");
  EXPECT_EQ(json.at("seeds"), 3);
  EXPECT_EQ(json.at("makespan_s"), 11.0);
  const auto& half = json.at("half_width_95").as_object();
  // Standard deviation 1, t(2) = 4.3027.
  EXPECT_NEAR(half.at("makespan_s").as_double(), 4.3027 / std::sqrt(3), 1e-3);
  EXPECT_EQ(half.at("wait").at("p95_s"), 0.0);
  EXPECT_EQ(json.at("classes").at("short").at("requests"), 10.0);
  EXPECT_EQ(json.at("classes").at("long").at("requests"), 1.5) << "of the runs that have it";
  const auto single = boost::json::parse(to_replicated_json(Replications{run_with(2, "slo")})).as_object();
  EXPECT_TRUE(single.at("half_width_95").at("makespan_s").is_null());
}

TEST(Summary, OfReplicationsATableShowsMeansAndIntervalsBelowEachOther) {
  const std::array<Replications, 2> policies{three_seeds(), three_seeds()};
  const std::string table = to_table(policies);
  EXPECT_THAT(table, HasSubstr("makespan, s                11.000 ±2.484*       11.000 ±2.484*\n"));
  EXPECT_THAT(table, HasSubstr("means of 3 seeds, ± half of the 95 % confidence interval"));
}

TEST(Estimate, IsTheMeanAndStudentsInterval) {
  EXPECT_NEAR(student_t(1), 12.706, 1e-3);
  EXPECT_NEAR(student_t(10), 2.2281, 1e-4);
  EXPECT_NEAR(student_t(11), 2.2010, 2e-4);
  EXPECT_NEAR(student_t(19), 2.0930, 1e-4);
  EXPECT_NEAR(student_t(60), 2.0003, 1e-4);
  EXPECT_NEAR(student_t(1'000'000), 1.95996, 1e-4);
  const std::array<double, 4> values{1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(estimate(values).mean, 2.5);
  EXPECT_NEAR(estimate(values).half_width, 3.1824 * std::sqrt(5.0 / 3 / 4), 1e-9);
  EXPECT_TRUE(std::isinf(estimate(std::array{1.0}).half_width));
}

Frontier tried() {
  Frontier frontier{.title = "Tuned", .cost_unit = "replica-seconds", .objective_s = 0.5};
  frontier.points = {{.settings = "2 replicas", .cost = 12, .p95_wait_s = 4.6, .is_today = true},
                     {.settings = "6 replicas", .cost = 14, .p95_wait_s = 0.4, .is_chosen = true},
                     {.settings = "5 replicas, <odd>", .cost = 16, .p95_wait_s = 0.9},
                     {.settings = "10 replicas", .cost = 20, .p95_wait_s = 0}};
  mark_frontier(frontier.points);
  return frontier;
}

TEST(Frontier, IsWhatNothingBeatsInBoth) {
  const Frontier frontier = tried();
  EXPECT_TRUE(frontier.points[0].is_frontier);
  EXPECT_TRUE(frontier.points[1].is_frontier);
  EXPECT_FALSE(frontier.points[2].is_frontier);
  EXPECT_TRUE(frontier.points[3].is_frontier);
}

TEST(Frontier, ItsTableLeavesOutWhatIsBeaten) {
  const std::string table = to_table(tried());
  EXPECT_THAT(table, ContainsRegex("12 +4.600 s +too slow +2 replicas  <- today"));
  EXPECT_THAT(table, ContainsRegex("14 +0.400 s +6 replicas  <- chosen"));
  EXPECT_THAT(table, Not(HasSubstr("5 replicas")));
}

TEST(Frontier, ItsChartHasEveryPointAndTheObjective) {
  const std::string svg = to_svg(tried());
  EXPECT_THAT(svg, HasSubstr("objective: 0.5 s"));
  EXPECT_THAT(svg, HasSubstr("5 replicas, &lt;odd&gt;: 16 replica-seconds, p95 wait 0.900 s"));
  EXPECT_THAT(svg, HasSubstr("class=\"goal\""));
}

TEST(Frontier, APageSaysWhatEachDotIs) {
  Frontier frontier = tried();
  frontier.points[3].is_runner_up = true;
  const std::string page = to_html(FrontierPage{.frontier = frontier,
                                                .notes = {{.name = "chosen", .settings = "6", .lines = {"it is met"}}},
                                                .left_out = 2,
                                                .yaml = "a: <b>\n"});
  EXPECT_THAT(page, HasSubstr("<a href=\"#dot-1\"><title>1. 2 replicas: 12 replica-seconds"));
  EXPECT_THAT(page, HasSubstr("<tr id=\"dot-2\"><td>2</td><td class=\"words\"><b>6 replicas</b></td><td "
                              "class=\"words\">chosen; frontier</td><td>14</td>"));
  EXPECT_THAT(page, HasSubstr("runner-up; frontier"));
  EXPECT_THAT(page, HasSubstr("5 replicas, &lt;odd&gt;</td><td class=\"words\">beaten"));
  EXPECT_THAT(page, HasSubstr("2 further settings that refused requests are left out"));
  EXPECT_THAT(page, HasSubstr("a: &lt;b&gt;"));
  EXPECT_GT(page.rfind("class=\"second\""), page.rfind("class=\"other\"")) << "nothing covers a ring";
}

TEST(Frontier, OfNothingIsAChartToo) { EXPECT_THAT(to_svg(Frontier{.title = "none"}), HasSubstr("</svg>")); }

}  // namespace
}  // namespace tenfold::report
