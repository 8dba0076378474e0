// Damage is passed over to the next whole record, reported and counted.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/checksum.hpp"
#include "journal/files.hpp"
#include "journal/memory_disk.hpp"
#include "journal/reader.hpp"
#include "journal/replay.hpp"
#include "unit/journal/recorded_service.hpp"

namespace tenfold::journal {
namespace {

using testing::HasSubstr;

const std::filesystem::path kDirectory = "/journal";

struct Read {
  std::vector<Record> records;
  std::string damage;
  std::uint64_t sum = 0;  // of records and of what gaps tell
};

Read read_all(Disk& disk) {
  Read read;
  Reader reader = Reader::open(kDirectory, disk).value();
  while (auto record = reader.next()) {
    const Gap* gap = std::get_if<Gap>(&*record);
    read.sum += gap ? gap->lost : 1;
    read.records.push_back(std::move(*record));
  }
  read.damage = reader.damage();
  return read;
}

// Writes a journal of some files, the larger `file_bytes` the fewer. Returns how many records were made.
std::uint64_t record(MemoryDisk& disk, std::size_t file_bytes) {
  RecordedService service{Writer::open(disk, kDirectory, {.file_bytes = file_bytes, .files = 1000}).value()};
  for (int i = 0; i < 10; ++i) {
    service.burst(5);
    service.write();
  }
  service.writer().finish();
  return service.writer().recorded();
}

// A flipped size would be taken for a record that is not all there, and all behind it for a torn end.
TEST(Damage, BehindADamagedRecordTheNextOneIsRead) {
  MemoryDisk disk;
  const std::uint64_t recorded = record(disk, 1 << 20);
  const std::filesystem::path file = files_of(disk, kDirectory).at(0);
  const std::string whole = disk.read(file).value();
  std::size_t at = kFileHeaderSize;
  for (std::size_t record = 0; record + 1 < recorded; ++record) {
    std::uint32_t size = 0;
    std::memcpy(&size, whole.data() + at, sizeof size);
    for (const std::size_t byte : {0, 1, 2, 3, 5, 9, 12, 14}) {
      std::string damaged = whole;
      damaged[at + byte] = static_cast<char>(damaged[at + byte] ^ 0x11);
      disk.overwrite(file, damaged);
      const Read read = read_all(disk);
      ASSERT_EQ(read.records.size(), recorded) << "all but one, and a gap: record " << record << ", byte " << byte;
      ASSERT_EQ(std::get<Gap>(read.records[record]).lost, 1);
      ASSERT_THAT(read.damage, HasSubstr("at byte " + std::to_string(at)));
    }
    at += kRecordHeaderSize + size;
  }
}

// A number of bytes changed, or the end cut off: never in the last file, whose end nobody can miss.
void damage(MemoryDisk& disk, const std::filesystem::path& file, std::minstd_rand& random) {
  std::string bytes = disk.read(file).value();
  for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
    char& byte = bytes[random() % bytes.size()];
    byte = static_cast<char>(byte ^ static_cast<char>(1 + random() % 255));
  }
  if (random() % 4 == 0) bytes.resize(random() % bytes.size());
  disk.overwrite(file, bytes);
}

TEST(Damage, WhatIsReadAndWhatGapsTellIsAllThatWasRecorded) {
  MemoryDisk disk;
  const std::uint64_t recorded = record(disk, 4000);
  const auto files = files_of(disk, kDirectory);
  ASSERT_GT(files.size(), 3);
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::minstd_rand random{seed};
    const std::filesystem::path& file = files[random() % (files.size() - 1)];
    const std::string whole = disk.read(file).value();
    damage(disk, file, random);
    const bool is_header_whole = disk.read(file)->starts_with(whole.substr(0, kFileHeaderSize));
    // Where the first file has no header the journal begins with the next.
    const bool begins_later = file == files.front() && !is_header_whole;
    const Read read = read_all(disk);
    EXPECT_TRUE(read.sum == recorded || begins_later) << read.sum << " of " << recorded;
    const auto replayed = replay(kDirectory, disk);
    ASSERT_TRUE(replayed);
    EXPECT_EQ(replayed->difference, "");
    disk.overwrite(file, whole);
    if (testing::Test::HasFailure()) return;
  }
}

// As a newer Tenfold would write it: whole, and of a version that nobody here knows.
TEST(Damage, ARecordOfAVersionToComeIsPassedOverBySizeAndSaid) {
  MemoryDisk disk;
  const std::uint64_t recorded = record(disk, 1 << 20);
  const std::filesystem::path file = files_of(disk, kDirectory).at(0);
  std::string bytes = disk.read(file).value();
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data() + kFileHeaderSize, sizeof size);
  const std::size_t second = kFileHeaderSize + kRecordHeaderSize + size;
  std::memcpy(&size, bytes.data() + second, sizeof size);
  bytes[second + kRecordHeaderSize - 1] = 99;
  const std::uint32_t sum =
      checksum(std::string_view{bytes}.substr(second + kCoveredAt, kRecordHeaderSize - kCoveredAt + size));
  std::memcpy(bytes.data() + second + kChecksumAt, &sum, sizeof sum);
  disk.overwrite(file, bytes);
  const Read read = read_all(disk);
  EXPECT_EQ(read.records.size(), recorded) << "all but one, and a gap";
  EXPECT_THAT(read.damage, HasSubstr("version 99, which this Tenfold does not know"));
}

TEST(Damage, AFileOfAnotherVersionIsPassedOverAndSaid) {
  MemoryDisk disk;
  record(disk, 4000);
  const std::filesystem::path first = files_of(disk, kDirectory).at(0);
  std::string bytes = disk.read(first).value();
  bytes[kMagic.size()] = 1;
  disk.overwrite(first, bytes);
  const Read read = read_all(disk);
  EXPECT_FALSE(read.records.empty());
  EXPECT_THAT(read.damage, HasSubstr("its format is version 1"));
}

}  // namespace
}  // namespace tenfold::journal
