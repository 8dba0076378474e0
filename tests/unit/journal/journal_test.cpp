// What is written is read again, whatever happened to the end of the file; and a journal replays to the same actions.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "journal/codec.hpp"
#include "journal/files.hpp"
#include "journal/print.hpp"
#include "journal/reader.hpp"
#include "journal/replay.hpp"
#include "journal/writer_thread.hpp"

namespace tenfold::journal {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::HasSubstr;

class JournalTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(directory_); }

  std::unique_ptr<WriterThread> open(WriterOptions options = {}) {
    return std::move(*WriterThread::start(directory_, std::move(options)));
  }
  std::vector<fs::path> files() const { return files_of(real_disk(), directory_); }

  // Drives a core through a little burst and records it.
  void record_burst(Writer& writer, core::Service& service, std::uint64_t requests) {
    core::Actions actions;
    const auto step = [&](const core::Event& event) {
      if (writer.needs_checkpoint()) writer.checkpoint(service.save());
      actions.clear();
      service.handle(now_, event, actions);
      writer.step(now_, event, actions);
    };
    step(core::TimerDue{});
    step(core::ReplicaReady{core::ReplicaId{1}});
    step(core::ReplicaReady{core::ReplicaId{2}});
    for (std::uint64_t n = 1; n <= requests; ++n) {
      writer.note(RequestNote{
          .at = now_, .request = core::RequestId{n}, .method = "POST", .target = "/solve", .client = "::1"});
      step(core::RequestArrived{.request = core::RequestId{n}, .deadline = now_ + 1h});
    }
    for (std::uint64_t n = 1; n <= requests; ++n) {
      now_ += 10ms;
      step(core::ResponseFinished{.request = core::RequestId{n},
                                  .replica = core::ReplicaId{1 + static_cast<std::uint32_t>((n - 1) % 2)}});
    }
  }

  template <class Condition>
  static void wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }

  std::vector<Record> read_all(std::string* problem = nullptr) {
    std::vector<Record> records;
    Reader reader = *Reader::open(directory_);
    while (auto record = reader.next()) records.push_back(std::move(*record));
    if (problem) *problem = reader.damage();
    return records;
  }

  static std::string slurp(const fs::path& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
  static void spill(const fs::path& path, std::string_view bytes) { std::ofstream{path, std::ios::binary} << bytes; }

  core::TimePoint now_{1s};
  fs::path directory_ = [] {
    std::string made = (fs::temp_directory_path() / "tenfold-journal-XXXXXX").string();
    return fs::path{::mkdtemp(made.data())};
  }();
};

template <class T>
T round_trip(const T& value) {
  std::string bytes;
  Encoder{bytes}.put(value);
  T back;
  Decoder decoder{bytes};
  decoder.get(back);
  EXPECT_TRUE(decoder.is_good() && decoder.is_at_end());
  return back;
}

TEST_F(JournalTest, EveryEventAndActionComesBackAsItWas) {
  const core::RequestId request{7};
  const core::ReplicaId replica{3};
  const std::vector<core::Event> events{core::RequestArrived{request, core::TimePoint{5s}, true},
                                        core::RequestCancelled{request},
                                        core::ResponseFinished{request, replica, core::Outcome::kNoAnswer},
                                        core::ReplicaReady{replica},
                                        core::ReplicaExited{replica, core::ExitKind::kSignaled, 9},
                                        core::UsageSampled{replica, 1s, 2s, core::mebibytes(3)},
                                        core::TimerDue{},
                                        core::ShutdownRequested{}};
  EXPECT_EQ(round_trip(events), events);
  const core::Actions actions{
      core::Dispatch{request, replica, 2},
      core::Reject{request, core::RejectReason::kPoison, 3s},
      core::CancelOnReplica{request, replica},
      core::StartReplica{replica},
      core::DrainReplica{replica},
      core::StopReplica{replica, 30s},
      core::RecordDecision{.cause = core::DecisionCause::kRule, .metric = 1.5, .pause = 2s, .running = 9}};
  EXPECT_EQ(round_trip(actions), actions);
}

TEST_F(JournalTest, ReadsWhatWasWrittenAndReplaysToTheSameActions) {
  {
    auto journal = open();
    core::Service service{core::Settings{}};
    record_burst(journal->writer(), service, 100);
  }
  const auto records = read_all();
  EXPECT_EQ(records.size(), 1 + 3 + 100 + 200);
  EXPECT_TRUE(std::holds_alternative<core::Checkpoint>(records.front()));
  const auto result = replay(directory_);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->steps, 203);
  EXPECT_EQ(result->difference, "");
}

TEST_F(JournalTest, ATornTailIsSkippedAtEveryByte) {
  {
    auto journal = open();
    core::Service service{core::Settings{}};
    record_burst(journal->writer(), service, 3);
  }
  const fs::path file = files().front();
  const std::string whole = slurp(file);
  const std::size_t count = read_all().size();
  for (std::size_t size = whole.size(); size-- > kFileHeaderSize;) {
    spill(file, std::string_view{whole}.substr(0, size));
    std::string problem;
    EXPECT_LT(read_all(&problem).size(), count);
    EXPECT_EQ(problem, "") << "cut at " << size;
  }
}

