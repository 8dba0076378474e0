#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_service.hpp"
#include "report/svg.hpp"
#include "report/words.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

Story burst_of(std::uint64_t requests) {
  FakeService service;
  service.collector.take(journal::ServiceNote{.version = "1", .command = "solve <fast> & \"safe\""});
  service.start(1, 2, 5ms);
  service.now += 1s;
  service.arrive(requests);
  service.serve_round(100ms);
  service.begin_start(3, 4);
  service.now += 200ms;
  service.ready(3);
  service.ready(4);
  service.serve_all(100ms);
  return service.finish();
}

TEST(Chart, DrawsEveryRequest) {
  const std::string svg = to_svg(burst_of(100));
  EXPECT_EQ(count_of(svg, "<g><title>request "), 100);
  EXPECT_THAT(svg, Not(HasSubstr("is drawn")));
  EXPECT_THAT(svg, HasSubstr("class=\"cold\""));
}

TEST(Chart, OfTooManyDrawsSomeAndSaysSo) {
  const std::string svg = to_svg(burst_of(10'000));
  EXPECT_EQ(count_of(svg, "<g><title>request "), 2000);
  EXPECT_THAT(svg, HasSubstr("one of each 5 is drawn, of 10000"));
  EXPECT_LT(svg.size(), 2'000'000);
}

// One request every 10 ms, each of which takes 25 ms, on two replicas.
Story stream_of(std::uint64_t requests) {
  FakeService service;
  service.start(1, 2, 5ms);
  for (std::uint64_t n = 0; n < requests; ++n) {
    service.arrive(1);
    service.now += 10ms;
    if (n % 2 == 1) service.serve_round(5ms);
  }
  service.decide({.cause = core::DecisionCause::kRule, .desired = 3, .current = 2, .starts = 1});
  service.serve_all(25ms);
  return service.finish();
}

TEST(Chart, OfManyThatCameOneAfterTheOtherDrawsBandsOfTheirWaits) {
  for (const std::uint64_t requests : {301U, 20'000U}) {
    const std::string svg = to_svg(stream_of(requests));
    EXPECT_EQ(count_of(svg, "<g><title>request "), 0);
    EXPECT_THAT(svg, HasSubstr("seconds waited, by arrival"));
    EXPECT_THAT(svg, HasSubstr(" arrived; half waited up to "));
    EXPECT_LT(svg.size(), 300'000) << "whatever the number of requests";
  }
  EXPECT_THAT(to_svg(stream_of(300)), HasSubstr("<g><title>request "));
}

TEST(Chart, ADecisionIsAFlagWithItsSentence) {
  EXPECT_THAT(to_svg(stream_of(1000)), HasSubstr("3 wanted, 2 there, started 1</title>"));
}

TEST(Chart, TheSubtitleIsNeverCut) {
  FakeService service;
  const std::string command(200, 'x');
  service.collector.take(journal::ServiceNote{.command = command + " the end"});
  service.arrive(1);
  EXPECT_THAT(to_svg(service.finish()), HasSubstr("the end, "));
}

TEST(Chart, EscapesWhatOthersWrote) {
  for (const std::string& made : {to_svg(burst_of(3)), to_html(burst_of(3))}) {
    EXPECT_THAT(made, HasSubstr("solve &lt;fast&gt; &amp; &quot;safe&quot;"));
    EXPECT_THAT(made, Not(HasSubstr("<fast>")));
    EXPECT_THAT(made, Not(HasSubstr("<script")));
  }
}

TEST(Chart, APageHasStoryTablesAndChart) {
  const std::string html = to_html(burst_of(100));
  EXPECT_THAT(html, HasSubstr("the queue is deepest: 98 wait"));
  EXPECT_THAT(html, HasSubstr("<svg "));
  EXPECT_THAT(html, HasSubstr("replica-seconds altogether"));
}

TEST(Escape, ReplacesWhatXmlCannotHold) {
  EXPECT_EQ(escape_xml("a<b>&\"c"), "a&lt;b&gt;&amp;&quot;c");
  EXPECT_EQ(escape_xml("é … 🙂"), "é … 🙂");
  EXPECT_EQ(escape_xml("\x01\xff\xc0\xaf\xed\xa0\x80"), "???????");
  EXPECT_EQ(escape_xml("cut \xe2\x82"), "cut ??");
}

TEST(Axis, HasRoundTicks) {
  EXPECT_THAT((Axis{.high = 5}.ticks(5)), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT((Axis{.low = 0.01, .high = 100, .is_log = true}.ticks(5)), ElementsAre(0.01, 0.1, 1, 10, 100));
}

TEST(Axis, ALogarithmicOneHoldsZeroAtItsEdge) {
  const Axis axis{.low = 0.01, .high = 100, .low_px = 0, .high_px = 400, .is_log = true};
  EXPECT_DOUBLE_EQ(axis.at(0), 0);
  EXPECT_DOUBLE_EQ(axis.at(1), 200);
}

}  // namespace
}  // namespace tenfold::report
