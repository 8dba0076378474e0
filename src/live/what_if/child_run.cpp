#include "live/what_if/child_run.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <utility>

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/provider/fd.hpp"

extern char** environ;

namespace tenfold::live {

namespace {

constexpr int kLowestPriority = 19;
constexpr std::string_view kFirstToGo = "1000";

// Between the end of its output and its own there is a moment.
constexpr std::chrono::milliseconds kEndLook{1};

constexpr std::size_t kReadAtOnce = 16'384;

std::pair<Fd, Fd> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  return {Fd{ends[0]}, Fd{ends[1]}};
}

// What it may take. Each is a matter of courtesy: where it is refused, the rest holds.
void restrain(pid_t pid, std::chrono::seconds time) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kLowestPriority);
  const auto seconds = static_cast<rlim_t>(time.count());
  const rlimit limit{.rlim_cur = seconds, .rlim_max = seconds + 1};
  ::prlimit(pid, RLIMIT_CPU, &limit, nullptr);
  std::ofstream{fmt::format("/proc/{}/oom_score_adj", pid)} << kFirstToGo;
}

}  // namespace

ChildRun::ChildRun(boost::asio::io_context& loop, std::vector<std::string> argv, Limits limits, Done done)
    : loop_{loop},
      argv_{std::move(argv)},
      limits_{limits},
      done_{std::move(done)},
      streams_{Stream{Descriptor{loop}, {}}, Stream{Descriptor{loop}, {}}},
      limit_timer_{loop},
      end_timer_{loop} {}

ChildRun::~ChildRun() {
  if (pid_ == 0) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

void ChildRun::start() {
  if (const int error = spawn(); error != 0) {
    boost::asio::post(loop_, [self = shared_from_this(), error] { self->finish(Result::End::kNotStarted, error); });
    return;
  }
  restrain(pid_, limits_.time);
  for (Stream& stream : streams_) read_later(stream);
  limit_timer_.expires_after(limits_.time);
  limit_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->kill();
    self->finish(Result::End::kTooLong, 0);
  });
}

int ChildRun::spawn() {
  std::vector<char*> arguments;
  arguments.reserve(argv_.size() + 1);
  for (std::string& word : argv_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  std::array<Fd, 2> theirs;
  bool has_pipes = true;
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto [ours, child_end] = make_pipe();
    has_pipes = has_pipes && ours && child_end;
    if (!has_pipes) break;
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    streams_[i].pipe.assign(ours.release());
    ::posix_spawn_file_actions_adddup2(&actions, child_end.get(), STDOUT_FILENO + static_cast<int>(i));
    theirs[i] = std::move(child_end);
  }
  // Its own group: Ctrl-C on our terminal is for us. Signals as a program expects them, though we ignore some.
  sigset_t all;
  sigset_t none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  const int error = has_pipes
                        ? ::posix_spawn(&pid_, argv_.front().c_str(), &actions, &attributes, arguments.data(), environ)
                        : EMFILE;
  if (error != 0) pid_ = 0;
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

void ChildRun::stop() {
  done_ = {};
  limit_timer_.cancel();
  for (Stream& stream : streams_) stream.pipe.close();
  kill();
  end_when_gone();
}

void ChildRun::kill() {
  if (pid_ != 0) ::kill(pid_, SIGKILL);
}

void ChildRun::read_later(Stream& stream) {
  stream.pipe.async_wait(Descriptor::wait_read,
                         [self = shared_from_this(), &stream](const boost::system::error_code& error) {
                           if (!error && stream.pipe.is_open()) self->read(stream);
                         });
}

void ChildRun::read(Stream& stream) {
  std::array<char, kReadAtOnce> buffer;
  const ssize_t n = ::read(stream.pipe.native_handle(), buffer.data(), buffer.size());
  if (n > 0) stream.text.append(buffer.data(), static_cast<std::size_t>(n));
  if (stream.text.size() > limits_.output) {
    kill();
    return finish(Result::End::kTooMuch, 0);
  }
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return read_later(stream);
  stream.pipe.close();
  if (!streams_[0].pipe.is_open() && !streams_[1].pipe.is_open()) end_when_gone();
}

void ChildRun::end_when_gone() {
  if (pid_ == 0) return;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) {
    end_timer_.expires_after(kEndLook);
    end_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->end_when_gone();
    });
    return;
  }
  pid_ = 0;
  if (WIFSIGNALED(status)) {
    finish(Result::End::kSignaled, WTERMSIG(status));
  } else {
    finish(Result::End::kExited, WEXITSTATUS(status));
  }
}

void ChildRun::finish(Result::End end, int code) {
  if (!done_) return;
  result_ = {.end = end, .code = code, .out = std::move(streams_[0].text), .err = std::move(streams_[1].text)};
  for (Stream& stream : streams_) stream.pipe.close();
  const Done done = std::exchange(done_, {});
  limit_timer_.cancel();
  end_when_gone();  // of one that was killed
  done(result_);
}

}  // namespace tenfold::live