TEST_F(JournalTest, AFlippedByteIsFoundWhereverItIs) {
  {
    auto journal = open();
    core::Service service{core::Settings{}};
    record_burst(journal->writer(), service, 2);
  }
  const fs::path file = files().front();
  const std::string whole = slurp(file);
  const std::size_t count = read_all().size();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    spill(file, damaged);
    std::string problem;
    const std::size_t read = read_all(&problem).size();
    EXPECT_TRUE(!problem.empty() || read < count) << "byte " << at;
  }
}

// A damaged byte under a mended checksum: the journal is well-formed and tells another story.
TEST_F(JournalTest, ReplayTellsTheFirstDifference) {
  {
    auto journal = open();
    core::Service service{core::Settings{}};
    core::Actions actions;
    journal->writer().checkpoint(service.save());
    service.handle(now_, core::TimerDue{}, actions);
    actions.pop_back();  // one replica fewer than the core started
    journal->writer().step(now_, core::TimerDue{}, actions);
  }
  const auto result = replay(directory_);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->difference, HasSubstr("record 1 "));
  EXPECT_THAT(result->difference, HasSubstr("recorded  nothing"));
  EXPECT_THAT(result->difference, HasSubstr("replayed  start replica 2"));
}

TEST_F(JournalTest, BeginsANewFileWithACheckpointWhenOneIsFullAndKeepsTheLast) {
  {
    auto journal = open({.file_bytes = 2000, .files = 3});
    core::Service service{core::Settings{}};
    core::Actions actions;
    for (int i = 0; i < 400; ++i) {
      if (journal->writer().needs_checkpoint()) journal->writer().checkpoint(service.save());
      now_ += 1s;
      actions.clear();
      service.handle(now_, core::TimerDue{}, actions);
      journal->writer().step(now_, core::TimerDue{}, actions);
      // The writer's thread says when a file is full: let it catch up now and then.
      if (i % 100 == 99) wait_until([&] { return journal->writer().needs_checkpoint(); });
    }
  }
  EXPECT_EQ(files().size(), 3);
  EXPECT_GT(number_of(files().front()), 1);
  const auto result = replay(directory_);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->difference, "");
}

TEST_F(JournalTest, AFullBufferDropsCountsAndGoesOnFromACheckpoint) {
  std::uint64_t lost = 0;
  {
    auto journal = open({.buffer_bytes = 3000});
    core::Service service{core::Settings{}};
    record_burst(journal->writer(), service, 300);
    lost = journal->writer().lost();
  }
  EXPECT_GT(lost, 0);
  const auto result = replay(directory_);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->difference, "");
}

TEST_F(JournalTest, AFullDiskIsToldOnceAndTheServiceGoesOn) {
  // The limit on a file's size stands in for a full disk: write fails in the same way.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tight{1000, before.rlim_max};
  std::atomic<int> told = 0;
  std::promise<std::string> first;
  {
    auto journal = open({.on_trouble = [&](const std::string& what) {
      if (++told == 1) first.set_value(what);
    }});
    setrlimit(RLIMIT_FSIZE, &tight);
    core::Service service{core::Settings{}};
    record_burst(journal->writer(), service, 200);
    EXPECT_THAT(first.get_future().get(), HasSubstr("the service goes on"));
    setrlimit(RLIMIT_FSIZE, &before);
  }
  EXPECT_GE(told, 1);
  const auto result = replay(directory_);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->difference, "");
}

TEST_F(JournalTest, IsItsUsersAlone) {
  const auto directory = directory_ / "new" / "journal";
  {
    auto journal = *WriterThread::start(directory, {});
    core::Service service{core::Settings{}};
    record_burst(journal->writer(), service, 1);
    EXPECT_THAT(WriterThread::start(directory, {}).error(), HasSubstr("in use by another service"));
  }
  const auto mode = [](const fs::path& path) { return fs::status(path).permissions(); };
  EXPECT_EQ(mode(directory / "000001.tfj"), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(mode(directory), fs::perms::owner_all);
  EXPECT_EQ(mode(directory.parent_path()), fs::perms::owner_all);
}

TEST_F(JournalTest, SaysWhatIsWrongWithADirectory) {
  EXPECT_THAT(Reader::open(directory_ / "nothing").error(), HasSubstr("there is no journal in"));
  spill(directory_ / "000001.tfj", "something else entirely");
  std::string problem;
  read_all(&problem);
  EXPECT_THAT(problem, HasSubstr("it is no journal of Tenfold's"));
  spill(directory_ / "file", "");
  EXPECT_THAT(WriterThread::start(directory_ / "file", {}).error(), HasSubstr("--journal"));
}

}  // namespace
}  // namespace tenfold::journal
