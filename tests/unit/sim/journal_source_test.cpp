// What a journal's records come to: arrivals, service times, cold starts.
#include "sim/journal_source.hpp"

#include <filesystem>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "journal/writer.hpp"
#include "sim/cold_start.hpp"
#include "sim/service_time.hpp"
#include "sim/workload.hpp"
#include "unit/sim/scratch_file.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

core::RequestId request(std::uint64_t n) { return core::RequestId{n}; }
core::ReplicaId replica(std::uint32_t n) { return core::ReplicaId{n}; }
core::TimePoint at(core::Duration since) { return core::TimePoint{since}; }

journal::Step step(core::Duration now, core::Event event, core::Actions actions = {}) {
  return {.now = at(now), .event = std::move(event), .actions = std::move(actions)};
}
core::Dispatch dispatch(std::uint64_t n, std::uint8_t attempt = 1) {
  return {.request = request(n), .replica = replica(1), .attempt = attempt};
}
core::ResponseFinished finished(std::uint64_t n, core::Outcome outcome = core::Outcome::kAnswered) {
  return {.request = request(n), .replica = replica(1), .outcome = outcome};
}
core::RequestArrived arrived(std::uint64_t n, std::uint32_t klass = 0) {
  return {.request = request(n), .klass = core::RequestClass{klass}};
}
core::Checkpoint checkpoint(bool started) { return {.started = started}; }

Recording record(const std::vector<journal::Record>& records) {
  RecordingBuilder builder;
  for (const journal::Record& r : records) builder.take(r);
  return builder.finish();
}

TEST(Recording, CountsTimesFromTheFirstArrival) {
  const Recording recording = record({
      checkpoint(false),
      step(5s, arrived(1, 2), {dispatch(1)}),
      step(5500ms, arrived(2)),
      step(6s, finished(1), {dispatch(2)}),
      step(6250ms, finished(2)),
      step(7s, arrived(3)),
  });
  EXPECT_THAT(recording.arrivals, ElementsAre(Arrival{.klass = core::RequestClass{2}, .service = 1s},
                                              Arrival{.at = at(500ms), .service = 250ms}, Arrival{.at = at(2s)}));
}

TEST(Recording, TakesTheServiceTimeOfTheTryThatWasAnswered) {
  const Recording recording = record({
      checkpoint(false),
      step(0s, arrived(1), {dispatch(1)}),
      step(0s, arrived(2), {dispatch(2)}),
      step(3s, finished(1, core::Outcome::kNoAnswer), {dispatch(1, 2)}),
      step(4s, finished(1)),
      step(5s, finished(2, core::Outcome::kAbandoned)),
  });
  EXPECT_THAT(recording.arrivals, ElementsAre(Arrival{.service = 1s}, Arrival{}));
}

TEST(Recording, MeasuresColdStartsOfReplicasThatBecameReady) {
  const Recording recording = record({
      checkpoint(false),
      step(1s, core::TimerDue{},
           {core::StartReplica{replica(1)}, core::StartReplica{replica(2)}, core::StartReplica{replica(3)}}),
      step(1200ms, core::ReplicaReady{replica(1)}), step(2s, core::ReplicaExited{.replica = replica(2)}),
      step(3s, core::ReplicaReady{replica(3)}),
      step(9s, core::ReplicaReady{replica(1)}),  // again, after a failed probe
  });
  EXPECT_THAT(recording.cold_starts, ElementsAre(200ms, 2s));
}

TEST(Recording, LeavesOutStartsThatWaitedForTheirZygoteIfThereAreOthers) {
  const auto cold_starts = [](core::StartWay second) {
    return record({checkpoint(false),
                   step(1s, core::TimerDue{}, {core::StartReplica{replica(1)}, core::StartReplica{replica(2)}}),
                   step(3s, core::ReplicaReady{.replica = replica(1), .way = core::StartWay::kFirstFork}),
                   step(4s, core::ReplicaReady{.replica = replica(2), .way = second})})
        .cold_starts;
  };
  EXPECT_THAT(cold_starts(core::StartWay::kFork), ElementsAre(3s));
  EXPECT_THAT(cold_starts(core::StartWay::kFirstFork), ElementsAre(2s, 3s));
}

