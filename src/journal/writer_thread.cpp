#include "journal/writer_thread.hpp"

#include <chrono>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace tenfold::journal {

namespace {

using Steady = std::chrono::steady_clock;

// The writer can wait for whoever computes: on a machine whose cores are all at work, each of its turns would be taken
// from a replica in the middle of a solve.
constexpr int kNiceness = 10;

std::int64_t unix_time_at_zero() {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return (duration_cast<nanoseconds>(wall) - duration_cast<nanoseconds>(Steady::now().time_since_epoch())).count();
}

core::TimePoint now() { return core::TimePoint{Steady::now().time_since_epoch()}; }

}  // namespace

std::expected<std::unique_ptr<WriterThread>, std::string> WriterThread::start(const std::filesystem::path& directory,
                                                                              WriterOptions options) {
  std::unique_ptr<WriterThread> made{new WriterThread};
  options.wake = [thread = made.get()] { thread->wake(); };
  options.unix_time_at_zero = unix_time_at_zero;
  auto writer = Writer::open(real_disk(), directory, std::move(options));
  if (!writer) return std::unexpected(writer.error());
  made->writer_ = std::move(*writer);
  made->thread_ = std::thread{[thread = made.get()] { thread->run(); }};
  return made;
}

WriterThread::~WriterThread() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock{mutex_};
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void WriterThread::wake() {
  {
    const std::scoped_lock lock{mutex_};
    is_awake_ = true;
  }
  changed_.notify_one();
}

void WriterThread::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
  core::TimePoint next = core::kNever;
  std::unique_lock lock{mutex_};
  while (!is_stopping_) {
    if (next == core::kNever) {
      changed_.wait(lock, [this] { return is_stopping_ || is_awake_; });
      is_awake_ = false;
    } else {
      changed_.wait_for(lock, next - now(), [this] { return is_stopping_; });
    }
    lock.unlock();
    next = writer_->write_pending(now());
    lock.lock();
  }
  lock.unlock();
  writer_->finish();
}

}  // namespace tenfold::journal
