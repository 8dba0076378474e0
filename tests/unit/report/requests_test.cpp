// Single requests: the slowest, the failed, and the life of one with all its attempts.
#include "report/requests.hpp"

#include <memory>

#include <boost/json.hpp>
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
namespace fs = std::filesystem;

class RequestsTest : public testing::Test {
 protected:
  RequestsTest() {
    writer_->checkpoint({});
    writer_->note(journal::ClassNote{.at = now_, .klass = core::RequestClass{1}, .name = "/solve"});
    step(core::TimerDue{}, {core::StartReplica{ReplicaId{1}}, core::StartReplica{ReplicaId{2}}});
    step(core::ReplicaReady{ReplicaId{1}});
    step(core::ReplicaReady{ReplicaId{2}});
  }

  void step(const core::Event& event, const core::Actions& actions = {}) { writer_->step(now_, event, actions); }

  void arrive(std::uint64_t n, std::uint32_t replica, const std::string& id = "") {
    writer_->note(journal::RequestNote{
        .at = now_, .request = RequestId{n}, .method = "POST", .target = "/solve?x=1", .client = "::1", .id = id});
    step(core::RequestArrived{.request = RequestId{n}, .klass = core::RequestClass{1}},
         {core::Dispatch{RequestId{n}, ReplicaId{replica}}});
  }
  void answer(std::uint64_t n, std::uint32_t replica, int status) {
    step(core::ResponseFinished{.request = RequestId{n}, .replica = ReplicaId{replica}});
    writer_->note(journal::AnswerNote{.at = now_ + 2ms,
                                      .request = RequestId{n},
                                      .status = status,
                                      .answer_bytes = 42,
                                      .opened = core::TimePoint{900ms},
                                      .left_slot = now_});
  }

  struct Told {
    Story story;
    std::vector<ToldRequest> requests;
  };
  Told told() {
    writer_->finish();
    Told all;
    all.story = tell_requests(
                    directory_, {.scope = Scope::kWholeRun},
                    [&](const Story&, const ToldRequest& request) { all.requests.push_back(request); }, disk_)
                    .value();
    return all;
  }

  Told told_of(std::string_view id, const Selection& selection = {.scope = Scope::kWholeRun}) {
    writer_->finish();
    Told all;
    all.story = tell_request(
                    directory_, selection, id,
                    [&](const Story&, const ToldRequest& request) { all.requests.push_back(request); }, disk_)
                    .value();
    return all;
  }
  std::vector<std::uint64_t> numbers(std::string_view id, const Selection& selection = {.scope = Scope::kWholeRun}) {
    std::vector<std::uint64_t> found;
    for (const ToldRequest& each : told_of(id, selection).requests) found.push_back(core::to_number(each.request.id));
    return found;
  }

  fs::path directory_ = "/journal";
  journal::MemoryDisk disk_;
  std::unique_ptr<journal::Writer> writer_ = std::move(*journal::Writer::open(disk_, directory_, {}));
  core::TimePoint now_{1s};
};

TEST_F(RequestsTest, ARequestIsFoundByItsNumberAndItsId) {
  arrive(7, 1, "mine");
  arrive(8, 2, "abc-8");
  answer(8, 2, 200);
  answer(7, 1, 200);
  now_ += 10s;
  arrive(9, 1, "7");
  arrive(10, 2, "mine");
  EXPECT_THAT(numbers("7"), ElementsAre(7, 9)) << "a client may call its request what it likes";
  EXPECT_THAT(numbers("mine"), ElementsAre(7, 10)) << "in the order of their arrival";
  EXPECT_THAT(numbers("abc-8"), ElementsAre(8));
  EXPECT_THAT(numbers(""), testing::IsEmpty());
  EXPECT_THAT(numbers("11"), testing::IsEmpty());
  EXPECT_THAT(numbers("7", {.scope = Scope::kNumberedBurst, .number = 1}), ElementsAre(7));
  EXPECT_THAT(numbers("7", {.scope = Scope::kLastBurst}), ElementsAre(9));
}

TEST_F(RequestsTest, OneRequestIsToldAsAmongAll) {
  arrive(7, 1, "mine");
  arrive(8, 2);
  now_ += 1s;
  answer(7, 1, 200);
  answer(8, 2, 500);
  const Told all = told();
  const Told one = told_of("8");
  ASSERT_EQ(one.requests.size(), 1);
  EXPECT_EQ(to_life_text(one.story, one.requests[0]), to_life_text(all.story, all.requests[1]));
  EXPECT_EQ(to_life_json(one.story, one.requests[0]), to_life_json(all.story, all.requests[1]));
}

TEST_F(RequestsTest, AnotherServiceHasRequestsOfItsOwn) {
  arrive(7, 1, "mine");
  answer(7, 1, 200);
  writer_->checkpoint({});
  now_ += 1s;
  step(core::TimerDue{}, {core::StartReplica{ReplicaId{1}}});
  step(core::ReplicaReady{ReplicaId{1}});
  arrive(3, 1, "mine");
  answer(3, 1, 200);
  EXPECT_THAT(numbers("mine"), ElementsAre(3));
  EXPECT_THAT(numbers("7"), testing::IsEmpty());
}

