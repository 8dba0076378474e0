#include "journal/writer.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "journal/checksum.hpp"
#include "journal/codec.hpp"
#include "journal/files.hpp"

namespace tenfold::journal {

namespace {

// How long records may gather before they are written: one system call for all of them.
constexpr std::chrono::milliseconds kGather{25};

// After a failed write, how long until the next try.
constexpr std::chrono::seconds kRetry{1};

// A disk that fills up again and again is told of this often.
constexpr std::chrono::minutes kQuiet{1};

// How many files may be found where a new one should be: only where the file system has no locks.
constexpr int kMostTaken = 100;

std::uint32_t payload_size(std::string_view record) {
  std::uint32_t size = 0;
  std::memcpy(&size, record.data(), sizeof size);
  return size;
}

std::size_t record_size(std::string_view record) { return kRecordHeaderSize + payload_size(record); }

// How many whole records `bytes` begins with.
std::uint64_t count_records(std::string_view bytes) {
  std::uint64_t count = 0;
  for (; bytes.size() >= kRecordHeaderSize && bytes.size() >= record_size(bytes); ++count) {
    bytes.remove_prefix(record_size(bytes));
  }
  return count;
}

// Fills in what the recording side leaves out: numbers and checksums.
void seal_records(std::string& bytes, std::uint64_t first) {
  auto number = static_cast<std::uint32_t>(first);
  for (std::size_t at = 0; at < bytes.size(); ++number) {
    char* const record = bytes.data() + at;
    const std::size_t size = record_size({record, kRecordHeaderSize});
    std::memcpy(record + kCoveredAt, &number, sizeof number);
    const std::uint32_t sum = checksum({record + kCoveredAt, size - kCoveredAt});
    std::memcpy(record + kChecksumAt, &sum, sizeof sum);
    at += size;
  }
}

std::string directory_error(const std::filesystem::path& directory, std::string_view what) {
  return fmt::format("the journal's directory {} {}; choose another with --journal", directory.string(), what);
}

}  // namespace

std::expected<std::unique_ptr<Writer>, std::string> Writer::open(Disk& disk, const std::filesystem::path& directory,
                                                                 WriterOptions options) {
  if (const std::error_code error = disk.make_directory(directory)) {
    return std::unexpected(directory_error(directory, "cannot be made: " + error.message()));
  }
  std::unique_ptr<Writer> writer{new Writer{disk, directory, std::move(options)}};
  auto lock = disk.lock(directory);
  if (lock) {
    writer->lock_ = std::move(*lock);
  } else if (lock.error() == std::errc::resource_unavailable_try_again) {
    return std::unexpected(directory_error(directory, "is in use by another service that still runs"));
  }
  if (const std::error_code error = writer->try_file()) {
    return std::unexpected(directory_error(directory, "cannot be written: " + error.message()));
  }
  return writer;
}

// Whether files can be made, before the service relies on it.
std::error_code Writer::try_file() {
  const std::error_code error = create_file();
  file_.reset();
  [[maybe_unused]] std::error_code ignored;
  if (!error) ignored = disk_.remove(file_path_);
  file_number_ = static_cast<std::uint32_t>(run_ - 1);
  return error;
}

Writer::Writer(Disk& disk, std::filesystem::path directory, WriterOptions options)
    : disk_{disk}, directory_{std::move(directory)}, options_{std::move(options)} {
  const auto files = files_of(disk_, directory_);
  if (!files.empty()) file_number_ = number_of(files.back());
  run_ = file_number_ + 1;
  waiting_.bytes.reserve(std::size_t{64} << 10);
}

// ---- the recording side

void Writer::checkpoint(const core::Checkpoint& checkpoint) {
  needs_checkpoint_ = false;
  record(RecordType::kCheckpoint, checkpoint, true);
}

void Writer::step(core::TimePoint now, const core::Event& event, const core::Actions& actions) {
  begin_record(RecordType::kStep);
  Encoder encoder{record_};
  encoder.put(now);
  encoder.put(event);
  encoder.put(actions);
  push(false);
}

template <class Payload>
void Writer::record(RecordType type, const Payload& payload, bool begins_file) {
  begin_record(type);
  Encoder{record_}.put(payload);
  push(begins_file);
}

void Writer::note(const ServiceNote& note) { record(RecordType::kServiceNote, note); }
void Writer::note(const RequestNote& note) { record(RecordType::kRequestNote, note); }
void Writer::note(const AnswerNote& note) { record(RecordType::kAnswerNote, note); }
void Writer::note(const ReplicaReadyNote& note) { record(RecordType::kReplicaReadyNote, note); }
void Writer::note(const ProbeNote& note) { record(RecordType::kProbeNote, note); }
void Writer::note(const ReplicaExitNote& note) { record(RecordType::kReplicaExitNote, note); }
void Writer::note(const ClassNote& note) { record(RecordType::kClassNote, note); }

void Writer::begin_record(RecordType type) {
  record_.assign(kRecordHeaderSize, '\0');
  record_[kRecordHeaderSize - 2] = static_cast<char>(type);
  record_[kRecordHeaderSize - 1] = static_cast<char>(version_of(type));
}

void Writer::push(bool begins_file) {
  const auto size = static_cast<std::uint32_t>(record_.size() - kRecordHeaderSize);
  std::memcpy(record_.data(), &size, sizeof size);
  bool was_empty = false;
  {
    const std::scoped_lock lock{mutex_};
    const std::uint64_t number = recorded_++;
    was_empty = waiting_.bytes.empty();
    // Alone in the buffer, any record passes, so a checkpoint may be larger.
    const bool is_too_much = !was_empty && waiting_.bytes.size() + record_.size() > options_.buffer_bytes;
    is_too_slow_ = is_too_slow_ || is_too_much;
    is_losing_ = is_too_much || (is_losing_ && !(begins_file && was_empty));
    if (is_losing_) {
      ++lost_;
      return;
    }
    if (was_empty) waiting_.first = number;
    if (begins_file) waiting_.new_file_at = waiting_.bytes.size();
    waiting_.bytes += record_;
    ++waiting_.count;
  }
  if (was_empty && options_.wake) options_.wake();
}

std::uint64_t Writer::recorded() const {
  const std::scoped_lock lock{mutex_};
  return recorded_;
}

std::uint64_t Writer::lost() const {
  const std::scoped_lock lock{mutex_};
  return lost_;
}

// ---- the writing side

core::TimePoint Writer::write_pending(core::TimePoint now) {
  now_ = now;
  if (now < retry_at_) return retry_at_;
  if (!is_anything_waiting()) return core::kNever;
  if (gathers_until_ == core::kNever) gathers_until_ = now + kGather;
  if (now < gathers_until_) return gathers_until_;
  gathers_until_ = core::kNever;
  take_batch();
  write_batch();
  if (file_) return core::kNever;
  return retry_at_ = now + kRetry;
}

void Writer::finish() {
  take_batch();
  if (!batch_.bytes.empty()) write_batch();
  const std::uint64_t all = recorded();
  if (told_until_ < all) begin_file(all);
  [[maybe_unused]] std::error_code ignored;
  if (file_) ignored = file_->sync();
  file_.reset();
}

bool Writer::is_anything_waiting() {
  const std::scoped_lock lock{mutex_};
  if (!waiting_.bytes.empty()) return true;
  if (is_losing_) needs_checkpoint_ = true;  // after trouble, it is time for another try
  return false;
}

void Writer::take_batch() {
  batch_.bytes.clear();
  const std::scoped_lock lock{mutex_};
  std::swap(batch_.bytes, waiting_.bytes);
  batch_.first = waiting_.first;
  batch_.count = std::exchange(waiting_.count, 0);
  batch_.new_file_at = std::exchange(waiting_.new_file_at, std::nullopt);
  if (is_losing_) needs_checkpoint_ = true;  // there is room again
}

void Writer::write_batch() {
  seal_records(batch_.bytes, batch_.first);
  const std::string_view all = batch_.bytes;
  const std::uint64_t written_before = written_;
  const std::string_view old = all.substr(0, batch_.new_file_at.value_or(all.size()));
  if (file_) append_records(old);
  if (batch_.new_file_at) {
    begin_file(batch_.first + count_records(old));
    if (file_) append_records(all.substr(old.size()));
  }
  {
    const std::scoped_lock lock{mutex_};
    lost_ += batch_.count - (written_ - written_before);
    const bool is_full = file_ && file_size_ >= options_.file_bytes;
    if (is_full && !waiting_.new_file_at) needs_checkpoint_ = true;
  }
  tell_of_losses();
}

void Writer::begin_file(std::uint64_t first) {
  if (const std::error_code error = create_file()) return fail(error);
  std::string covered;
  Encoder facts{covered};
  facts.put(run_);
  facts.put(options_.unix_time_at_zero ? options_.unix_time_at_zero() : std::int64_t{0});
  facts.put(first);
  facts.put(first - written_);
  std::string head{kMagic};
  Encoder encoder{head};
  encoder.put(kLayoutVersion);
  encoder.put(checksum(covered));
  head += covered;
  if (append(head) < head.size()) return;
  told_until_ = first;
  remove_oldest();
}

std::error_code Writer::create_file() {
  file_.reset();
  file_size_ = file_records_ = 0;
  for (int taken = 0;; ++taken) {
    file_path_ = path_of(directory_, ++file_number_);
    auto made = disk_.create(file_path_);
    if (made) {
      file_ = std::move(*made);
      return {};
    }
    if (made.error() != std::errc::file_exists || taken == kMostTaken) return made.error();
  }
}

void Writer::append_records(std::string_view records) {
  const std::uint64_t count = count_records(records.substr(0, append(records)));
  written_ += count;
  told_until_ += count;
  file_records_ += count;
}

// Returns how much of `bytes` is in the file. Less than all: it failed, and there is no file any more.
std::size_t Writer::append(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto written = file_->append(bytes.substr(done));
    if (!written) {
      // A file that failed before its first record says nothing, and a full disk would get another each second.
      const bool has_records = file_records_ > 0 || count_records(bytes.substr(0, done)) > 0;
      [[maybe_unused]] std::error_code ignored;
      if (!has_records) ignored = disk_.remove(file_path_);
      fail(written.error());
      break;
    }
    done += *written;
    file_size_ += *written;
  }
  return done;
}

