// The thread that writes a live service's journal.
#pragma once

#include <condition_variable>
#include <expected>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "journal/writer.hpp"

namespace tenfold::journal {

// A writer, and its writing side as a thread that gives way to whoever computes.
//
//   auto journal = WriterThread::start(directory, {});
//   observer.write_to((*journal)->writer());
class WriterThread {
 public:
  // On the machine's disk and clocks: `wake` and `unix_time_at_zero` of the options are its own. `on_trouble` is called
  // on the thread. The error says what was wrong and what to do.
  static std::expected<std::unique_ptr<WriterThread>, std::string> start(const std::filesystem::path& directory,
                                                                         WriterOptions options);
  // Writes what waits.
  ~WriterThread();
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  // Its recording side, for one thread.
  Writer& writer() { return *writer_; }

 private:
  WriterThread() = default;
  void wake();
  void run();

  std::unique_ptr<Writer> writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_awake_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace tenfold::journal
