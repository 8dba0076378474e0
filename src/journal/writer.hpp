// Writes the journal without ever making the loop wait.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/service.hpp"
#include "journal/format.hpp"

namespace tenfold::journal {

struct WriterOptions {
  // What waits for the disk at most; when it is full, records are dropped and counted.
  std::size_t buffer_bytes = std::size_t{8} << 20;
  // A file ends about here, and at most so many are kept: the oldest goes first. Together 1 GiB.
  std::size_t file_bytes = std::size_t{64} << 20;
  std::size_t files = 16;
  // Told once when the journal cannot be written, and once when it can again. Called on the writer's thread.
  std::function<void(const std::string&)> on_trouble;
};

// Records are made and put into a buffer by one thread, the loop's, and written by a thread of the writer's own.
//
//   auto writer = Writer::open(directory, {});
//   if ((*writer)->needs_checkpoint()) (*writer)->checkpoint(service.save());
//   service.handle(now, event, actions);
//   (*writer)->step(now, event, actions);
//
// A checkpoint begins a new file. It is needed first of all, when a file is full, and after records were lost.
class Writer {
 public:
  // Makes the directory. The error says what was wrong and what to do.
  static std::expected<std::unique_ptr<Writer>, std::string> open(const std::filesystem::path& directory,
                                                                  WriterOptions options);
  // Writes what waits.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Before the next step, the core's state is wanted.
  bool needs_checkpoint() const { return needs_checkpoint_.load(std::memory_order_relaxed); }
  void checkpoint(const core::Checkpoint& checkpoint);

  void step(core::TimePoint now, const core::Event& event, const core::Actions& actions);
  void note(const ServiceNote& note);
  void note(const RequestNote& note);
  void note(const AnswerNote& note);
  void note(const ReplicaReadyNote& note);
  void note(const ReplicaExitNote& note);
  void note(const ClassNote& note);

  // Records dropped so far.
  std::uint64_t lost() const;

 private:
  Writer(std::filesystem::path directory, WriterOptions options);

  template <class Payload>
  void record(RecordType type, const Payload& payload);
  void begin_record(RecordType type);
  void end_record();
  // Puts the record into the buffer, as the first of a new file if `begins_file`.
  void push(bool begins_file);

  void run();
  void write(std::string& bytes, std::optional<std::size_t> new_file_at);
  void begin_file();
  void append(std::string_view bytes);
  void trouble(const std::string& what);
  void remove_oldest();

  std::filesystem::path directory_;
  WriterOptions options_;

  // The loop's thread.
  std::string record_;
  std::uint64_t told_lost_ = 0;

  std::atomic<bool> needs_checkpoint_ = true;

  // Guards what stands below. A message for each record would allocate and wake the writer each time; the buffer is
  // swapped every 25 milliseconds at most, and the lock is held for a copy of some hundred bytes.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string buffer_;
  std::optional<std::size_t> new_file_at_;  // where in the buffer a new file begins
  bool is_stopping_ = false;
  std::uint64_t lost_ = 0;

  // The writer's thread.
  int fd_ = -1;
  std::uint32_t file_number_ = 0;
  std::size_t file_size_ = 0;
  bool is_in_trouble_ = false;
  std::thread thread_;
};

}  // namespace tenfold::journal