TEST_F(RequestsTest, OneThatWasDispatchedTwiceShowsBothAttemptsWithTheirTimes) {
  arrive(7, 1, "abc-7");
  now_ += 100ms;
  step(core::ResponseFinished{.request = RequestId{7}, .replica = ReplicaId{1}, .outcome = core::Outcome::kNoAnswer},
       {core::Dispatch{.request = RequestId{7}, .replica = ReplicaId{2}, .attempt = 2}});
  now_ += 200ms;
  answer(7, 2, 200);
  const Told all = told();
  const std::string life = to_life_text(all.story, all.requests.front());
  EXPECT_THAT(life, HasSubstr("Request 7 (X-Request-Id abc-7): POST /solve?x=1 from ::1, arrived "));
  EXPECT_THAT(life, HasSubstr("   -0.100 s  its client began to send it, for 100.0 ms\n"));
  EXPECT_THAT(life, HasSubstr("    0.000 s  got a slot of replica 1 at once\n"));
  EXPECT_THAT(life, HasSubstr("    0.100 s  lost its slot after 100.0 ms: no answer\n"));
  EXPECT_THAT(life, HasSubstr("    0.100 s  got a slot of replica 2 at once\n"));
  EXPECT_THAT(life, HasSubstr("    0.300 s  answered, 42 bytes, status 200, after 200.0 ms in its slot\n"));
  EXPECT_THAT(life, HasSubstr("    0.302 s  its client had read its answer, 2.0 ms later\n"));
  const auto json = boost::json::parse(to_life_json(all.story, all.requests.front()));
  ASSERT_EQ(json.at("attempts").as_array().size(), 2);
  EXPECT_EQ(json.at("attempts").at(0).at("outcome"), "no answer");
  EXPECT_NEAR(json.at("attempts").at(1).at("dispatched_s").as_double(), 0.1, 1e-9);
  EXPECT_EQ(json.at("class"), "/solve");
}

TEST_F(RequestsTest, WhoeverFailedARequestIsNamed) {
  arrive(1, 1);
  answer(1, 1, 200);
  arrive(2, 1);
  answer(2, 1, 422);
  step(core::RequestArrived{.request = RequestId{3}},
       {core::Reject{.request = RequestId{3}, .reason = core::RejectReason::kQueueFull}});
  const Story story = told().story;
  const std::vector<RequestStory>& failed = story.burst->failed;
  ASSERT_EQ(failed.size(), 2);
  EXPECT_EQ(end_text(failed[0]), "the program answered 422");
  EXPECT_EQ(end_text(failed[1]), "Tenfold refused it: queue full");
  EXPECT_EQ(story.bursts[0].failed, 2);
  EXPECT_EQ(story.replicas[0].failed, 1) << "a refusal is no replica's";
  const std::vector<GroupStory>& classes = story.burst->classes;
  ASSERT_EQ(classes.size(), 2);
  EXPECT_EQ(classes[0].name, "/solve");
  EXPECT_EQ(classes[0].failed, 1);
}

TEST_F(RequestsTest, TheSlowestComeTheSlowestFirst) {
  for (std::uint64_t n = 1; n <= 9; ++n) {
    arrive(n, 1);
    now_ += std::chrono::milliseconds{n == 4 ? 900 : 10 * n};
    answer(n, 1, 200);
  }
  std::vector<std::uint64_t> numbers;
  const Story story = told().story;
  for (const RequestStory& request : story.burst->slowest) numbers.push_back(core::to_number(request.id));
  EXPECT_THAT(numbers, testing::ElementsAre(4, 9, 8, 7, 6));
}

TEST_F(RequestsTest, AreToldInTheOrderOfTheirArrivalWhicheverEndsFirst) {
  for (std::uint64_t n = 1; n <= 3; ++n) {
    arrive(n, 1);
    now_ += 1ms;
  }
  for (const std::uint64_t n : {3U, 1U}) answer(n, 1, 200);
  std::vector<std::uint64_t> numbers;
  const Told all = told();
  for (const ToldRequest& each : all.requests) numbers.push_back(core::to_number(each.request.id));
  EXPECT_THAT(numbers, testing::ElementsAre(1, 2, 3)) << "also the one that is under way";
}

TEST_F(RequestsTest, AReplicaTellsWhatItUsed) {
  step(core::UsageSampled{.replica = ReplicaId{1}, .cpu = 300ms, .wall = 1s, .memory = core::Bytes{100}});
  step(core::UsageSampled{.replica = ReplicaId{1}, .cpu = 500ms, .wall = 1s, .memory = core::Bytes{50}});
  const ReplicaStory replica = told().story.replicas[0];
  EXPECT_EQ(replica.cpu, 800ms);
  EXPECT_EQ(replica.sampled, 2s);
  EXPECT_EQ(replica.most_memory, core::Bytes{100});
}

}  // namespace
}  // namespace tenfold::report
