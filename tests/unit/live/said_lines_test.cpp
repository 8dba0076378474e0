// What is kept of what was said, and who follows it.
#include "live/said/said_lines.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/said/said_feed.hpp"

namespace tenfold::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr core::ReplicaId kOne{1};
constexpr core::ReplicaId kTwo{2};

std::vector<std::string> texts(const std::vector<const SaidLine*>& lines) {
  std::vector<std::string> all;
  for (const SaidLine* line : lines) all.push_back(line->text);
  return all;
}

class SaidLinesTest : public testing::Test {
 protected:
  void say(std::optional<core::ReplicaId> who, const std::string& text) {
    lines_.add(who, Console::Stream::kOut, text);
  }
  void say_many(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) say(kOne, std::to_string(n));
  }
  static std::vector<std::string> take(SaidLines::Follower& follower) { return texts(follower.take(1 << 20).lines); }

  SaidLines lines_{[] { return std::chrono::system_clock::time_point{}; }};
};

TEST_F(SaidLinesTest, TellsTheLastOfAllOrOfOne) {
  say({}, "it begins");
  say(kOne, "a");
  say(kTwo, "b");
  say(kOne, "c");
  EXPECT_THAT(texts(lines_.last({}, 3)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(texts(lines_.last({kOne}, 1)), ElementsAre("c"));
  EXPECT_THAT(texts(lines_.last({kOne}, 9)), ElementsAre("a", "c"));
  EXPECT_THAT(lines_.last({core::ReplicaId{7}}, 9), IsEmpty());
  EXPECT_THAT(lines_.last({}, 0), IsEmpty());
}

TEST_F(SaidLinesTest, HasABoundOnLinesAndCountsWhatMadeRoom) {
  say_many(SaidLines::kMostLines + 5);
  EXPECT_EQ(lines_.dropped(), 5U);
  EXPECT_EQ(lines_.last({}, SaidLines::kMostLines + 5).size(), SaidLines::kMostLines);
}

TEST_F(SaidLinesTest, HasABoundOnBytes) {
  const std::string half(SaidLines::kMostBytes / 2, 'x');
  say(kOne, half);
  say(kOne, half);
  EXPECT_EQ(lines_.dropped(), 0U);
  say(kOne, "more");
  EXPECT_EQ(lines_.dropped(), 1U);
  EXPECT_THAT(texts(lines_.last({}, 9)), ElementsAre(half, "more"));
}

TEST_F(SaidLinesTest, AFollowerBeginsWithTheLastAndHearsEachLineOnce) {
  say(kOne, "a");
  say(kOne, "b");
  SaidLines::Follower follower{lines_, {}, 1};
  SaidLines::Follower fresh{lines_, {}, 0};
  EXPECT_THAT(take(follower), ElementsAre("b"));
  EXPECT_FALSE(fresh.is_behind());
  say(kTwo, "c");
  EXPECT_THAT(take(follower), ElementsAre("c"));
  EXPECT_THAT(take(follower), IsEmpty());
  EXPECT_THAT(take(fresh), ElementsAre("c"));
}

TEST_F(SaidLinesTest, AFollowerOfOneReplicaHearsNobodyElse) {
  SaidLines::Follower follower{lines_, {kTwo}, 10};
  say(kOne, "a");
  say({}, "replica 2 is ready");
  say(kTwo, "b");
  EXPECT_THAT(take(follower), ElementsAre("b"));
}

TEST_F(SaidLinesTest, AFollowerThatStallsIsToldHowManyItMissedOfItsOwn) {
  say(kTwo, "seen");
  SaidLines::Follower all{lines_, {}, 1};
  SaidLines::Follower two{lines_, {kTwo}, 1};
  take(all);
  take(two);
  say(kTwo, "missed");
  say_many(SaidLines::kMostLines + 1);
  const auto of_all = all.take(1);
  EXPECT_EQ(of_all.missed, 2U) << "the line of replica 2, and the first of the many";
  EXPECT_THAT(texts(of_all.lines), ElementsAre("1"));
  EXPECT_EQ(all.take(1).missed, 0U) << "it is told once";
  EXPECT_EQ(two.take(1).missed, 1U);
}

TEST_F(SaidLinesTest, TakesAboutSoManyBytesAndTheRestLater) {
  SaidLines::Follower follower{lines_, {}, 0};
  for (int n = 0; n < 4; ++n) say(kOne, std::string(100, 'x'));
  EXPECT_EQ(follower.take(300).lines.size(), 2U);
  EXPECT_TRUE(follower.is_behind());
  EXPECT_EQ(follower.take(300).lines.size(), 2U);
  EXPECT_FALSE(follower.is_behind());
}

TEST_F(SaidLinesTest, WhoDoesNotFollowAnyMoreIsForgotten) {
  {
    const SaidLines::Follower follower{lines_, {}, 0};
  }
  say_many(SaidLines::kMostLines + 1);
  EXPECT_EQ(lines_.dropped(), 1U);
}

TEST(SaidQuery, IsReadAndComplainsOfWhatItDoesNotKnow) {
  const auto all = SaidQuery::parse("last=5&replica=3&follow");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->last, 5U);
  EXPECT_EQ(all->by.replica, core::ReplicaId{3});
  EXPECT_TRUE(all->follows);
  EXPECT_EQ(SaidQuery::parse("")->last, SaidQuery::kDefaultLast);
  EXPECT_EQ(SaidQuery::parse("last=0")->last, 0U);
  for (const std::string wrong :
       {"last", "last=", "last=-1", "last=x", "last=10001", "replica=0", "replica=1x", "since=1", "&last=1"}) {
    const auto query = SaidQuery::parse(wrong);
    ASSERT_FALSE(query) << wrong;
    EXPECT_THAT(query.error(), HasSubstr("/logs takes"));
  }
}

}  // namespace
}  // namespace tenfold::live
