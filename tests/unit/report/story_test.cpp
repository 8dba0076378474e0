// The story of a burst whose every number can be worked out by hand.
#include "report/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

// A core under virtual time that writes a journal, as a live service does.
class StoryTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(directory_); }

  void step(const core::Event& event) {
    if (writer_->needs_checkpoint()) writer_->checkpoint(service_.save());
    core::Actions actions;
    service_.handle(now_, event, actions);
    writer_->step(now_, event, actions);
    for (const core::Action& action : actions) {
      if (const auto* dispatch = std::get_if<core::Dispatch>(&action)) running_.push_back(*dispatch);
    }
  }

  // `count` at once on two replicas of one slot, 100 ms each.
  void burst(std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n)
      step(core::RequestArrived{.request = RequestId{next_++}, .deadline = now_ + 1h});
    while (!running_.empty()) {
      now_ += 100ms;
      for (const core::Dispatch& done : std::exchange(running_, {})) {
        step(core::ResponseFinished{.request = done.request, .replica = done.replica});
        writer_->note(journal::AnswerNote{.at = now_, .request = done.request, .status = 200});
      }
    }
  }

  Story story() {
    writer_.reset();
    return tell(directory_).value();
  }

  fs::path directory_ = [] {
    std::string made = (fs::temp_directory_path() / "tenfold-story-XXXXXX").string();
    return fs::path{::mkdtemp(made.data())};
  }();
  core::Service service_{core::Settings{}};
  std::unique_ptr<journal::Writer> writer_ = std::move(*journal::Writer::open(directory_, {}));
  core::TimePoint now_{1s};
  std::uint64_t next_ = 1;
  std::vector<core::Dispatch> running_;

  void start() {
    step(core::TimerDue{});
    now_ += 5ms;
    step(core::ReplicaReady{ReplicaId{1}});
    step(core::ReplicaReady{ReplicaId{2}});
    now_ += 1s;
  }
};

TEST(Percentiles, AreExactByNearestRank) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  const Percentiles p = percentiles_of(values);
  EXPECT_EQ(p.count, 100);
  EXPECT_EQ(p.min_s, 1);
  EXPECT_EQ(p.mean_s, 50.5);
  EXPECT_EQ(p.p50_s, 50);
  EXPECT_EQ(p.p90_s, 90);
  EXPECT_EQ(p.p95_s, 95);
  EXPECT_EQ(p.p99_s, 99);
  EXPECT_EQ(p.max_s, 100);
  EXPECT_EQ(percentiles_of({}).count, 0);
  EXPECT_EQ(percentiles_of({3}).p50_s, 3);
}

TEST_F(StoryTest, MeasuresABurst) {
  start();
  burst(100);
  const Story told = story();
  ASSERT_TRUE(told.burst);
  const Burst& burst = *told.burst;
  EXPECT_EQ(burst.requests.size(), 100);
  EXPECT_EQ(burst.took_slots_at_once, 2);
  EXPECT_EQ(burst.deepest_queue, 98);
  EXPECT_DOUBLE_EQ(burst.makespan_s(), 5.0);
  EXPECT_NEAR(burst.total.mean_s, 2.55, 1e-9);
  EXPECT_NEAR(burst.wait.mean_s, 2.45, 1e-9);
  EXPECT_NEAR(burst.service.p99_s, 0.1, 1e-9);
  EXPECT_NEAR(burst.total.p50_s, 2.5, 1e-9);
  EXPECT_NEAR(burst.total.max_s, 5.0, 1e-9);
  EXPECT_THAT(burst.shares, ElementsAre(Pair(ReplicaId{1}, 50), Pair(ReplicaId{2}, 50)));
  EXPECT_THAT(burst.statuses, ElementsAre(Pair(200, 100)));
  const std::string text = to_text(told);
  EXPECT_THAT(text, HasSubstr("100 arrive within 0.0 ms; 2 took a free slot on arrival (replicas 1, 2)"));
  EXPECT_THAT(text, HasSubstr("the queue is deepest: 98 wait"));
  EXPECT_THAT(text, HasSubstr("the scale rule did not look between the first arrival and the last answer"));
  EXPECT_THAT(text, HasSubstr("200 x 100"));
  EXPECT_THAT(to_json(told), HasSubstr("\"deepest_queue\":98"));
}

TEST_F(StoryTest, TellsTheLargestOfSeveralBursts) {
  start();
  burst(10);
  now_ += 2s;
  burst(30);
  now_ += 2s;
  burst(5);
  const Story told = story();
  EXPECT_EQ(told.bursts, 3);
  EXPECT_EQ(told.requests, 45);
  EXPECT_EQ(told.burst->requests.size(), 30);
}

TEST_F(StoryTest, TellsWhyItScaled) {
  start();
  for (std::uint64_t n = 1; n <= 60; ++n) step(core::RequestArrived{.request = RequestId{n}});
  now_ += 15s;
  step(core::TimerDue{});
  step(core::ReplicaReady{ReplicaId{3}});
  step(core::ReplicaReady{ReplicaId{4}});
  const Story told = story();
  EXPECT_EQ(told.burst->unfinished, 60);
  const std::string text = to_text(told);
  EXPECT_THAT(text, HasSubstr("ask for 6; 4 in this step, from 2: 4 wanted, 2 there, started 2"));
  EXPECT_THAT(text, HasSubstr("replica 3 is ready, 0.0 ms after its start"));
}

TEST_F(StoryTest, CountsEveryEnd) {
  start();
  for (std::uint64_t n = 1; n <= 6; ++n)
    step(core::RequestArrived{.request = RequestId{n}, .deadline = n == 6 ? now_ + 1s : core::kNever});
  step(core::RequestCancelled{RequestId{1}});
  step(core::RequestCancelled{RequestId{3}});
  now_ += 100ms;
  step(core::ResponseFinished{.request = RequestId{1}, .replica = ReplicaId{1}, .outcome = core::Outcome::kAbandoned});
  step(core::ResponseFinished{.request = RequestId{2}, .replica = ReplicaId{2}, .outcome = core::Outcome::kNoAnswer});
  now_ += 2s;
  step(core::TimerDue{});
  const Story told = story();
  EXPECT_EQ(told.burst->cancelled, 2);
  EXPECT_THAT(told.burst->rejects,
              ElementsAre(Pair(core::RejectReason::kDeadlinePassed, 1), Pair(core::RejectReason::kReplicaLost, 1)));
  EXPECT_EQ(told.burst->load.back().waiting, service_.view().waiting);
  EXPECT_EQ(told.burst->load.back().running, service_.view().running);
}

TEST_F(StoryTest, InADirectoryUsedAgainTheLastServiceIsTold) {
  start();
  burst(50);
  writer_.reset();
  writer_ = std::move(*journal::Writer::open(directory_, {}));
  core::Service second{core::Settings{}};
  core::Actions actions;
  writer_->checkpoint(second.save());
  writer_->note(journal::ServiceNote{.at = now_, .version = "second"});
  second.handle(now_, core::TimerDue{}, actions);
  writer_->step(now_, core::TimerDue{}, actions);
  const Story told = story();
  EXPECT_EQ(told.version, "second");
  EXPECT_EQ(told.requests, 0);
  EXPECT_FALSE(told.burst);
}

TEST_F(StoryTest, AServiceThatNobodyAskedHasAStoryToo) {
  start();
  const Story told = story();
  EXPECT_FALSE(told.burst);
  EXPECT_THAT(to_text(told), HasSubstr("No request arrived."));
  EXPECT_THAT(to_json(told), HasSubstr("\"burst\":null"));
}

}  // namespace
}  // namespace tenfold::report
