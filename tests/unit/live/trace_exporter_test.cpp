// Sending spans: batches, another try, a bound on what waits, and what is said of it.
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/traces/exporter.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Time that goes only where the test takes it.
class TestLoop final : public http::Loop {
 public:
  TimePoint now() const override { return now_; }
  void post(Task task) override { run(std::move(task)); }
  http::Net& net() override { std::abort(); }

  void advance(std::chrono::nanoseconds span) {
    const TimePoint end = now_ + span;
    while (earliest_timer() <= end) {
      now_ = std::max(now_, earliest_timer());
      run_timers(now_);
    }
    now_ = end;
  }

 private:
  static void run(Task task) { task(); }
  void earliest_timer_changed() override {}

  TimePoint now_{1h};
};

class FakeCollector final : public Collector {
 public:
  void post(std::string body, Done done) override {
    bodies.push_back(std::move(body));
    done_ = std::move(done);
  }
  bool is_asked() const { return done_ != nullptr; }
  void answer(const std::expected<CollectorAnswer, std::string>& what) { std::exchange(done_, nullptr)(what); }
  void answer(int status, std::string body = "{}") {
    answer(CollectorAnswer{.status = status, .body = std::move(body), .retry_after = {}});
  }
  void fail() { answer(std::unexpected(std::string{"nobody accepts connections at x:4318"})); }

  std::vector<std::string> bodies;

 private:
  Done done_;
};

class ExporterTest : public testing::Test {
 protected:
  // As the loop does before it can be asked again.
  void fail_for(core::Duration time) {
    for (core::Duration passed{}; passed < time; passed += 1s) {
      if (collector_.is_asked()) collector_.fail();
      loop_.advance(1s);
    }
  }

  TestLoop loop_;
  FakeCollector collector_;
  std::vector<std::string> said_;
  Exporter exporter_{loop_, collector_,
                     ExporterOptions{.url = "http://x:4318/v1/traces",
                                     .frame = {.before = "<", .behind = ">"},
                                     .say = [this](const std::string& sentence) { said_.push_back(sentence); },
                                     .random = [] { return std::uint64_t{0}; }}};
};

TEST_F(ExporterTest, SendsWhatCameWithinASecondTogether) {
  exporter_.add("a,b", 2);
  loop_.advance(900ms);
  exporter_.add("c", 1);
  EXPECT_THAT(collector_.bodies, IsEmpty());
  loop_.advance(100ms);
  EXPECT_THAT(collector_.bodies, ElementsAre("<a,b,c>"));
  exporter_.add("d", 1);
  loop_.advance(5s);
  EXPECT_EQ(collector_.bodies.size(), 1U) << "one is under way at a time";
  collector_.answer(200);
  EXPECT_EQ(exporter_.counters().sent, 3U);
  loop_.advance(1s);
  EXPECT_EQ(collector_.bodies.back(), "<d>");
  collector_.answer(200);
  loop_.advance(1h);
  EXPECT_EQ(collector_.bodies.size(), 2U) << "nothing is sent where there is nothing";
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ExporterTest, AFullBatchGoesAtOnceAndFromTheLoop) {
  exporter_.add(std::string(Exporter::kBatch, 'x'), 100);
  EXPECT_THAT(collector_.bodies, IsEmpty()) << "whose request ends waits for nothing";
  loop_.advance(0s);
  EXPECT_EQ(collector_.bodies.size(), 1U);
}

TEST_F(ExporterTest, TriesAgainLaterAndLaterWhatCouldNotBeTaken) {
  exporter_.add("a", 1);
  loop_.advance(1s);
  std::vector<core::Duration> pauses;
  for (int i = 0; i < 4; ++i) {
    const std::size_t before = collector_.bodies.size();
    collector_.answer(503);
    const http::Loop::TimePoint since = loop_.now();
    while (collector_.bodies.size() == before) loop_.advance(100ms);
    pauses.push_back(loop_.now() - since);
    EXPECT_EQ(collector_.bodies.back(), "<a>");
  }
  EXPECT_THAT(pauses, ElementsAre(500ms, 1s, 2s, 4s)) << "half of 1, 2, 4, 8 s, and more by chance";
  collector_.answer(200);
  EXPECT_EQ(exporter_.counters().sent, 1U);
  EXPECT_EQ(exporter_.counters().lost(), 0U);
  EXPECT_THAT(said_, ElementsAre("no traces at http://x:4318/v1/traces: it answers 503",
                                 "traces arrive at http://x:4318/v1/traces again; 0 spans were lost meanwhile"));
}

