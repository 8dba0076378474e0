#include "live/provider/guardian_process.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "live/provider/keeper.hpp"
#include "live/provider/messages.hpp"
#include "live/provider/packet.hpp"
#include "live/provider/usage_meter.hpp"
#include "live/provider/zygote_keeper.hpp"

namespace tenfold::live {
namespace {

// Reading /proc takes a few microseconds per process of the machine. A measurement is put off so that the reading stays
// under one part in this many of one core.
constexpr std::int64_t kIdleShare = 100;
// Keepers have nothing left to do when Tenfold is gone, or they kill what they have: what is slower hangs in the
// kernel.
constexpr std::int64_t kLastWaitNs = 1'000'000'000;

constinit UsageMeter meter;

std::int64_t read_ns(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}
timespec to_timespec(std::int64_t ns) noexcept { return {ns / 1'000'000'000, ns % 1'000'000'000}; }
std::int64_t steady_ns() noexcept { return read_ns(CLOCK_MONOTONIC); }
// Not by the steady clock: a reading that others keep from its core is no dear one.
std::int64_t cpu_ns() noexcept { return read_ns(CLOCK_PROCESS_CPUTIME_ID); }

void close_all_but(int kept) noexcept {
  const auto close_from = [](unsigned first, unsigned last) {
    if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;
    const unsigned limit = std::min<unsigned>(last, static_cast<unsigned>(::sysconf(_SC_OPEN_MAX)));
    for (unsigned fd = first; fd <= limit; ++fd) ::close(static_cast<int>(fd));  // a kernel before 5.9
  };
  const auto fd = static_cast<unsigned>(kept);
  close_from(3, fd - 1);
  close_from(fd + 1, ~0U);
}

// Out of the terminal's reach, with nothing of Tenfold's but the socket. Signals are blocked, so that `pkill tenfold`
// ends Tenfold, which drains first, and not the replicas under its feet.
void detach(int socket) noexcept {
  ::setsid();
  ::prctl(PR_SET_NAME, "tenfold-guard");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::signal(SIGCHLD, SIG_IGN);  // keepers are not waited for
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  close_all_but(socket);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) ::dup2(null, fd);
  ::close(null);
}

void fork_keeper(int socket, const SpawnRequest& request, const int (&fds)[kSpawnDescriptors]) noexcept {
  const bool is_zygote = request.kind == SpawnRequest::Kind::kZygote;
  const pid_t pid = ::_Fork();
  if (pid == 0) {
    ::close(socket);
    const KeeperOutput output{.out = fds[1], .err = fds[2]};
    is_zygote ? run_zygote_keeper(fds[0], output, fds[3]) : run_keeper(fds[0], output, fds[3], fds[4]);
  }
  if (pid < 0) {
    const KeeperReport failed{
        .kind = KeeperReport::Kind::kNotStarted, .step = KeeperReport::Step::kFork, .code = errno};
    [[maybe_unused]] const ssize_t sent = ::send(fds[0], &failed, sizeof failed, MSG_NOSIGNAL);
  } else {
    meter.add(pid, request.replica);
  }
}

void obey(int socket, const SpawnRequest& request, const int (&fds)[kSpawnDescriptors]) noexcept {
  if (request.kind == SpawnRequest::Kind::kMeasure) {
    meter.add(request.pid, request.replica);
  } else if (fds[0] >= 0) {
    fork_keeper(socket, request, fds);
  }
  for (const int fd : fds) ::close(fd);
}

void report_usage(int socket) noexcept {
  static const std::int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  static const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::int64_t now = steady_ns();
  for (const UsageMeter::Family& family : meter.families()) {
    UsageReport report;
    report.replica = family.replica;
    report.cpu_ns = static_cast<std::int64_t>(family.cpu_ticks) * tick_ns;
    report.cpu_wait_ns = static_cast<std::int64_t>(family.cpu_wait_ns);
    report.at_ns = now;
    report.resident_bytes = family.resident_pages * static_cast<std::uint64_t>(page_bytes);
    // Totals: a report that Tenfold is too busy for is made good by the next one.
    [[maybe_unused]] const ssize_t sent = ::send(socket, &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

// Who sees Tenfold end, which waits for its guardian, finds no process of it. Ends the orphans of keepers that were
// killed.
void wait_for_keepers() noexcept {
  ::signal(SIGCHLD, SIG_DFL);  // it is blocked, and waited for here
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  const std::int64_t deadline = steady_ns() + kLastWaitNs;
  meter.measure();
  for (;;) {
    pid_t ended = 0;
    bool has_ended = false;
    while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0) has_ended = true;
    const std::int64_t left = deadline - steady_ns();
    if (ended < 0 || left <= 0) return;
    if (has_ended) meter.measure();
    const timespec pause = to_timespec(left);
    ::sigtimedwait(&child, nullptr, &pause);
  }
}

}  // namespace

void run_guardian(int inherited, std::int64_t sample_interval_ns) noexcept {
  // Clear of stdin, stdout and stderr. A guardian that cannot hear of Tenfold's end must not begin.
  const int socket = inherited > STDERR_FILENO ? inherited : ::fcntl(inherited, F_DUPFD_CLOEXEC, 3);
  if (socket < 0) ::_exit(1);
  detach(socket);
  std::int64_t next_sample = steady_ns() + sample_interval_ns;
  for (;;) {
    const bool has_work = !meter.families().empty();
    const timespec pause = to_timespec(std::max<std::int64_t>(next_sample - steady_ns(), 0));
    pollfd ready{socket, POLLIN, 0};
    if (::ppoll(&ready, 1, has_work ? &pause : nullptr, nullptr) > 0) {
      SpawnRequest request;
      int fds[kSpawnDescriptors];
      const Received received = receive_packet(socket, &request, sizeof request, fds);
      if (received == Received::kEnd) break;
      if (received == Received::kPacket) obey(socket, request, fds);
    }
    const std::int64_t now = steady_ns();
    if (now < next_sample || !has_work) continue;
    const std::int64_t began = cpu_ns();
    meter.measure();
    report_usage(socket);
    next_sample = now + std::max(sample_interval_ns, kIdleShare * (cpu_ns() - began));
  }
  wait_for_keepers();
  ::_exit(0);
}

}  // namespace tenfold::live
