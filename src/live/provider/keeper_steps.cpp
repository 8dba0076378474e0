#include "live/provider/keeper_steps.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/zygote_protocol.hpp"

namespace tenfold::live {
namespace {

constexpr char kListenPid[] = "LISTEN_PID=";

// A group that the kernel still holds is tried again for so long.
constexpr int kRemovalTries = 100;

struct Program {
  const PlanView& plan;
  std::size_t which;
  KeeperOutput output;
  bool is_bounded;
  int inherited;
};

// The process id of this one in place of what `environment` has as LISTEN_PID, which keeps room for it.
void tell_process_id(char** environment) noexcept {
  for (; *environment != nullptr; ++environment) {
    if (std::strncmp(*environment, kListenPid, sizeof kListenPid - 1) != 0) continue;
    char* const value = *environment + sizeof kListenPid - 1;
    const auto written = std::to_chars(value, value + std::strlen(value), ::getpid());
    if (written.ec == std::errc{}) *written.ptr = '\0';
  }
}

// Takes the last steps, after which the program is there. Returns only if one fails: which, with errno set.
KeeperReport::Step run_as(const LaunchView& launch, const PlanView& plan, bool is_bounded) noexcept {
  if (is_bounded && !enter_groups(plan, 0)) return KeeperReport::Step::kEnterGroup;
  if (launch.directory[0] != '\0' && ::chdir(launch.directory) != 0) return KeeperReport::Step::kChangeDirectory;
  if (const int error = isolate(plan.isolation)) {
    errno = error;
    return KeeperReport::Step::kIsolate;
  }
  ::execve(launch.program, launch.arguments, launch.environment);
  return KeeperReport::Step::kExecute;
}

// In the new process, up to execve: a session of its own, no input, output to the relay, default signals, its control
// groups, its isolation.
[[noreturn]] void become(const Program& program, pid_t keeper, int failures) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != keeper) ::_exit(127);  // the keeper ended before the line above
  ::setsid();
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  ::dup2(program.output.out, STDOUT_FILENO);
  ::dup2(program.output.err, STDERR_FILENO);
  if (program.inherited >= 0) {
    failures = ::fcntl(failures, F_DUPFD_CLOEXEC, kZygoteDescriptor + 1);
    ::dup2(program.inherited, kZygoteDescriptor);
    tell_process_id(program.plan.launches[program.which].environment);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  const PlanView& plan = program.plan;
  if (program.is_bounded) bound(plan, 0);
  LaunchFailure failure{};
  failure.step = run_as(plan.launches[program.which], plan, program.is_bounded);
  failure.error = errno;
  [[maybe_unused]] const ssize_t told = ::write(failures, &failure, sizeof failure);
  ::_exit(127);
}

}  // namespace

std::int64_t now_ms() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

pid_t run_program(const PlanView& plan, std::size_t which, KeeperOutput output, bool is_bounded, int inherited,
                  LaunchFailure& failure) noexcept {
  int failures[2];
  failure = {KeeperReport::Step::kFork, 0};
  const pid_t keeper = ::getpid();
  const bool has_pipe = ::pipe2(failures, O_CLOEXEC) == 0;
  const pid_t pid = has_pipe ? ::_Fork() : -1;
  if (pid < 0) failure.error = errno;
  if (pid == 0) become({plan, which, output, is_bounded, inherited}, keeper, failures[1]);
  if (has_pipe) {
    ::close(failures[1]);
    if (pid > 0 && ::read(failures[0], &failure, sizeof failure) <= 0) failure.error = 0;  // execve has succeeded
    ::close(failures[0]);
  }
  return failure.error == 0 ? pid : 0;
}

bool enter_groups(const PlanView& plan, pid_t pid) noexcept {
  std::array<char, 16> number{};
  const auto size = static_cast<std::size_t>(std::to_chars(number.begin(), number.end(), pid).ptr - number.data());
  for (std::size_t i = 0; i < plan.group_count; ++i) {
    const int directory = ::open(plan.groups[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
    const int file = directory < 0 ? -1 : ::openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    const bool is_in = file >= 0 && ::write(file, number.data(), size) == static_cast<ssize_t>(size);
    const int error = errno;
    ::close(file);
    ::close(directory);
    errno = error;
    if (!is_in) return false;
  }
  return true;
}

void bound(const PlanView& plan, pid_t pid) noexcept {
  const rlimit data{plan.data_limit, plan.data_limit};
  if (plan.data_limit > 0) ::prlimit(pid, RLIMIT_DATA, &data, nullptr);
  const auto id = static_cast<id_t>(pid);
  if (plan.niceness > 0) ::setpriority(PRIO_PROCESS, id, ::getpriority(PRIO_PROCESS, id) + plan.niceness);
}

void remove_groups(const PlanView& plan) noexcept {
  for (std::size_t i = 0; i < plan.group_count; ++i) {
    for (int tries = kRemovalTries; ::rmdir(plan.groups[i]) != 0 && errno == EBUSY && tries > 0; --tries)
      ::poll(nullptr, 0, 1);
    *std::strrchr(plan.groups[i], '/') = '\0';
    ::rmdir(plan.groups[i]);
  }
}

int become_keeper() noexcept {
  ::prctl(PR_SET_NAME, "tenfold-keeper");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::signal(SIGCHLD, SIG_DFL);  // the guardian ignores it, and then waitpid would see nothing
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  return ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void clear_news(int children) noexcept {
  signalfd_siginfo news;
  while (::read(children, &news, sizeof news) > 0) {
  }
}

}  // namespace tenfold::live
