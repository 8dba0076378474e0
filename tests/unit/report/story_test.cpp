// A story comes from a journal, as a live service writes it.
#include "report/story.hpp"

#include <memory>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/memory_disk.hpp"
#include "journal/writer.hpp"
#include "report/words.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using core::ReplicaId;
using core::RequestId;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
namespace fs = std::filesystem;

class JournalStory : public testing::Test {
 protected:
  void step(const core::Event& event, const core::Actions& actions = {}) { writer_->step(now_, event, actions); }

  void reopen() {
    writer_->finish();
    writer_.reset();
    writer_ = std::move(*journal::Writer::open(disk_, directory_, {}));
    writer_->checkpoint({});
  }

  Story story() {
    writer_->finish();
    return tell(directory_, {}, disk_).value();
  }

  fs::path directory_ = "/journal";
  journal::MemoryDisk disk_;
  std::unique_ptr<journal::Writer> writer_ = std::move(*journal::Writer::open(disk_, directory_, {}));
  core::TimePoint now_{1s};
};

TEST_F(JournalStory, HasTheStepsAndTheNotes) {
  writer_->checkpoint({});
  writer_->note(journal::ServiceNote{.at = now_, .version = "1.2", .command = "solve", .endpoint = "127.0.0.1:8080"});
  step(core::TimerDue{}, {core::StartReplica{ReplicaId{1}}});
  now_ += 5ms;
  step(core::ReplicaReady{ReplicaId{1}});
  writer_->note(journal::ReplicaReadyNote{.at = now_, .replica = ReplicaId{1}, .pid = 4711});
  step(core::RequestArrived{.request = RequestId{1}}, {core::Dispatch{RequestId{1}, ReplicaId{1}}});
  now_ += 100ms;
  step(core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{1}});
  writer_->note(journal::AnswerNote{.at = now_, .request = RequestId{1}, .status = 422});
  const Story told = story();
  EXPECT_EQ(told.replicas[0].pid, 4711);
  EXPECT_NEAR(told.burst->service.mean_s, 0.1, 1e-9);
  EXPECT_THAT(told.burst->statuses, ElementsAre(Pair(422, 1)));
  EXPECT_THAT(to_text(told, 1000), HasSubstr("Tenfold 1.2 served `solve` at 127.0.0.1:8080 for 105.0 ms."));
  EXPECT_THAT(to_text(told, 1000), HasSubstr("1 request from "));
}

TEST_F(JournalStory, InADirectoryUsedAgainIsThatOfTheLastService) {
  writer_->checkpoint({});
  step(core::RequestArrived{.request = RequestId{1}});
  reopen();
  writer_->note(journal::ServiceNote{.at = now_, .version = "second"});
  step(core::TimerDue{});
  const Story told = story();
  EXPECT_EQ(told.version, "second");
  EXPECT_EQ(told.requests, 0);
  EXPECT_FALSE(told.burst);
}

TEST_F(JournalStory, StartsThatFollowEachOtherAreOneLineAndANormalEndReadsAsOne) {
  writer_->checkpoint({});
  for (std::uint32_t n = 1; n <= 8; ++n) {
    core::Actions actions{
        core::StartReplica{ReplicaId{n}},
        core::RecordDecision{.cause = core::DecisionCause::kRule, .desired = n, .current = n - 1, .starts = 1}};
    if (n == 1) step(core::RequestArrived{.request = RequestId{1}});
    step(core::TimerDue{}, actions);
    now_ += 400us;
  }
  step(core::ReplicaReady{ReplicaId{1}}, {core::Dispatch{RequestId{1}, ReplicaId{1}}});
  now_ += 100ms;
  step(core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{1}},
       {core::StopReplica{ReplicaId{1}, 10s}});
  now_ += 1ms;
  step(core::ReplicaExited{.replica = ReplicaId{1}});
  const std::string text = to_text(story(), 1000);
  EXPECT_THAT(text, HasSubstr("8 started in 8 decisions within 2.8 ms, at last: "));
  EXPECT_THAT(text, HasSubstr("replica 1 ended as told\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("No further replica was started")));
}

TEST_F(JournalStory, WhatIsTakenFromTheWarmIsToldAsStartsAre) {
  for (const int decisions : {1, 3}) {
    reopen();
    writer_->checkpoint({});
    step(core::RequestArrived{.request = RequestId{1}}, {core::Dispatch{RequestId{1}, ReplicaId{1}}});
    now_ += 1ms;
    step(core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{1}});
    for (int n = 0; n < decisions; ++n) {
      now_ += 400us;
      step(core::TimerDue{},
           {core::RecordDecision{.cause = core::DecisionCause::kRule, .desired = 2, .current = 1, .enlists = 1}});
    }
    const std::string text = to_text(story(), 1000);
    EXPECT_THAT(text, HasSubstr("took 1 that was warm"));
    if (decisions == 3) {
      EXPECT_THAT(text, HasSubstr("3 started or taken from the warm in 3 decisions"));
    }
  }
}

TEST_F(JournalStory, FitsItsWidth) {
  writer_->checkpoint({});
  writer_->note(journal::ServiceNote{.version = "1.2", .command = "a program with a long command line, of many words"});
  step(core::RequestArrived{.request = RequestId{1}},
       {core::Reject{.request = RequestId{1}, .reason = core::RejectReason::kQueueFull}});
  const Story told = story();
  for (const std::size_t width : {78U, 100U, 160U}) {
    std::istringstream lines{to_text(told, width)};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), width) << line;
  }
}

TEST(Wrapped, BreaksBetweenWordsAndKeepsWhatALineBeginsWith) {
  EXPECT_EQ(wrapped("  0.1 s  one two three", 15, 9), "  0.1 s  one\n         two\n         three");
  EXPECT_EQ(wrapped("averyverylongword a", 5, 0), "averyverylongword\na");
  EXPECT_EQ(wrapped("", 5, 0), "");
}

TEST(Story, OfADirectoryWithoutAJournalIsAnError) {
  const auto told = tell("/nowhere/to/be/found");
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error(), HasSubstr("/nowhere/to/be/found"));
}

}  // namespace
}  // namespace tenfold::report
