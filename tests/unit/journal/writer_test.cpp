// A writer without a thread, on a disk in memory: whatever the disk does, what can be read replays, and what cannot is
// counted.
#include "journal/writer.hpp"

#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/memory_disk.hpp"
#include "journal/reader.hpp"
#include "journal/replay.hpp"
#include "unit/journal/recorded_service.hpp"

namespace tenfold::journal {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kDirectory = "/journal";

struct Sums {
  std::uint64_t read = 0;
  std::uint64_t missing = 0;
};

Sums sums_of(Disk& disk) {
  Sums sums;
  auto reader = Reader::open(kDirectory, disk);
  if (!reader) return sums;
  while (const auto record = reader->next()) {
    const Gap* gap = std::get_if<Gap>(&*record);
    gap ? sums.missing += gap->lost : ++sums.read;
  }
  EXPECT_EQ(reader->damage(), "");
  return sums;
}

class WriterTest : public testing::Test {
 protected:
  RecordedService& open(WriterOptions options = {}) {
    options.on_trouble = [this](const std::string& what) { told_.push_back(what); };
    auto writer = Writer::open(disk_, kDirectory, std::move(options));
    EXPECT_TRUE(writer);
    return service_.emplace(std::move(*writer));
  }

  // Everything recorded is read or told as missing, by the same number everywhere, and what is read replays.
  void expect_whole() {
    const Sums sums = sums_of(disk_);
    EXPECT_EQ(sums.read + sums.missing, service_->writer().recorded());
    EXPECT_EQ(sums.missing, service_->writer().lost());
    const auto replayed = replay(kDirectory, disk_);
    ASSERT_TRUE(replayed) << replayed.error();
    EXPECT_EQ(replayed->difference, "");
    EXPECT_EQ(replayed->steps_unproved, 0);
    EXPECT_EQ(replayed->records_lost, service_->writer().lost());
  }

