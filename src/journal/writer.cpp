#include "journal/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "journal/checksum.hpp"
#include "journal/codec.hpp"
#include "journal/files.hpp"

namespace tenfold::journal {

namespace {

// How long records may gather before they are written: one system call for all of them.
constexpr std::chrono::milliseconds kGather{25};

// The writer can wait for whoever computes: on a machine whose cores are all at work, each of its turns would be taken
// from a replica in the middle of a solve.
constexpr int kNiceness = 10;

// After a failed write, how long until the next try.
constexpr std::chrono::seconds kRetry{1};

std::int64_t unix_time_at_zero() {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  return (duration_cast<nanoseconds>(wall) - duration_cast<nanoseconds>(steady)).count();
}

// Fills the checksums in, which the loop's thread leaves out. Returns how many records there are.
std::uint64_t seal_records(std::string& bytes) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < bytes.size(); ++count) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data() + at, sizeof size);
    const std::uint32_t sum = checksum({bytes.data() + at + kRecordHeaderSize - 1, size + 1});
    std::memcpy(bytes.data() + at + 4, &sum, sizeof sum);
    at += kRecordHeaderSize + size;
  }
  return count;
}

}  // namespace

std::expected<std::unique_ptr<Writer>, std::string> Writer::open(const std::filesystem::path& directory,
                                                                 WriterOptions options) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return std::unexpected(fmt::format("the journal's directory {} cannot be made: {}; choose another with --journal",
                                       directory.string(), error.message()));
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return std::unexpected(
        fmt::format("the journal's directory {} cannot be written: {}; choose another with --journal",
                    directory.string(), std::strerror(errno)));
  }
  return std::unique_ptr<Writer>{new Writer{directory, std::move(options)}};
}

Writer::Writer(std::filesystem::path directory, WriterOptions options)
    : directory_{std::move(directory)}, options_{std::move(options)} {
  const auto files = files_of(directory_);
  if (!files.empty()) file_number_ = number_of(files.back());
  buffer_.reserve(std::size_t{64} << 10);
  thread_ = std::thread{[this] { run(); }};
}

Writer::~Writer() {
  {
    const std::scoped_lock lock{mutex_};
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  if (fd_ >= 0) ::close(fd_);
}

// ---- the loop's thread

void Writer::checkpoint(const core::Checkpoint& checkpoint) {
  needs_checkpoint_ = false;
  begin_record(RecordType::kCheckpoint);
  Encoder{record_}.put(checkpoint);
  end_record();
  push(true);
  const std::uint64_t lost_now = lost();
  if (lost_now > told_lost_) record(RecordType::kGap, Gap{.lost = lost_now - told_lost_});
  told_lost_ = lost_now;
}

void Writer::step(core::TimePoint now, const core::Event& event, const core::Actions& actions) {
  begin_record(RecordType::kStep);
  Encoder encoder{record_};
  encoder.put(now);
  encoder.put(event);
  encoder.put(actions);
  end_record();
  push(false);
}

template <class Payload>
void Writer::record(RecordType type, const Payload& payload) {
  begin_record(type);
  Encoder{record_}.put(payload);
  end_record();
  push(false);
}

void Writer::note(const ServiceNote& note) { record(RecordType::kServiceNote, note); }
void Writer::note(const RequestNote& note) { record(RecordType::kRequestNote, note); }
void Writer::note(const AnswerNote& note) { record(RecordType::kAnswerNote, note); }
void Writer::note(const ReplicaReadyNote& note) { record(RecordType::kReplicaReadyNote, note); }
void Writer::note(const ReplicaExitNote& note) { record(RecordType::kReplicaExitNote, note); }
void Writer::note(const ClassNote& note) { record(RecordType::kClassNote, note); }

void Writer::begin_record(RecordType type) {
  record_.assign(kRecordHeaderSize, '\0');
  record_.back() = static_cast<char>(type);
}

void Writer::end_record() {
  const auto size = static_cast<std::uint32_t>(record_.size() - kRecordHeaderSize);
  std::memcpy(record_.data(), &size, sizeof size);
}

void Writer::push(bool begins_file) {
  bool was_empty = false;
  {
    const std::scoped_lock lock{mutex_};
    was_empty = buffer_.empty();
    // A checkpoint may be larger than the buffer; alone in it, it passes.
    if (!was_empty && buffer_.size() + record_.size() > options_.buffer_bytes) {
      ++lost_;
      needs_checkpoint_ = true;
      return;
    }
    if (begins_file) new_file_at_ = buffer_.size();
    buffer_ += record_;
  }
  if (was_empty) changed_.notify_one();
}

std::uint64_t Writer::lost() const {
  const std::scoped_lock lock{mutex_};
  return lost_;
}

// ---- the writer's thread

void Writer::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
  std::string bytes;
  for (bool is_stopping = false; !is_stopping;) {
    std::optional<std::size_t> new_file_at;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return is_stopping_ || !buffer_.empty(); });
      changed_.wait_for(lock, is_in_trouble_ ? std::chrono::milliseconds{kRetry} : kGather,
                        [this] { return is_stopping_; });
      bytes.clear();
      bytes.swap(buffer_);
      new_file_at = std::exchange(new_file_at_, std::nullopt);
      is_stopping = is_stopping_;
    }
    write(bytes, new_file_at);
  }
}

void Writer::write(std::string& bytes, std::optional<std::size_t> new_file_at) {
  const std::uint64_t count = seal_records(bytes);
  const std::string_view all = bytes;
  const std::size_t split = new_file_at.value_or(all.size());
  if (fd_ >= 0) append(all.substr(0, split));
  if (new_file_at) {
    begin_file();
    if (fd_ >= 0) append(all.substr(split));
  }
  if (fd_ >= 0 && is_in_trouble_) {
    is_in_trouble_ = false;
    if (options_.on_trouble) options_.on_trouble("the journal is written again");
  }
  if (fd_ < 0) {
    const std::scoped_lock lock{mutex_};
    lost_ += count;
  }
  if (fd_ < 0 || file_size_ >= options_.file_bytes) needs_checkpoint_ = true;
}

void Writer::begin_file() {
  if (fd_ >= 0) ::close(fd_);
  const std::filesystem::path path = path_of(directory_, ++file_number_);
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  file_size_ = 0;
  if (fd_ < 0) return trouble(std::strerror(errno));
  std::string head{kMagic};
  Encoder encoder{head};
  encoder.put(kFormatVersion);
  encoder.put(std::uint32_t{0});
  encoder.put(unix_time_at_zero());
  append(head);
  remove_oldest();
}

void Writer::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      ::close(fd_);
      fd_ = -1;
      return trouble(std::strerror(error));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    file_size_ += static_cast<std::size_t>(written);
  }
}

void Writer::trouble(const std::string& what) {
  if (std::exchange(is_in_trouble_, true) || !options_.on_trouble) return;
  options_.on_trouble(fmt::format("the journal in {} cannot be written: {}; the service goes on without it",
                                  directory_.string(), what));
}

void Writer::remove_oldest() {
  const auto files = files_of(directory_);
  for (std::size_t i = 0; i + options_.files < files.size(); ++i) {
    std::error_code ignored;
    std::filesystem::remove(files[i], ignored);
  }
}

}  // namespace tenfold::journal
