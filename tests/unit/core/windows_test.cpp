// Averages by the second, with the cases of knative's bucketing_test.go.
#include "core/scale/windows.hpp"

#include <gtest/gtest.h>

namespace tenfold::core {
namespace {

using namespace std::chrono_literals;

// Seconds 100 to 104 hold 1, 2, 3, 4, 5.
SecondsWindow five_seconds() {
  SecondsWindow window{5s};
  for (std::int64_t i = 0; i < 5; ++i) window.record(100 + i, static_cast<double>(i + 1));
  return window;
}

TEST(SecondsWindow, AveragesOverTheSecondsSinceTheFirst) {
  SecondsWindow window{60s};
  window.record(100, 1);
  EXPECT_EQ(window.average(100), 1);
  window.record(101, 2);
  EXPECT_EQ(window.average(101), 1.5);
}

TEST(SecondsWindow, AveragesOverTheWholeWindowOnceItIsFull) {
  SecondsWindow window = five_seconds();
  EXPECT_EQ(window.average(104), 3);
  EXPECT_EQ(window.average(103), 3) << "who looks behind the last record sees all of it";
  window.record(105, 10);
  EXPECT_EQ(window.average(105), (2. + 3 + 4 + 5 + 10) / 5);
}

TEST(SecondsWindow, SecondsAfterTheLastRecordDoNotCount) {
  EXPECT_EQ(five_seconds().average(106), (3. + 4 + 5) / 3);
  EXPECT_EQ(five_seconds().average(108), 5);
}

TEST(SecondsWindow, SecondsThatWereLeftOutCountAsZero) {
  SecondsWindow window = five_seconds();
  window.record(106, 91);
  EXPECT_EQ(window.average(106), (3. + 4 + 5 + 0 + 91) / 5);
  SecondsWindow other = five_seconds();
  other.record(108, 2);
  EXPECT_EQ(other.average(108), (5. + 2) / 5);
}

TEST(SecondsWindow, IsZeroAfterAWholeWindowWithoutARecord) {
  EXPECT_EQ(five_seconds().average(109), 0);
  EXPECT_EQ(five_seconds().average(110), 0);
  EXPECT_FALSE(five_seconds().is_empty(109));
  EXPECT_TRUE(five_seconds().is_empty(110));
  EXPECT_TRUE(SecondsWindow{5s}.is_empty(0));
  EXPECT_EQ(SecondsWindow{5s}.average(7), 0);
}

TEST(SecondsWindow, BeginsAnewAfterAWholeWindowWithoutARecord) {
  SecondsWindow window = five_seconds();
  window.record(109, 8);
  EXPECT_EQ(window.average(109), 8);
  window.record(110, 4);
  EXPECT_EQ(window.average(110), 6);
}

TEST(SecondsWindow, AddsUpWithinASecond) {
  SecondsWindow window{5s};
  window.record(100, 1);
  window.record(100, 2);
  EXPECT_EQ(window.average(100), 3);
}

TEST(SecondsWindow, RoundsToSixDigits) {
  SecondsWindow window{3s};
  window.record(1, 1);
  window.record(2, 0);
  window.record(3, 0);
  EXPECT_EQ(window.average(3), 0.333333);
  window.record(3, 2e-7);
  EXPECT_EQ(window.average(3), 0.333333);
}

TEST(SecondsWindow, HasAsManySecondsAsHaveBegun) {
  EXPECT_EQ(SecondsWindow{5500ms}.save().seconds.size(), 6);
  EXPECT_EQ(SecondsWindow{100ms}.save().seconds.size(), 1);
}

TEST(SecondsWindow, GoesOnFromARecordOfItsLength) {
  SecondsWindow window{5s};
  window.load(five_seconds().save());
  EXPECT_EQ(window.average(104), 3);
  SecondsWindow longer{6s};
  longer.load(five_seconds().save());
  EXPECT_TRUE(longer.is_empty(104));
}

}  // namespace
}  // namespace tenfold::core
