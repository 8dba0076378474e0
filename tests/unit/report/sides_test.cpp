// Two runs side by side, and any number of them on one page.
#include "report/sides.hpp"

#include <array>
#include <sstream>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_service.hpp"
#include "report/words.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// 20 requests of 100 ms at once on two replicas; `further` of them start when the requests have arrived, and are ready
// after 200 ms.
Side burst_of(std::string name, std::uint32_t further, std::uint64_t requests = 20) {
  core::Settings settings;
  settings.scale.policy = further > 0 ? core::PolicyKind::kSlo : core::PolicyKind::kAca;
  FakeService service{settings};
  service.start(1, 2, 10ms);
  service.now += 1s;
  service.arrive(requests);
  if (further > 0) {
    service.begin_start(3, 2 + further);
    service.serve_round(100ms);
    service.now += 100ms;
    for (std::uint32_t n = 3; n <= 2 + further; ++n) service.ready(n);
  }
  service.serve_all(100ms);
  return {.name = std::move(name), .story = service.finish()};
}

TEST(Sides, EachNumberStandsBesideItsOtherWithTheDifferenceAndTheRatio) {
  const std::string text = to_sides_text(burst_of("before", 0), burst_of("after", 8));
  EXPECT_THAT(text, HasSubstr("A  before: simulated, 20 requests, policy aca"));
  EXPECT_THAT(text, HasSubstr("B  after: simulated, 20 requests, policy slo"));
  EXPECT_THAT(text, ContainsRegex("\nrequests +20 +20 +0\n"));
  EXPECT_THAT(text, ContainsRegex("\nmakespan, s +1\\.000 +0\\.400 +-0\\.600 +x 0\\.4\n"));
  EXPECT_THAT(text, ContainsRegex("\nreplicas started +0 +8 +\\+8\n")) << "of nothing there is no ratio";
  EXPECT_THAT(text, ContainsRegex("\nfirst cold start, s +- +0\\.200\n"));
}

TEST(Sides, TheWordsTellWhichMeasuredPartsMakeUpTheDifference) {
  const auto lines = explain_difference(burst_of("a", 0), burst_of("b", 8));
  const std::string text = testing::PrintToString(lines);
  EXPECT_THAT(text, HasSubstr("the same number in the same time: 20 requests at once."));
  EXPECT_THAT(text, HasSubstr("policy aca -> slo"));
  EXPECT_THAT(text, HasSubstr("A started none and had 2 ready at most; B started 8, the first 0.000 s after the first "
                              "arrival and ready 0.200 s later, and had 10 ready at most"));
  EXPECT_THAT(text, HasSubstr("0.230 s less: 0.240 s less before the slot, 0.010 s more in it."));
  EXPECT_THAT(text, HasSubstr("A had 2.00 s of work in slots, 2.00 of them busy on average; B 2.20 s, 5.50"));
}

TEST(Sides, WhatWasNotTheSameToServeIsSaidFirst) {
  const auto lines = explain_difference(burst_of("a", 8), burst_of("b", 8, 40));
  EXPECT_THAT(lines.front(), HasSubstr("not the same to serve: A 20 requests at once, B 40 requests at once"));
  EXPECT_THAT(lines.at(1), HasSubstr("under the same settings"));
}

TEST(Sides, FitsItsWidthAndLeavesOutTheRatiosFirst) {
  const Side a = burst_of("a/rather/long/name/of/a/directory", 0);
  const Side b = burst_of("b", 8);
  for (const std::size_t width : {44U, 50U, 80U, 120U}) {
    std::istringstream lines{to_sides_text(a, b, width)};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), width) << line;
  }
  EXPECT_THAT(to_sides_text(a, b, 80), HasSubstr("B / A"));
  EXPECT_THAT(to_sides_text(a, b, 50), Not(HasSubstr("B / A")));
  EXPECT_THAT(to_sides_text(a, b, 50), HasSubstr("B - A"));
}

TEST(Sides, TheJsonHasBothAndWhatTheSecondHasMore) {
  const auto json = boost::json::parse(to_sides_json(burst_of("a", 0), burst_of("b", 8)));
  EXPECT_EQ(json.at("a").at("name"), "a");
  EXPECT_EQ(json.at("b").at("policy"), "slo");
  EXPECT_NEAR(json.at("difference").at("makespan_s").as_double(), -0.6, 1e-9);
  EXPECT_NEAR(json.at("difference").at("wait").at("max_s").as_double(), -0.6, 1e-9);
  EXPECT_FALSE(json.at("difference").as_object().contains("first_start_s")) << "only one side has it";
  EXPECT_GE(json.at("explanations").as_array().size(), 4);
}

TEST(Sides, APageHasTheTableAndTheStripsOfEachOnOneAxisOfTime) {
  const std::array sides{burst_of("aca", 0), burst_of("slo <8>", 8), burst_of("slo", 4)};
  std::vector<Summary> summaries;
  for (const Side& side : sides) summaries.push_back(summarize(side));
  const std::string page = to_sides_html(sides, summaries);
  EXPECT_THAT(page, HasSubstr("<table class=\"sides\">"));
  EXPECT_THAT(page, HasSubstr("<td><b>0.400*</b></td>"));
  EXPECT_THAT(page, HasSubstr("slo &lt;8&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("What explains the difference"))) << "three differ in more than one way";
  std::size_t strips = 0;
  for (auto at = page.find("role=\"img\""); at != std::string::npos; at = page.find("role=\"img\"", at + 1)) ++strips;
  EXPECT_EQ(strips, 3 * 3 * 2) << "of each three, for wide and narrow pages";
  EXPECT_THAT(to_sides_html(std::span{sides}.first(2), std::span{summaries}.first(2)),
              HasSubstr("What explains the difference"));
}

}  // namespace
}  // namespace tenfold::report
