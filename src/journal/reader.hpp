// Reads a journal: records in their order, whatever state its end is in.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "journal/format.hpp"

namespace tenfold::journal {

using Record = std::variant<core::Checkpoint, Step, Gap, ServiceNote, RequestNote, AnswerNote, ReplicaReadyNote,
                            ReplicaExitNote, ClassNote>;

// Where a record lies, for people.
struct Place {
  std::filesystem::path file;
  std::uint64_t offset = 0;  // of its first byte
  std::uint64_t number = 0;  // within its file, from 1
  std::string to_string() const;
};

// Decodes one file's bytes. Sans-I/O.
class RecordParser {
 public:
  // What a file begins with. The error says why these bytes are no journal.
  static std::expected<std::int64_t, std::string> parse_header(std::string_view bytes);

  // The record at the front of `bytes`, and how long it is; nothing if it is not all there. The error says what is
  // wrong.
  struct Parsed {
    Record record;
    std::size_t size = 0;
  };
  static std::expected<std::optional<Parsed>, std::string> parse_record(std::string_view bytes);
};

// Goes through all files of a directory, which may still be written.
//
//   Reader reader = *Reader::open(directory);
//   while (auto record = reader.next()) ...
//   if (!reader.problem().empty()) ...
class Reader {
 public:
  // The error says that there is no journal there.
  static std::expected<Reader, std::string> open(const std::filesystem::path& directory);

  // The next record, or nothing at the end or at a problem.
  std::optional<Record> next();

  // What stopped the reading before the end, with its place; empty if nothing did.
  const std::string& problem() const { return problem_; }
  // Where the last record lies.
  const Place& place() const { return place_; }
  // The wall clock, in nanoseconds since 1970, when the core's clock stood at zero: of the last record's file.
  std::int64_t unix_time_at_zero() const { return unix_time_at_zero_; }
  // Files whose last record was cut off, by a crash or because it is being written.
  std::uint32_t torn_files() const { return torn_files_; }

 private:
  explicit Reader(std::vector<std::filesystem::path> files) : files_{std::move(files)} {}
  bool open_next_file();

  std::vector<std::filesystem::path> files_;
  std::size_t next_file_ = 0;
  std::string bytes_;  // of the file under way
  std::size_t at_ = 0;
  Place place_;
  std::string problem_;
  std::int64_t unix_time_at_zero_ = 0;
  std::uint32_t torn_files_ = 0;
};

}  // namespace tenfold::journal