  MemoryDisk disk_;
  std::optional<RecordedService> service_;
  std::vector<std::string> told_;
};

TEST_F(WriterTest, WritesOnlyWhenItIsCalledAndSaysWhenThatShallBe) {
  RecordedService& service = open();
  EXPECT_EQ(service.writer().write_pending(core::TimePoint{1s}), core::kNever);
  service.step(core::TimerDue{});
  EXPECT_EQ(service.writer().write_pending(core::TimePoint{1s}), core::TimePoint{1025ms});
  EXPECT_EQ(sums_of(disk_).read, 0);
  EXPECT_EQ(service.writer().write_pending(core::TimePoint{1025ms}), core::kNever);
  EXPECT_EQ(sums_of(disk_).read, 2);
  expect_whole();
}

TEST_F(WriterTest, WakesWhenSomethingBeginsToWait) {
  int woken = 0;
  RecordedService& service = open({.wake = [&] { ++woken; }});
  service.step(core::TimerDue{});
  service.step(core::TimerDue{});
  EXPECT_EQ(woken, 1);
}

TEST_F(WriterTest, ADirectoryIsOneServicesAlone) {
  open();
  const auto second = Writer::open(disk_, kDirectory, {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("is in use by another service"));
  service_.reset();
  EXPECT_TRUE(Writer::open(disk_, kDirectory, {}));
}

TEST_F(WriterTest, NothingIsOverwrittenWhereLocksDoNotWork) {
  disk_.set_faults([](MemoryDisk::Operation operation) {
    return operation == MemoryDisk::Operation::kLock ? std::make_error_code(std::errc::no_lock_available)
                                                     : std::error_code{};
  });
  RecordedService& first = open();
  auto other = Writer::open(disk_, kDirectory, {});
  ASSERT_TRUE(other);
  RecordedService second{std::move(*other)};
  first.step(core::TimerDue{});
  second.step(core::TimerDue{});
  first.writer().finish();
  second.writer().finish();
  EXPECT_EQ(sums_of(disk_).read, 4);
}

TEST_F(WriterTest, AFullBufferLosesAllUpToTheNextCheckpointAndTheGapSaysHowMany) {
  RecordedService& service = open({.buffer_bytes = 3000});
  service.burst(100);
  EXPECT_GT(service.writer().lost(), 0);
  service.write();
  service.burst(100);
  service.writer().finish();
  expect_whole();
  EXPECT_THAT(told_, ElementsAre(HasSubstr("too slow")));
}

TEST_F(WriterTest, AFullDiskIsToldOnceAndWhatIsMissingIsCounted) {
  RecordedService& service = open();
  service.burst(10);
  service.write();
  disk_.set_capacity(disk_.list(kDirectory)->front().size + 500);
  for (int i = 0; i < 5; ++i) {
    service.burst(10);
    service.write();
  }
  EXPECT_EQ(disk_.list(kDirectory)->size(), 1) << "a full disk gets no files without records";
  disk_.set_capacity(1 << 20);
  service.burst(10);
  service.write();
  service.burst(10);
  service.writer().finish();
  expect_whole();
  EXPECT_THAT(told_, ElementsAre(HasSubstr("cannot be written: No space left on device"),
                                 HasSubstr(std::to_string(service.writer().lost()) + " records are missing")));
}

TEST_F(WriterTest, ADiskThatIsFullAgainAndAgainIsToldOnceAMinute) {
  RecordedService& service = open();
  for (int i = 0; i < 8; ++i) {  // some six seconds each
    disk_.set_capacity(0);
    service.burst(5);
    service.write();
    disk_.set_capacity(1 << 20);
    for (int turn = 0; turn < 2; ++turn) {
      service.burst(5);
      service.write();
    }
  }
  EXPECT_EQ(told_.size(), 2);
}

TEST_F(WriterTest, WhatIsMissingAtTheEndIsToldToo) {
  RecordedService& service = open({.buffer_bytes = 3000});
  service.burst(100);
  service.writer().finish();
  EXPECT_GT(service.writer().lost(), 0);
  expect_whole();
}

TEST_F(WriterTest, AServiceThatNeverCouldWriteIsAllGap) {
  RecordedService& service = open();
  disk_.set_capacity(0);
  service.burst(10);
  service.write();
  disk_.set_capacity(1 << 20);
  service.writer().finish();
  EXPECT_EQ(sums_of(disk_).missing, service.writer().recorded());
}

TEST_F(WriterTest, TheNextServiceInADirectoryGoesOnBehindTheLast) {
  open().burst(10);
  service_->writer().finish();
  const std::uint64_t first = service_->writer().recorded();
  service_.reset();
  open().burst(10);
  service_->writer().finish();
  const Sums sums = sums_of(disk_);
  EXPECT_EQ(sums.read, first + service_->writer().recorded());
  EXPECT_EQ(sums.missing, 0);
}

// A disk that is full, slow, in trouble and well again, at random: everything that is read replays, and what is read
// and what gaps tell is all that was recorded.
TEST_F(WriterTest, AnyDiskLeavesAJournalThatReplaysAndCountsWhatItMisses) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::minstd_rand random{seed};
    const auto one_in = [&](unsigned n) { return random() % n == 0; };
    disk_ = MemoryDisk{};
    RecordedService& service =
        open({.buffer_bytes = 2000 + random() % 20000, .file_bytes = 1000 + random() % 20000, .files = 1000});
    disk_.set_largest_append(1 + random() % 5000);
    bool is_failing = false;
    disk_.set_faults([&](MemoryDisk::Operation operation) {
      const bool is_write = operation == MemoryDisk::Operation::kCreate || operation == MemoryDisk::Operation::kAppend;
      return is_write && is_failing && one_in(2) ? std::make_error_code(std::errc::io_error) : std::error_code{};
    });
    for (int turn = 0; turn < 60; ++turn) {
      service.burst(1 + random() % 30);
      if (one_in(4)) is_failing = !is_failing;
      if (one_in(3)) service.write();
    }
    disk_.set_faults({});
    service.writer().finish();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    expect_whole();
    service_.reset();
    if (HasFailure()) return;
  }
}

// After a crash, what was not synced is gone; what is left still replays.
TEST_F(WriterTest, ACrashLeavesWhatWasSynced) {
  open().burst(10);
  service_->writer().finish();
  const std::uint64_t recorded = service_->writer().recorded();
  service_.reset();
  open().burst(10);
  service_->write();
  disk_.crash();
  EXPECT_EQ(sums_of(disk_).read, recorded);
  EXPECT_TRUE(Writer::open(disk_, kDirectory, {}));
}

}  // namespace
}  // namespace tenfold::journal
