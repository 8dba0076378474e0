#include "journal/reader.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "journal/checksum.hpp"
#include "journal/codec.hpp"
#include "journal/files.hpp"

namespace tenfold::journal {

namespace {

template <class T>
std::optional<Record> decode(std::string_view payload) {
  T value;
  Decoder decoder{payload};
  decoder.get(value);
  if (!decoder.is_good() || !decoder.is_at_end()) return std::nullopt;
  return value;
}

std::optional<Record> decode(RecordType type, std::string_view payload) {
  switch (type) {
    case RecordType::kCheckpoint:
      return decode<core::Checkpoint>(payload);
    case RecordType::kStep:
      return decode<Step>(payload);
    case RecordType::kGap:
      return decode<Gap>(payload);
    case RecordType::kServiceNote:
      return decode<ServiceNote>(payload);
    case RecordType::kRequestNote:
      return decode<RequestNote>(payload);
    case RecordType::kAnswerNote:
      return decode<AnswerNote>(payload);
    case RecordType::kReplicaReadyNote:
      return decode<ReplicaReadyNote>(payload);
    case RecordType::kReplicaExitNote:
      return decode<ReplicaExitNote>(payload);
    case RecordType::kClassNote:
      return decode<ClassNote>(payload);
  }
  return std::nullopt;
}

template <class T>
T load(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

std::string Place::to_string() const { return fmt::format("{}, record {} at byte {}", file.string(), number, offset); }

std::expected<std::int64_t, std::string> RecordParser::parse_header(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::unexpected("it is no journal of Tenfold's");
  if (bytes.size() < kFileHeaderSize) return std::unexpected("its header is cut off");
  const auto version = load<std::uint32_t>(bytes, 8);
  if (version != kFormatVersion) {
    return std::unexpected(
        fmt::format("its format is version {}, and this Tenfold reads version {}", version, kFormatVersion));
  }
  return load<std::int64_t>(bytes, 16);
}

std::expected<std::optional<RecordParser::Parsed>, std::string> RecordParser::parse_record(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderSize) return std::nullopt;
  const auto size = load<std::uint32_t>(bytes, 0);
  if (size > kMaxRecordSize) return std::unexpected(fmt::format("its size is damaged ({} bytes)", size));
  if (bytes.size() < kRecordHeaderSize + size) return std::nullopt;
  const std::string_view covered = bytes.substr(kRecordHeaderSize - 1, size + 1);
  if (checksum(covered) != load<std::uint32_t>(bytes, 4))
    return std::unexpected("its bytes are damaged: the checksum differs");
  auto record = decode(static_cast<RecordType>(covered.front()), covered.substr(1));
  if (!record) return std::unexpected("it does not have the form that its type says");
  return Parsed{.record = std::move(*record), .size = kRecordHeaderSize + size};
}

std::expected<Reader, std::string> Reader::open(const std::filesystem::path& directory) {
  auto files = files_of(directory);
  if (files.empty()) return std::unexpected(fmt::format("there is no journal in {}", directory.string()));
  return Reader{std::move(files)};
}

std::optional<Record> Reader::next() {
  while (problem_.empty()) {
    const std::string_view rest = std::string_view{bytes_}.substr(at_);
    if (rest.empty()) {
      if (!open_next_file()) return std::nullopt;
      continue;
    }
    place_.offset = at_;
    ++place_.number;
    auto parsed = RecordParser::parse_record(rest);
    if (!parsed) {
      problem_ = fmt::format("{}: {}", place_.to_string(), parsed.error());
    } else if (*parsed) {
      at_ += (*parsed)->size;
      return std::move((*parsed)->record);
    } else {
      ++torn_files_;
      at_ = bytes_.size();
    }
  }
  return std::nullopt;
}

bool Reader::open_next_file() {
  if (next_file_ == files_.size()) return false;
  place_ = {.file = files_[next_file_++]};
  std::ifstream stream{place_.file, std::ios::binary};
  bytes_.assign(std::istreambuf_iterator<char>{stream}, {});
  at_ = bytes_.size();
  if (bytes_.empty()) return true;  // just begun
  const auto header = RecordParser::parse_header(bytes_);
  if (header) {
    unix_time_at_zero_ = *header;
    at_ = kFileHeaderSize;
  } else {
    problem_ = fmt::format("{}: {}", place_.file.string(), header.error());
  }
  return true;
}

}  // namespace tenfold::journal