TEST(Recording, KnowsWhatWasUnderWayWhenTheJournalBegins) {
  core::Checkpoint begin = checkpoint(true);
  begin.waiting = {{.id = request(8), .arrived = at(9s)}};
  begin.running = {
      {.id = request(7), .state = core::RequestState::kRunning, .arrived = at(8s), .dispatched = at(8500ms)}};
  const Recording recording = record({
      begin,
      step(10s, finished(7), {dispatch(8)}),
      step(11s, finished(8)),
      step(12s, arrived(9)),
  });
  EXPECT_THAT(recording.arrivals,
              ElementsAre(Arrival{.service = 1500ms}, Arrival{.at = at(1s), .service = 1s}, Arrival{.at = at(4s)}));
}

TEST(Recording, MeasuresNothingAcrossAGap) {
  core::Checkpoint after = checkpoint(true);
  after.running = {{.id = request(2), .state = core::RequestState::kRunning, .arrived = at(0s), .dispatched = at(6s)},
                   {.id = request(3), .state = core::RequestState::kRunning, .arrived = at(4s), .dispatched = at(7s)}};
  const Recording recording = record({
      checkpoint(false),
      step(0s, arrived(1), {dispatch(1), core::StartReplica{replica(5)}}),
      step(0s, arrived(2), {dispatch(2)}),
      journal::Gap{.lost = 9},
      after,
      step(8s, finished(1)),  // its second dispatch was lost
      step(9s, finished(2)),
      step(9s, finished(3)),
      step(9s, core::ReplicaReady{replica(5)}),
  });
  EXPECT_THAT(recording.arrivals, ElementsAre(Arrival{}, Arrival{.service = 3s}, Arrival{.at = at(4s), .service = 2s}));
  EXPECT_TRUE(recording.cold_starts.empty());
}

TEST(Recording, IsThatOfTheLastServiceInTheDirectory) {
  core::Checkpoint second = checkpoint(false);
  second.settings.scale.max_replicas = 77;
  const Recording recording = record({
      checkpoint(false),
      step(0s, arrived(1), {dispatch(1), core::StartReplica{replica(1)}}),
      second,
      step(2s, core::TimerDue{}, {core::StartReplica{replica(1)}}),
      step(3s, core::ReplicaReady{replica(1)}),
      step(4s, arrived(1), {dispatch(1)}),
      step(9s, finished(1)),
  });
  EXPECT_THAT(recording.arrivals, ElementsAre(Arrival{.service = 5s}));
  EXPECT_THAT(recording.cold_starts, ElementsAre(1s));
  EXPECT_EQ(recording.settings.scale.max_replicas, 77U);
}

TEST(JournalSpec, NamesADirectoryAndWhichOfItsRequestsAreMeant) {
  const auto all = parse_journal_spec("a,b/run").value();
  EXPECT_EQ(all.directory, "a,b/run");
  EXPECT_EQ(all.skip, 0s);
  EXPECT_EQ(all.length, core::Duration::max());
  const auto part = parse_journal_spec("a,b,skip=1500ms,for=2s").value();
  EXPECT_EQ(part.directory, "a,b");
  EXPECT_EQ(part.skip, 1500ms);
  EXPECT_EQ(part.length, 2s);
  EXPECT_FALSE(parse_journal_spec("run,skip=soon"));
}

TEST(Recording, KnowsItsOffsetFromThePolicysPolls) {
  EXPECT_EQ(record({checkpoint(false), step(3s, core::TimerDue{}), step(10s, arrived(1))}).offset, 7s)
      << "they count from the service's first step";
  core::Checkpoint later = checkpoint(true);
  later.settings.scale.policy = core::PolicyKind::kHpa;
  later.hpa.next_evaluation = at(45s);
  EXPECT_EQ(record({later, step(41s, arrived(1))}).offset, -4s);
  later.settings.scale.policy = core::PolicyKind::kSlo;
  EXPECT_EQ(record({later, step(41s, arrived(1))}).offset, std::nullopt);
}

// A journal on disk.
class JournalSourceTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::vector<journal::Step>& steps) {
    const auto writer = *journal::Writer::open(journal::real_disk(), directory_, {});
    writer->checkpoint(checkpoint(false));
    for (const journal::Step& s : steps) writer->step(s.now, s.event, s.actions);
    writer->finish();
  }
  std::string spec() const { return "journal:" + directory_.string(); }

  std::filesystem::path directory_ =
      std::filesystem::path{testing::TempDir()} / ("recording_" + std::to_string(::getpid()));
};

