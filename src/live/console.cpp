#include "live/console.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenfold::live {

namespace {

// Some ten thousand lines: what a burst of words may run ahead of a terminal.
constexpr std::size_t kBacklog = std::size_t{1} << 20;

// How long the end waits for what was said last. A reader that is there needs a moment.
constexpr std::chrono::seconds kLastWords{1};

std::uint64_t count_lines(std::string_view text) { return static_cast<std::uint64_t>(std::ranges::count(text, '\n')); }

std::string word_of(std::uint64_t missing) {
  return missing == 0 ? "" : fmt::format("tenfold: {} lines were not shown: nobody read them\n", missing);
}

bool is_same_file(int one, int other) {
  struct stat first{};
  struct stat second{};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// Writes everything, and waits for as long as that takes. False if the descriptor fails: its reader is gone, its disk
// full.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody else who has this open file made it non-blocking
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

void ConsoleBacklog::add(std::string_view lines) {
  if (dropped_ > 0 || text_.size() + lines.size() > limit_) {
    dropped_ += count_lines(lines);
  } else {
    text_ += lines;
  }
}

ConsoleBacklog::Taken ConsoleBacklog::take() {
  Taken taken{.text = word_of(lost_), .lines = lost_ + count_lines(text_) + dropped_};
  taken.text += text_;
  taken.text += word_of(dropped_);
  text_.clear();
  lost_ = dropped_ = 0;
  return taken;
}

// A descriptor and the thread that writes to it, which shares the ownership: it may outlive the console.
class StreamConsole::Lane {
 public:
  static std::shared_ptr<Lane> open(int fd) {
    auto lane = std::make_shared<Lane>(fd);
    std::thread{[lane] { lane->run(); }}.detach();
    return lane;
  }

  explicit Lane(int fd) : fd_{fd} {}

  void say(std::string_view lines) {
    {
      const std::scoped_lock lock{mutex_};
      backlog_.add(lines);
    }
    changed_.notify_all();
  }

  void finish(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock{mutex_};
    is_stopping_ = true;
    changed_.notify_all();
    changed_.wait_until(lock, deadline, [this] { return is_done_; });
  }

 private:
  void run() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return !backlog_.is_empty() || is_stopping_; });
      if (backlog_.is_empty()) break;
      const ConsoleBacklog::Taken taken = backlog_.take();
      lock.unlock();
      const bool is_shown = write_all(fd_, taken.text);
      lock.lock();
      if (!is_shown) backlog_.lose(taken.lines);
    }
    is_done_ = true;
    changed_.notify_all();
  }

  int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by the mutex, all three.
  ConsoleBacklog backlog_{kBacklog};
  bool is_stopping_ = false;
  bool is_done_ = false;
};

StreamConsole::StreamConsole(int out, int err)
    : err_{Lane::open(err)}, out_{is_same_file(out, err) ? err_ : Lane::open(out)} {}

StreamConsole::~StreamConsole() {
  const auto deadline = std::chrono::steady_clock::now() + kLastWords;
  out_->finish(deadline);
  err_->finish(deadline);
}

void StreamConsole::say(Stream stream, std::string_view lines) { (stream == Stream::kOut ? out_ : err_)->say(lines); }

}  // namespace tenfold::live
