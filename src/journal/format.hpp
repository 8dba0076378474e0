// The journal's file format.
//
// A journal is a directory of files 000001.tfj, 000002.tfj and so on. A file is
//
//     "TENFOLD\n"   8 bytes
//     version       u32, kFormatVersion
//     reserved      u32, zero
//     unix_ns       i64, what the wall clock said when the core's clock stood at zero
//     record*
//
// and a record is
//
//     size          u32, of the payload
//     checksum      u32, the low half of XXH3-64 of type and payload
//     type          u8, RecordType
//     payload       as journal/codec.hpp writes it
//
// All numbers are little-endian. The first record of a file is a checkpoint of the core, so each file replays by
// itself. When records are lost (the buffer was full, or the disk), a checkpoint follows before the next step. A file
// may end within a record, after a crash or while it is written: what is there of that record is skipped.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/service.hpp"
#include "journal/notes.hpp"

namespace tenfold::journal {

inline constexpr std::string_view kMagic = "TENFOLD\n";
inline constexpr std::uint32_t kFormatVersion = 3;
inline constexpr std::size_t kFileHeaderSize = 24;
inline constexpr std::size_t kRecordHeaderSize = 9;
// No record is larger: a checkpoint of ten million waiting requests.
inline constexpr std::uint32_t kMaxRecordSize = std::uint32_t{1} << 30;

enum class RecordType : std::uint8_t {
  kCheckpoint = 1,
  kStep,
  kGap,
  kServiceNote,
  kRequestNote,
  kAnswerNote,
  kReplicaReadyNote,
  kReplicaExitNote,
  kClassNote,
};

// One step of the core: what it was told, when, and what it asked for.
struct Step {
  core::TimePoint now{};
  core::Event event;
  core::Actions actions;
  friend bool operator==(const Step&, const Step&) = default;
};

// Records were lost before this file.
struct Gap {
  std::uint64_t lost = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};

}  // namespace tenfold::journal
