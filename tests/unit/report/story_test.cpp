// A story comes from a journal, as a live service writes it.
#include "report/story.hpp"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/memory_disk.hpp"
#include "journal/writer.hpp"

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
  EXPECT_THAT(to_text(told), HasSubstr("Tenfold 1.2 served `solve` at 127.0.0.1:8080 for 105.0 ms."));
  EXPECT_THAT(to_text(told), HasSubstr("1 request from "));
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

TEST(Story, OfADirectoryWithoutAJournalIsAnError) {
  const auto told = tell("/nowhere/to/be/found");
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error(), HasSubstr("/nowhere/to/be/found"));
}

}  // namespace
}  // namespace tenfold::report