TEST_F(JournalSourceTest, FeedsWorkloadServiceTimesAndColdStarts) {
  write({step(1s, core::TimerDue{}, {core::StartReplica{replica(1)}}), step(1250ms, core::ReplicaReady{replica(1)}),
         step(2s, arrived(1, 1), {dispatch(1)}), step(2100ms, finished(1), {}), step(3s, arrived(2, 2), {dispatch(2)}),
         step(5s, finished(2))});

  const auto workload = make_workload(spec(), 1);
  ASSERT_TRUE(workload) << workload.error();
  EXPECT_EQ((*workload)->total(), 2U);
  EXPECT_EQ((*workload)->next(), (Arrival{.klass = core::RequestClass{1}, .service = 100ms}));
  EXPECT_EQ((*workload)->next(), (Arrival{.at = at(1s), .klass = core::RequestClass{2}, .service = 2s}));
  EXPECT_EQ((*workload)->next(), std::nullopt);
  EXPECT_TRUE(make_workload(spec() + "/000001.tfj", 1)) << "one of its files";

  Random random{1};
  const auto service = make_service_time(spec(), 1);
  ASSERT_TRUE(service) << service.error();
  std::set<core::Duration> drawn;
  for (int i = 0; i < 100; ++i) {
    Arrival second{.klass = core::RequestClass{2}};
    EXPECT_EQ((*service)->draw(second, random), 2s) << "of its class";
    Arrival any;
    drawn.insert((*service)->draw(any, random));
    EXPECT_NE(any.klass, core::RequestClass{}) << "and of which it is";
  }
  EXPECT_THAT(drawn, ElementsAre(100ms, 2s)) << "of any class";

  const auto cold_start = make_cold_start(spec());
  ASSERT_TRUE(cold_start) << cold_start.error();
  EXPECT_EQ((*cold_start)->draw(random), 250ms);
}

TEST_F(JournalSourceTest, ClassesAreMatchedByTheirNames) {
  const auto writer = *journal::Writer::open(journal::real_disk(), directory_, {});
  writer->checkpoint(checkpoint(false));
  writer->note(journal::ClassNote{.klass = core::RequestClass{1}, .name = "/slow"});
  writer->note(journal::ClassNote{.klass = core::RequestClass{2}, .name = "/fast"});
  for (const auto& s : {step(0s, arrived(1, 1), {dispatch(1)}), step(9s, finished(1), {}),
                        step(9s, arrived(2, 2), {dispatch(2)}), step(10s, finished(2))}) {
    writer->step(s.now, s.event, s.actions);
  }
  writer->finish();
  // A trace whose classes come in another order.
  const ScratchFile trace{"t,class\n0,/fast\n1,/slow\n"};
  ClassNames names;
  const auto workload = make_workload("trace:" + trace.path(), 1, {.classes = &names});
  ASSERT_TRUE(workload) << workload.error();
  const auto service = make_service_time(spec(), 1, &names);
  ASSERT_TRUE(service) << service.error();
  Random random{1};
  Arrival fast = *(*workload)->next();
  EXPECT_EQ((*service)->draw(fast, random), 1s);
  Arrival slow = *(*workload)->next();
  EXPECT_EQ((*service)->draw(slow, random), 9s);
  EXPECT_THAT(names.all(), ElementsAre("/fast", "/slow"));
  EXPECT_THAT((*service)->unknown_classes(), IsEmpty());
  Arrival other{.klass = names.number_of("/fast?twice")};
  EXPECT_THAT((*service)->draw(other, random), AnyOf(1s, 9s));
  EXPECT_THAT((*service)->unknown_classes(), ElementsAre(other.klass)) << "told, for it was a guess";
}

TEST_F(JournalSourceTest, SaysWhatAJournalDoesNotTell) {
  EXPECT_THAT(make_workload(spec(), 1).error(), HasSubstr("there is no journal in"));
  write({step(1s, core::TimerDue{})});
  EXPECT_THAT(make_workload(spec(), 1).error(), HasSubstr("no request arrived in the journal"));
  write({step(1s, arrived(1))});
  EXPECT_THAT(make_service_time(spec(), 1).error(), HasSubstr("no request of the journal was answered"));
  EXPECT_THAT(make_cold_start(spec()).error(), HasSubstr("no replica"));
}

}  // namespace
}  // namespace tenfold::sim
