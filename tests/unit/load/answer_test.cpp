// What is made of answers: expectations, times and their parts, thresholds, summaries.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/histogram.hpp"
#include "load/expectation.hpp"
#include "load/server_timing.hpp"
#include "load/summary.hpp"
#include "sim/random.hpp"

namespace tenfold::load {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(Expectation, LooksAlongAPath) {
  const std::string body = R"({"status": "optimal", "objective": 55.0000001, "plan": {"items": [{"n": 1}, {"n": 2}]}})";
  const auto difference = [&](const char* text) { return check(*parse_expectation(text), body).value_or(""); };
  EXPECT_EQ(difference("status=optimal"), "");
  EXPECT_EQ(difference("objective=55"), "");
  EXPECT_EQ(difference("plan.items[1].n=2"), "");
  EXPECT_EQ(difference("plan.items[1].n=3"), "plan.items[1].n is 2, not 3");
  EXPECT_EQ(difference("status=infeasible"), "status is \"optimal\", not infeasible");
  EXPECT_EQ(difference("nothing=1"), "the answer has no nothing");
  EXPECT_EQ(check(*parse_expectation("a=1"), "no json"), "the answer is no JSON");
  EXPECT_FALSE(parse_expectation("status"));
}

TEST(Histogram, HasThreeDigitsAtAnySize) {
  for (const core::Duration span :
       {1ns, 999ns, 2047ns, 2048ns, 12'345ns, core::Duration{1ms}, core::Duration{7s}, core::Duration{9h}}) {
    Histogram times;
    times.add(span);
    times.add(2 * span);
    EXPECT_NEAR(times.quantile_s(0.5), core::to_seconds(span), core::to_seconds(span) / 1000);
    EXPECT_GE(times.quantile_s(0.5), core::to_seconds(span));
    EXPECT_DOUBLE_EQ(times.max_s(), core::to_seconds(2 * span));
    EXPECT_EQ(times.quantile_s(1), times.max_s());
    EXPECT_DOUBLE_EQ(times.min_s(), core::to_seconds(span));
  }
}

TEST(Histogram, RanksAsASortedListDoes) {
  sim::Random random{3};
  Histogram times;
  std::vector<core::Duration> all;
  for (int i = 0; i < 20'000; ++i) {
    all.emplace_back(static_cast<core::Duration::rep>(1e7 * random.exponential()));
    times.add(all.back());
  }
  std::ranges::sort(all);
  for (const double share : {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 20'000)) - 1;
    const double exact = core::to_seconds(all[rank]);
    EXPECT_NEAR(times.quantile_s(share), exact, exact / 1000) << share;
  }
}

TEST(Histogram, OfNothingIsZeroAndMergesToTheSameAsOne) {
  EXPECT_EQ(Histogram{}.quantile_s(0.5), 0);
  EXPECT_EQ(Histogram{}.min_s(), 0);
  Histogram one;
  Histogram other;
  Histogram both;
  for (int i = 1; i <= 100; ++i) {
    (i % 3 == 0 ? one : other).add(i * 1ms);
    both.add(i * 1ms);
  }
  one.merge(other);
  for (const double share : {0.0, 0.1, 0.5, 0.99, 1.0}) EXPECT_EQ(one.quantile_s(share), both.quantile_s(share));
  EXPECT_EQ(one.count(), 100);
  EXPECT_EQ(one.mean_s(), both.mean_s());
}

TEST(Timeline, HalvesItselfRatherThanGrow) {
  Timeline line;
  Timeline other;
  for (int i = 0; i < 1000; ++i) line.answered(i * 1s, 1ms);
  other.answered(10ms, 1ms);
  other.failed(20ms);
  EXPECT_LE(line.spans().size(), Timeline::kMostSpans);
  other.merge(line);
  EXPECT_EQ(other.width(), line.width());
  std::uint64_t count = 0;
  for (const Timeline::Span& span : other.spans()) count += span.times.count();
  EXPECT_EQ(count, 1001);
  EXPECT_EQ(other.spans().front().failed, 1);
}

TEST(ServerTiming, IsReadWhereItIsTenfolds) {
  const auto timing = parse_server_timing("queue;dur=1.5, coldstart;dur=0, solve;desc=\"x\";dur=40");
  ASSERT_TRUE(timing);
  EXPECT_EQ(timing->queue, 1500us);
  EXPECT_EQ(timing->cold_start, 0ns);
  EXPECT_EQ(timing->solve, 40ms);
  EXPECT_FALSE(parse_server_timing("db;dur=53, app;dur=47.2"));
  EXPECT_FALSE(parse_server_timing("queue"));
  EXPECT_FALSE(parse_server_timing("queue;dur=x, solve;dur=-1, coldstart;dur=nan"));
  EXPECT_FALSE(parse_server_timing(""));
}

// Of 100 requests, one a second, answered after 1 to 100 ms; every tenth by 503.
Summary a_summary(const std::vector<std::string>& rules = {}) {
  Summary summary{.what = "http://a/", .how = "released together"};
  for (int i = 1; i <= 100; ++i) {
    const core::Duration due = i * 1s;
    summary.result.add({.due = due,
                        .sent = due,
                        .at = due + i * 1ms,
                        .status = i % 10 == 0 ? 503 : 200,
                        .replica = "1",
                        .body = i == 10 ? "first <b>\n\x80" : "another",
                        .server_timing = ServerTiming{.queue = i * 500us, .solve = 100us}});
  }
  for (const std::string& rule : rules) summary.thresholds.push_back(parse_threshold(rule).value());
  return summary;
}

TEST(Threshold, JudgesWhatWasMeasured) {
  const auto is_so = [](const char* rule) { return is_crossed(a_summary({rule})); };
  EXPECT_TRUE(is_so("p95 > 94ms"));
  EXPECT_FALSE(is_so("p95>96ms"));
  EXPECT_TRUE(is_so(" p99.9  >=  100ms "));
  EXPECT_TRUE(is_so("queue p50 > 24ms"));
  EXPECT_FALSE(is_so("queue max > 51ms"));
  EXPECT_TRUE(is_so("errors > 9"));
  EXPECT_FALSE(is_so("errors > 10%"));
  EXPECT_TRUE(is_so("errors >= 10%"));
  EXPECT_TRUE(is_so("rate < 1.1"));
  EXPECT_FALSE(is_so("rate <= 1"));
  EXPECT_TRUE(is_so("mean < 51ms"));
  EXPECT_FALSE(is_so("min < 1ms"));
}

TEST(Threshold, OfNothingIsCrossed) {
  Summary nothing{.thresholds = {parse_threshold("p95 > 1s").value()}};
  EXPECT_TRUE(is_crossed(nothing));
  EXPECT_THAT(to_text(nothing), HasSubstr("crossed    p95 > 1s: nothing to measure"));
}

TEST(Threshold, SaysWhatIsWrongWithARule) {
  const auto error = [](const char* rule) {
    const auto threshold = parse_threshold(rule);
    return threshold ? "none" : threshold.error();
  };
  EXPECT_THAT(error("p95"), HasSubstr("'p95': it compares nothing; write 'p95 > 500ms'"));
  EXPECT_THAT(error(""), HasSubstr("it compares nothing"));
  EXPECT_THAT(error("p101 > 1s"), HasSubstr("'p101' is not measured"));
  EXPECT_THAT(error("px > 1s"), HasSubstr("'px' is not measured"));
  EXPECT_THAT(error("speed > 1"), HasSubstr("'speed' is not measured"));
  EXPECT_THAT(error("> 1s"), HasSubstr("'' is not measured"));
  EXPECT_THAT(error("queue errors > 1"), HasSubstr("only times have parts"));
  EXPECT_THAT(error("p95 > 500"), Not(HasSubstr("none")));
  EXPECT_THAT(error("p95 >> 5ms"), Not(HasSubstr("none")));
  EXPECT_THAT(error("p95 = 5ms"), HasSubstr("it compares nothing"));
  EXPECT_THAT(error("errors > 101%"), Not(HasSubstr("none")));
  EXPECT_THAT(error("rate < fast"), Not(HasSubstr("none")));
}

TEST(Summary, ErrorsAreBadUnlessARuleSaysHowManyAreNot) {
  EXPECT_FALSE(is_good(a_summary()));
  EXPECT_FALSE(is_good(a_summary({"p95 > 1s"})));
  EXPECT_TRUE(is_good(a_summary({"errors > 10"})));
  EXPECT_FALSE(is_good(a_summary({"errors > 9"})));
}

TEST(Summary, TellsTheFirstWrongAnswerAndWhereTheTimeWent) {
  const std::string text = to_text(a_summary({"p95 > 94ms", "errors > 20%"}));
  EXPECT_THAT(text, HasSubstr("sent       100 requests, released together\n"));
  EXPECT_THAT(text, HasSubstr("status     503 x 10\n"));
  EXPECT_THAT(text, HasSubstr("first      503: first <b> ?\n"));
  EXPECT_THAT(text, HasSubstr("\n queue"));
  EXPECT_THAT(text, HasSubstr("crossed    p95 > 94ms: 95."));
  EXPECT_THAT(text, HasSubstr("kept       errors > 20%: 10 %\n"));
  const std::string json = to_json(a_summary({"p95 > 94ms"}));
  EXPECT_THAT(json, HasSubstr(R"("status":{"200":90,"503":10})"));
  EXPECT_THAT(json, HasSubstr(R"("crossed":true)"));
  EXPECT_THAT(json, HasSubstr(R"("body":"first <b>\n?")"));
}

TEST(Summary, IsAPageThatNeedsNothingElse) {
  const std::string page = to_html(a_summary({"p95 > 94ms"}));
  EXPECT_THAT(page, HasSubstr("@media screen and (prefers-color-scheme:dark)"));
  EXPECT_THAT(page, HasSubstr("first &lt;b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("href=")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(to_html(Summary{}), HasSubstr("</html>"));
}

}  // namespace
}  // namespace tenfold::load