// What waits already goes on from what is lost now: it is lost too.
void Writer::fail(std::error_code error) {
  file_.reset();
  {
    const std::scoped_lock lock{mutex_};
    lost_ += std::exchange(waiting_.count, 0);
    waiting_.bytes.clear();
    waiting_.new_file_at.reset();
    is_losing_ = true;
    needs_checkpoint_ = false;
  }
  if (std::exchange(is_in_trouble_, true)) return;
  is_trouble_told_ = now_ >= quiet_until_;
  if (!is_trouble_told_) return;
  quiet_until_ = now_ + kQuiet;
  tell(fmt::format("the journal in {} cannot be written: {}; the service goes on without it", directory_.string(),
                   error.message()));
}

void Writer::tell_of_losses() {
  if (!file_) return;
  std::uint64_t lost = 0;
  bool was_too_slow = false;
  {
    const std::scoped_lock lock{mutex_};
    lost = lost_;
    was_too_slow = is_too_slow_;
  }
  if (std::exchange(is_in_trouble_, false)) {
    if (!is_trouble_told_) return;
    tell(fmt::format("the journal is written again; {} records are missing so far", lost));
  } else if (was_too_slow && !std::exchange(is_slowness_told_, true)) {
    tell(
        fmt::format("the disk is too slow for the journal: {} records are missing so far; further ones are only "
                    "counted, in tenfold_journal_lost_total",
                    lost));
  }
}

void Writer::tell(const std::string& what) const {
  if (options_.on_trouble) options_.on_trouble(what);
}

void Writer::remove_oldest() {
  const auto files = files_of(disk_, directory_);
  [[maybe_unused]] std::error_code ignored;
  for (std::size_t i = 0; i + options_.files < files.size(); ++i) ignored = disk_.remove(files[i]);
}

}  // namespace tenfold::journal