TEST_F(ExporterTest, WaitsAsLongAsTheCollectorAsks) {
  exporter_.add("a", 1);
  loop_.advance(1s);
  collector_.answer(CollectorAnswer{.status = 429, .body = {}, .retry_after = 20s});
  exporter_.add(std::string(Exporter::kBatch, 'x'), 1);
  loop_.advance(19900ms);
  EXPECT_EQ(collector_.bodies.size(), 1U);
  loop_.advance(100ms);
  EXPECT_EQ(collector_.bodies.size(), 2U);
  EXPECT_EQ(collector_.bodies.back(), "<a>");
}

TEST_F(ExporterTest, WhatIsNotWantedIsNotSentAgain) {
  for (const int status : {400, 404, 413, 500, 301}) {
    const std::uint64_t refused = exporter_.counters().refused;
    exporter_.add("a", 3);
    loop_.advance(1s);
    collector_.answer(status);
    EXPECT_EQ(exporter_.counters().refused, refused + 3) << status;
    loop_.advance(1h);
    EXPECT_FALSE(collector_.is_asked()) << status;
  }
  EXPECT_EQ(said_.front(), "no traces at http://x:4318/v1/traces: it answers 400; 3 spans were lost");
}

TEST_F(ExporterTest, TellsWhatIsRefusedOfABatch) {
  exporter_.add("a,b,c", 3);
  loop_.advance(1s);
  collector_.answer(200, R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})");
  EXPECT_EQ(exporter_.counters().sent, 1U);
  EXPECT_EQ(exporter_.counters().refused, 2U);
  EXPECT_THAT(said_, ElementsAre("http://x:4318/v1/traces refuses 2 spans: too old; 2 spans were lost"));
}

TEST_F(ExporterTest, ADeadCollectorCostsBoundedMemoryAndALineAMinute) {
  const std::string spans(10'000, 'x');
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 10; ++i) {
      if (exporter_.has_room()) {
        exporter_.add(spans, 1);
      } else {
        exporter_.drop(1);
      }
    }
    fail_for(1s);
  }
  EXPECT_LE(said_.size(), 11U);
  EXPECT_GE(said_.size(), 9U);
  EXPECT_EQ(said_.front(), "no traces at http://x:4318/v1/traces: nobody accepts connections at x:4318");
  EXPECT_THAT(said_.back(), HasSubstr(" spans were lost"));
  EXPECT_LT(collector_.bodies.size(), 60U) << "it is asked less and less";
  const std::uint64_t waiting = 6000 - exporter_.counters().lost();
  EXPECT_LE(waiting * spans.size(), Exporter::kMostWaiting + spans.size());
  EXPECT_GT(exporter_.counters().no_room, 0U);
  EXPECT_GT(exporter_.counters().given_up, 0U);
}

TEST_F(ExporterTest, WhereThereIsNoRoomNobodyNeedsToEncode) {
  while (exporter_.has_room()) exporter_.add(std::string(1000, 'x'), 1);
  EXPECT_EQ(exporter_.counters().no_room, 0U);
  exporter_.add("x", 2);
  EXPECT_EQ(exporter_.counters().no_room, 2U);
}

TEST_F(ExporterTest, AtTheEndAllIsSentAtOnce) {
  exporter_.add(std::string(Exporter::kBatch, 'x'), 1);
  exporter_.add("b", 1);
  bool is_done = false;
  exporter_.finish([&is_done] { is_done = true; });
  EXPECT_EQ(collector_.bodies.size(), 1U);
  collector_.answer(200);
  loop_.advance(0s);
  EXPECT_EQ(collector_.bodies.back(), "<b>");
  EXPECT_FALSE(is_done);
  collector_.answer(200);
  EXPECT_TRUE(is_done);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ExporterTest, TheEndWaitsASecondAtMost) {
  exporter_.add("a", 1);
  bool is_done = false;
  exporter_.finish([&is_done] { is_done = true; });
  loop_.advance(999ms);
  EXPECT_FALSE(is_done);
  loop_.advance(1ms);
  EXPECT_TRUE(is_done);
  EXPECT_THAT(said_, ElementsAre("1 spans did not reach http://x:4318/v1/traces before the end"));
  EXPECT_EQ(exporter_.counters().given_up, 1U);
  collector_.answer(200);  // too late, and harmless
  EXPECT_EQ(exporter_.counters().sent, 0U);
}

TEST_F(ExporterTest, TheEndWaitsNotForWhoIsNotThere) {
  exporter_.add("a", 1);
  bool is_done = false;
  exporter_.finish([&is_done] { is_done = true; });
  collector_.fail();
  EXPECT_TRUE(is_done);
}

TEST_F(ExporterTest, WhereNothingWaitsTheEndIsAtOnce) {
  bool is_done = false;
  exporter_.finish([&is_done] { is_done = true; });
  EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace tenfold::live
