// Reads a journal: records in their order, whatever state its end is in.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "journal/disk.hpp"
#include "journal/format.hpp"

namespace tenfold::journal {

using Record = std::variant<core::Checkpoint, Step, Gap, ServiceNote, RequestNote, AnswerNote, ReplicaReadyNote,
                            ReplicaExitNote, ClassNote, ProbeNote>;

// Where a record lies, for people.
struct Place {
  std::filesystem::path file;
  std::uint64_t offset = 0;  // of its first byte
  std::uint64_t number = 0;  // of all that the service made, from 0
  std::string to_string() const;
};

// What a file begins with (journal/format.hpp).
struct FileHeader {
  std::uint64_t run = 0;
  std::int64_t unix_time_at_zero = 0;
  std::uint64_t first = 0;
  std::uint64_t missing = 0;
};

// Decodes one file's bytes. Sans-I/O.
class RecordParser {
 public:
  // The error says why these bytes are no journal.
  static std::expected<FileHeader, std::string> parse_header(std::string_view bytes);

  // Puts the record at the front of `bytes` into `record`, and says how long it is; nothing if it is not all there. The
  // error says what is wrong; `record` is anything then.
  struct Parsed {
    std::size_t size = 0;
    std::uint32_t number = 0;  // the low half
    bool is_current = true;    // of the version that this Tenfold writes
  };
  static std::expected<std::optional<Parsed>, std::string> parse_record(std::string_view bytes, Record& record);

  // Where in `bytes` the next record lies that is whole and has a number that fits there, behind a place that is
  // damaged and where the record numbered `damaged` was to be; nothing if there is none.
  static std::optional<std::size_t> find_record(std::string_view bytes, std::uint32_t damaged);
};

// Goes through all files of a directory, which may still be written.
//
//   Reader reader = *Reader::open(directory);
//   while (const Record* record = reader.next()) ...
//   if (!reader.damage().empty()) ...
//
// Where records are missing, a Gap stands for them: those that it yields and those that its gaps tell are together all
// that a service made, up to the last that it had a chance to write. What follows a gap is no continuation of what went
// before, until the next checkpoint.
class Reader {
 public:
  // The error says that there is no journal there. `disk` is borrowed.
  static std::expected<Reader, std::string> open(const std::filesystem::path& directory, Disk& disk = real_disk());

  // The next record, or nothing at the end. What is damaged is passed over. It is valid until the next call, and may be
  // moved from.
  Record* next();

  // Places that are damaged, so far, and the first of them in words; empty if there is none.
  std::uint64_t damaged_places() const { return damaged_places_; }
  const std::string& damage() const { return damage_; }
  // The last record has the version that this Tenfold writes.
  bool is_current() const { return is_current_; }
  // Where the last record lies.
  const Place& place() const { return place_; }
  // The wall clock, in nanoseconds since 1970, when the core's clock stood at zero: of the last record's file.
  std::int64_t unix_time_at_zero() const { return header_.unix_time_at_zero; }
  // Files whose last record was cut off, by a crash or because it is being written.
  std::uint32_t torn_files() const { return torn_files_; }

 private:
  Reader(Disk& disk, std::vector<std::filesystem::path> files) : disk_{&disk}, files_{std::move(files)} {}
  bool open_next_file();
  void begin_file(const FileHeader& header);
  void pass_damage(const std::string& what);
  void report(const std::string& what);

  Disk* disk_;
  std::vector<std::filesystem::path> files_;
  std::size_t next_file_ = 0;
  std::string bytes_;  // of the file under way
  std::size_t at_ = 0;
  FileHeader header_;
  std::uint64_t number_ = 0;   // of the next record, if none is missing
  std::uint64_t missing_ = 0;  // before the next record
  bool is_current_ = true;
  Record record_;  // its room is used again
  Place place_;
  std::string damage_;
  std::uint64_t damaged_places_ = 0;
  std::uint32_t torn_files_ = 0;
};

}  // namespace tenfold::journal
