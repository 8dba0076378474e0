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
