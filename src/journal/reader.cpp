#include "journal/reader.hpp"

#include <concepts>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "journal/checksum.hpp"
#include "journal/codec.hpp"
#include "journal/files.hpp"

namespace tenfold::journal {

namespace {

// A step is most of what is there: its actions keep their room from one to the next.
template <class T>
bool decode(std::string_view payload, std::uint8_t version, Record& record) {
  T* value = std::same_as<T, Step> ? std::get_if<T>(&record) : nullptr;
  if (!value) value = &record.emplace<T>();
  Decoder decoder{payload, version};
  decoder.get(*value);
  return decoder.is_good() && decoder.is_at_end();
}

bool decode(RecordType type, std::uint8_t version, std::string_view payload, Record& record) {
  switch (type) {
    case RecordType::kCheckpoint:
      return decode<core::Checkpoint>(payload, version, record);
    case RecordType::kStep:
      return decode<Step>(payload, version, record);
    case RecordType::kServiceNote:
      return decode<ServiceNote>(payload, version, record);
    case RecordType::kRequestNote:
      return decode<RequestNote>(payload, version, record);
    case RecordType::kAnswerNote:
      return decode<AnswerNote>(payload, version, record);
    case RecordType::kReplicaReadyNote:
      return decode<ReplicaReadyNote>(payload, version, record);
    case RecordType::kReplicaExitNote:
      return decode<ReplicaExitNote>(payload, version, record);
    case RecordType::kClassNote:
      return decode<ClassNote>(payload, version, record);
    case RecordType::kProbeNote:
      return decode<ProbeNote>(payload, version, record);
  }
  return false;
}

template <class T>
T load(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

RecordType type_of(std::string_view record) { return static_cast<RecordType>(record[kRecordHeaderSize - 2]); }
std::uint8_t version_in(std::string_view record) { return static_cast<std::uint8_t>(record[kRecordHeaderSize - 1]); }

std::uint32_t number_of_record(std::string_view record) { return load<std::uint32_t>(record, kCoveredAt); }

}  // namespace

std::string Place::to_string() const { return fmt::format("{}, record {} at byte {}", file.string(), number, offset); }

std::expected<FileHeader, std::string> RecordParser::parse_header(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::unexpected("it is no journal of Tenfold's");
  if (bytes.size() < kMagic.size() + sizeof kLayoutVersion) return std::unexpected("its header is cut off");
  const auto version = load<std::uint32_t>(bytes, kMagic.size());
  if (version != kLayoutVersion) {
    return std::unexpected(
        fmt::format("its format is version {}, and this Tenfold reads version {}", version, kLayoutVersion));
  }
  if (bytes.size() < kFileHeaderSize) return std::unexpected("its header is cut off");
  const std::string_view covered = bytes.substr(kHeaderCoveredAt, kFileHeaderSize - kHeaderCoveredAt);
  if (checksum(covered) != load<std::uint32_t>(bytes, kHeaderChecksumAt))
    return std::unexpected("its header is damaged: the checksum differs");
  return FileHeader{.run = load<std::uint64_t>(covered, 0),
                    .unix_time_at_zero = load<std::int64_t>(covered, 8),
                    .first = load<std::uint64_t>(covered, 16),
                    .missing = load<std::uint64_t>(covered, 24)};
}

std::expected<std::optional<RecordParser::Parsed>, std::string> RecordParser::parse_record(std::string_view bytes,
                                                                                           Record& record) {
  if (bytes.size() < kRecordHeaderSize) return std::nullopt;
  const auto size = load<std::uint32_t>(bytes, 0);
  if (size > kMaxRecordSize) return std::unexpected(fmt::format("its size is damaged ({} bytes)", size));
  if (bytes.size() < kRecordHeaderSize + size) return std::nullopt;
  const std::string_view whole = bytes.substr(0, kRecordHeaderSize + size);
  if (checksum(whole.substr(kCoveredAt)) != load<std::uint32_t>(whole, kChecksumAt))
    return std::unexpected("its bytes are damaged: the checksum differs");
  const RecordType type = type_of(whole);
  const std::uint8_t version = version_in(whole);
  if (version == 0 || version > version_of(type)) {
    return std::unexpected(fmt::format("it is of type {} and version {}, which this Tenfold does not know",
                                       static_cast<unsigned>(type), version));
  }
  if (!decode(type, version, whole.substr(kRecordHeaderSize), record))
    return std::unexpected("it does not have the form that its type says");
  return Parsed{.size = whole.size(), .number = number_of_record(whole), .is_current = version == version_of(type)};
}

std::optional<std::size_t> RecordParser::find_record(std::string_view bytes, std::uint32_t damaged) {
  Record record;
  for (std::size_t at = 1; at + kRecordHeaderSize <= bytes.size(); ++at) {
    // As many records as there is room for may lie before it. Few places pass this test, and only they are summed up.
    const std::uint32_t passed = number_of_record(bytes.substr(at)) - damaged;
    if (passed == 0 || passed > at / kRecordHeaderSize + 1) continue;
    const auto parsed = parse_record(bytes.substr(at), record);
    if (parsed && *parsed) return at;
  }
  return std::nullopt;
}

std::expected<Reader, std::string> Reader::open(const std::filesystem::path& directory, Disk& disk) {
  auto files = files_of(disk, directory);
  if (files.empty()) return std::unexpected(fmt::format("there is no journal in {}", directory.string()));
  return Reader{disk, std::move(files)};
}

Record* Reader::next() {
  while (missing_ == 0) {
    const std::string_view rest = std::string_view{bytes_}.substr(at_);
    if (rest.empty()) {
      if (!open_next_file()) return nullptr;
      continue;
    }
    place_.offset = at_;
    place_.number = number_;
    const auto parsed = RecordParser::parse_record(rest, record_);
    if (!parsed || !*parsed || (*parsed)->number != static_cast<std::uint32_t>(number_)) {
      pass_damage(!parsed ? parsed.error() : *parsed ? "its number is damaged" : "its size is damaged");
      continue;
    }
    at_ += (*parsed)->size;
    is_current_ = (*parsed)->is_current;
    ++number_;
    return &record_;
  }
  number_ += missing_;
  record_ = Gap{.lost = std::exchange(missing_, 0)};
  return &record_;
}

// Goes on where the next whole record begins. Where none follows, a record that is not all there is the torn end of
// what was written.
void Reader::pass_damage(const std::string& what) {
  const std::string_view rest = std::string_view{bytes_}.substr(at_);
  const auto number = static_cast<std::uint32_t>(number_);
  if (const auto found = RecordParser::find_record(rest, number)) {
    report(fmt::format("{}: {}", place_.to_string(), what));
    at_ += *found;
    missing_ = number_of_record(rest.substr(*found)) - number;
    return;
  }
  const auto parsed = RecordParser::parse_record(rest, record_);
  if (parsed && !*parsed) {
    ++torn_files_;
  } else {
    report(fmt::format("{}: {}", place_.to_string(), what));
  }
  at_ = bytes_.size();
}

bool Reader::open_next_file() {
  // Two files at one time would be twice as much memory, and one that is read is of no use. Assigning would keep it.
  std::string{}.swap(bytes_);
  at_ = 0;
  if (next_file_ == files_.size()) return false;
  place_ = {.file = files_[next_file_++]};
  bytes_ = disk_->read(place_.file).value_or("");
  at_ = bytes_.size();
  if (bytes_.empty()) return true;  // just begun, or the oldest and gone
  if (bytes_.size() < kFileHeaderSize && bytes_.starts_with(kMagic.substr(0, bytes_.size()))) {
    ++torn_files_;
    return true;
  }
  const auto header = RecordParser::parse_header(bytes_);
  if (header) {
    begin_file(*header);
  } else {
    report(fmt::format("{}: {}", place_.file.string(), header.error()));
  }
  return true;
}

void Reader::begin_file(const FileHeader& header) {
  at_ = kFileHeaderSize;
  // Of a service whose first files are gone, nothing is missing but what it had lost.
  const bool goes_on = header.run == header_.run && header.first >= number_;
  missing_ = goes_on ? header.first - number_ : header.missing;
  if (!goes_on) number_ = header.first - missing_;
  header_ = header;
}

void Reader::report(const std::string& what) {
  if (damaged_places_++ == 0) damage_ = what;
}

}  // namespace tenfold::journal
