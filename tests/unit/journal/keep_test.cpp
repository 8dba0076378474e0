// Which journals stay, and which one is of the service that started last.
#include "journal/keep.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/memory_disk.hpp"
#include "journal/started.hpp"

namespace tenfold::journal {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Time = std::chrono::system_clock::time_point;
namespace fs = std::filesystem;

const fs::path kRoot = "/state/journal";
const Time kNow{1000h};

class KeepTest : public testing::Test {
 protected:
  void write(const fs::path& path, Time when, std::size_t size) {
    disk_.set_time(when);
    disk_.make_directory(path.parent_path());
    ASSERT_TRUE((*disk_.create(path))->append(std::string(size, 'x')));
  }
  void journal(const std::string& name, std::chrono::hours age, std::size_t size = 100) {
    write(kRoot / name / "000001.tfj", kNow - age, size);
  }
  std::vector<std::string> left() {
    std::vector<std::string> names;
    const auto entries = disk_.list(kRoot).value();
    for (const Disk::Entry& entry : entries) names.push_back(entry.path.filename());
    return names;
  }

  MemoryDisk disk_;
};

TEST_F(KeepTest, WhatIsTooOldGoes) {
  journal("a", 1h);
  journal("b", 10h);
  journal("c", 11h);
  remove_old_journals(disk_, kRoot, {.age = 10h}, kNow);
  EXPECT_THAT(left(), ElementsAre("a", "b"));
}

TEST_F(KeepTest, WhatIsTooMuchGoesTheOldestFirst) {
  journal("a", 3h, 400);
  journal("b", 1h, 400);
  journal("c", 2h, 400);
  remove_old_journals(disk_, kRoot, {.bytes = 1000}, kNow);
  EXPECT_THAT(left(), ElementsAre("b", "c"));
}

TEST_F(KeepTest, WithoutLimitsAllStays) {
  journal("a", 900h, 1000);
  remove_old_journals(disk_, kRoot, {}, kNow);
  EXPECT_THAT(left(), ElementsAre("a"));
}

TEST_F(KeepTest, WhatIsBeingWrittenAndWhatIsNoJournalStay) {
  journal("live", 100h);
  journal("other", 100h);
  write(kRoot / "other" / "notes.txt", kNow - 100h, 1);
  write(kRoot / "file.tfj", kNow - 100h, 1);
  journal("old", 100h);
  const auto lock = disk_.lock(kRoot / "live");
  remove_old_journals(disk_, kRoot, {.age = 1h, .bytes = 1}, kNow);
  EXPECT_THAT(left(), ElementsAre("file.tfj", "live", "other"));
}

TEST_F(KeepTest, TheLastStartedIsFoundWhereverItsJournalLies) {
  EXPECT_EQ(last_started(disk_, kRoot), std::nullopt);
  journal("first", 3h);
  EXPECT_EQ(last_started(disk_, kRoot), kRoot / "first") << "from before starts were noted";
  note_start(disk_, kRoot, kRoot / "first", kNow - 3h, 1);
  write("/elsewhere/000001.tfj", kNow - 2h, 10);
  note_start(disk_, kRoot, "/elsewhere", kNow - 2h, 2);
  write(kRoot / "first" / "000002.tfj", kNow, 10);
  EXPECT_EQ(last_started(disk_, kRoot), "/elsewhere") << "the first has begun a file since";
  disk_.remove("/elsewhere/000001.tfj");
  EXPECT_EQ(last_started(disk_, kRoot), kRoot / "first");
  remove_old_journals(disk_, kRoot, {.age = 1ns, .bytes = 1}, kNow + 1h);
  EXPECT_EQ(last_started(disk_, kRoot), std::nullopt);
}

TEST_F(KeepTest, AllThatStartedAreListedOnceTheLastFirst) {
  journal("unnoted", 1h);
  journal("first", 3h);
  note_start(disk_, kRoot, kRoot / "first", kNow - 3h, 1);
  write("/elsewhere/000001.tfj", kNow - 2h, 10);
  note_start(disk_, kRoot, "/elsewhere", kNow - 2h, 2);
  note_start(disk_, kRoot, "/gone", kNow - 1h, 3);
  EXPECT_THAT(all_started(disk_, kRoot), ElementsAre("/elsewhere", kRoot / "first", kRoot / "unnoted"));
}

TEST_F(KeepTest, TheNotesOfStartsAreBounded) {
  for (int i = 0; i < 150; ++i) note_start(disk_, kRoot, "/elsewhere", kNow + i * 1s, 1);
  EXPECT_EQ(disk_.list(kRoot / "started")->size(), 100);
}

}  // namespace
}  // namespace tenfold::journal
