// Makes the journal's records and writes them, without ever making the loop wait.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/service.hpp"
#include "journal/disk.hpp"
#include "journal/format.hpp"

namespace tenfold::journal {

struct WriterOptions {
  // What waits for the disk at most; when it is full, records are dropped and counted.
  std::size_t buffer_bytes = std::size_t{8} << 20;
  // A file ends about here, and at most so many are kept: the oldest goes first. Together 1 GiB.
  std::size_t file_bytes = std::size_t{64} << 20;
  std::size_t files = 16;
  // Something begins to wait: `write_pending` is to be called. On the recording side, which must not be kept.
  std::function<void()> wake;
  // A sentence for people: when the journal cannot be written and when it can again, once a minute at most, and when
  // the first record is lost because the disk is too slow. On the writing side.
  std::function<void(const std::string&)> on_trouble;
  // The wall clock, in nanoseconds since 1970, when the core's clock stood at zero. Asked for each file.
  std::function<std::int64_t()> unix_time_at_zero;
};

// Two sides, which may be two threads: one makes records and puts them into a buffer, the other writes them.
//
//   auto writer = Writer::open(disk, directory, {.wake = ...});
//
//   if ((*writer)->needs_checkpoint()) (*writer)->checkpoint(service.save());   // the recording side
//   service.handle(now, event, actions);
//   (*writer)->step(now, event, actions);
//
//   next = (*writer)->write_pending(now);                                      // the writing side
//   (*writer)->finish();
//
// Every record has a number. Once one is lost, because the buffer or the disk is full, all that follow are, until the
// next checkpoint: it begins a new file, which says how many came before it. So what stands in a file is whole, and
// what is missing between two files is known. WriterThread (journal/writer_thread.hpp) is the writing side as a thread.
class Writer {
 public:
  // Makes the directory and takes it for this service alone. The error says what was wrong and what to do. `disk` is
  // borrowed.
  static std::expected<std::unique_ptr<Writer>, std::string> open(Disk& disk, const std::filesystem::path& directory,
                                                                  WriterOptions options);
  // What was not written is lost, as when a process is killed: call `finish` before.
  ~Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // ---- the recording side

  // Before the next record, the core's state is wanted: first of all, when a file is full, and after a loss, as soon as
  // there is room again.
  bool needs_checkpoint() const { return needs_checkpoint_.load(std::memory_order_relaxed); }
  void checkpoint(const core::Checkpoint& checkpoint);

  void step(core::TimePoint now, const core::Event& event, const core::Actions& actions);
  void note(const ServiceNote& note);
  void note(const RequestNote& note);
  void note(const AnswerNote& note);
  void note(const ReplicaReadyNote& note);
  void note(const ReplicaExitNote& note);
  void note(const ClassNote& note);
  void note(const ProbeNote& note);

  // Records that were made so far, and how many of them are not in the journal and will not be. From any thread.
  std::uint64_t recorded() const;
  std::uint64_t lost() const;

  // ---- the writing side

  // Writes what has gathered long enough. Returns when to be called again; kNever: after the next `wake`.
  core::TimePoint write_pending(core::TimePoint now);
  // Writes all that waits, says what is missing at the end, and closes. Nothing is recorded after that.
  void finish();

 private:
  // What waits, as the two sides hand it over.
  struct Batch {
    std::string bytes;
    std::uint64_t first = 0;                 // the number of its first record
    std::uint64_t count = 0;                 // of its records
    std::optional<std::size_t> new_file_at;  // where in `bytes` a new file begins
  };

  Writer(Disk& disk, std::filesystem::path directory, WriterOptions options);

  template <class Payload>
  void record(RecordType type, const Payload& payload, bool begins_file = false);
  void begin_record(RecordType type);
  // Puts the record into the buffer, as the first of a new file if `begins_file`.
  void push(bool begins_file);

  std::error_code try_file();
  bool is_anything_waiting();
  void take_batch();
  void write_batch();
  void begin_file(std::uint64_t first);
  std::error_code create_file();
  void append_records(std::string_view records);
  std::size_t append(std::string_view bytes);
  void fail(std::error_code error);
  void tell_of_losses();
  void tell(const std::string& what) const;
  void remove_oldest();

  Disk& disk_;
  std::filesystem::path directory_;
  WriterOptions options_;
  std::unique_ptr<Disk::Lock> lock_;  // none where the file system has no locks

  // The recording side's.
  std::string record_;

  std::atomic<bool> needs_checkpoint_ = true;

  // Guards what stands below. A message for each record would allocate and wake the writer each time; the buffer is
  // swapped every 25 milliseconds at most, and the lock is held for a copy of some hundred bytes.
  mutable std::mutex mutex_;
  Batch waiting_;
  std::uint64_t recorded_ = 0;
  std::uint64_t lost_ = 0;
  bool is_losing_ = true;     // until the next checkpoint, all is lost
  bool is_too_slow_ = false;  // the buffer has once been full

  // The writing side's.
  Batch batch_;
  std::unique_ptr<Disk::File> file_;
  std::filesystem::path file_path_;
  std::uint32_t file_number_ = 0;
  std::uint64_t run_ = 0;  // the number of this service's first file
  std::uint64_t file_size_ = 0;
  std::uint64_t file_records_ = 0;
  std::uint64_t written_ = 0;                     // records, in all files together
  std::uint64_t told_until_ = 0;                  // the records below this are written, or a file says that they miss
  core::TimePoint gathers_until_ = core::kNever;  // kNever: nothing waits yet
  core::TimePoint retry_at_ = core::TimePoint::min();
  core::TimePoint now_ = core::TimePoint::min();
  core::TimePoint quiet_until_ = core::TimePoint::min();
  bool is_in_trouble_ = false;
  bool is_trouble_told_ = false;
  bool is_slowness_told_ = false;
};

}  // namespace tenfold::journal
