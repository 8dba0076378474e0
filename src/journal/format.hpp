// The journal's file format.
//
// A journal is a directory of files 000001.tfj, 000002.tfj and so on. A file is
//
//     "TENFOLD\n"   8 bytes
//     layout        u32, kLayoutVersion: of what stands here, but for the payloads
//     checksum      u32, the low half of XXH3-64 of what follows, up to the first record
//     run           u64, the number of the first file of the service that wrote this one
//     unix_ns       i64, what the wall clock said when the core's clock stood at zero
//     first         u64, the number of its first record: how many the service made before
//     missing       u64, how many of those were lost
//     record*
//
// and a record is
//
//     size          u32, of the payload
//     checksum      u32, the low half of XXH3-64 of what follows
//     number        u32, the low half of its number: a service counts its records from 0
//     type          u8, RecordType
//     version       u8, version_of(type) of who wrote it
//     payload       as journal/codec.hpp writes it
//
// All numbers are little-endian. The first record of a file is a checkpoint of the core, so each file replays by
// itself. When a record is lost (the buffer was full, or the disk), so are those up to the next checkpoint, which
// begins a file; that file's `first` tells how many. A file without records tells the same of the end. A file may end
// within a record, after a crash or while it is written: what is there of that record is skipped. Where bytes are
// damaged, the next record whose checksum and number are right is the next.
//
// Fields are only ever appended to a struct, and values to an enumeration or a variant; the record then has another
// version, and the codec leaves out of an older one what it had not yet. So what older Tenfolds wrote is read: what
// they did not know has its default. A record of a version that is not known yet is passed over by its size. Replay
// needs the core that recorded, which is one that writes the same versions.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/service.hpp"
#include "journal/notes.hpp"

namespace tenfold::journal {

inline constexpr std::string_view kMagic = "TENFOLD\n";
inline constexpr std::uint32_t kLayoutVersion = 8;
inline constexpr std::size_t kFileHeaderSize = 48;
inline constexpr std::size_t kRecordHeaderSize = 14;
// Where in a record its checksum lies, and where what it covers begins; and the same of a file's header.
inline constexpr std::size_t kChecksumAt = 4;
inline constexpr std::size_t kCoveredAt = 8;
inline constexpr std::size_t kHeaderChecksumAt = 12;
inline constexpr std::size_t kHeaderCoveredAt = 16;
// No record is larger: a checkpoint of ten million waiting requests.
inline constexpr std::uint32_t kMaxRecordSize = std::uint32_t{1} << 30;

enum class RecordType : std::uint8_t {
  kCheckpoint = 1,
  kStep,
  kServiceNote,
  kRequestNote,
  kAnswerNote,
  kReplicaReadyNote,
  kReplicaExitNote,
  kClassNote,
  kProbeNote,
};

// The version that records of a type have now. One count serves all types, because some structs lie in several: what is
// appended to any gets the next number (since<N> in journal/codec.hpp), and so do the types that hold it.
constexpr std::uint8_t version_of(RecordType type) {
  switch (type) {
    case RecordType::kRequestNote:
    case RecordType::kAnswerNote:
      return 2;
    case RecordType::kServiceNote:
      return 4;
    case RecordType::kCheckpoint:
    case RecordType::kStep:
      return 6;
    case RecordType::kReplicaReadyNote:
    case RecordType::kReplicaExitNote:
    case RecordType::kClassNote:
    case RecordType::kProbeNote:
      return 1;
  }
  return 0;
}

// One step of the core: what it was told, when, and what it asked for.
struct Step {
  core::TimePoint now{};
  core::Event event;
  core::Actions actions;
  friend bool operator==(const Step&, const Step&) = default;
};

// Records are missing here. No record of its own: the reader sees it from the numbers.
struct Gap {
  std::uint64_t lost = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};

}  // namespace tenfold::journal
