#include "live/provider/keeper.hpp"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/provider/launch_plan.hpp"
#include "live/provider/messages.hpp"
#include "live/provider/proc_scan.hpp"

namespace tenfold::live {
namespace {

// How long killed processes may take to end before /proc is searched for such as escaped from their group.
constexpr int kSearchAfterMs = 2;
// The longest pause between two searches: what will not die hangs in the kernel, and the search is not free.
constexpr int kSearchAgainMs = 64;

struct LaunchFailure {
  KeeperReport::Step step;
  std::int32_t error;
};

// In the replica's process, up to execve: a session of its own, no input, output to the relay, default signals.
[[noreturn]] void become_replica(pid_t keeper, int output, int failures, const LaunchView& plan) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != keeper) ::_exit(127);  // the keeper ended before the line above
  ::setsid();
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  LaunchFailure failure{KeeperReport::Step::kChangeDirectory, 0};
  if (plan.directory[0] == '\0' || ::chdir(plan.directory) == 0) {
    failure.step = KeeperReport::Step::kExecute;
    ::execve(plan.program, plan.arguments, plan.environment);
  }
  failure.error = errno;
  [[maybe_unused]] const ssize_t told = ::write(failures, &failure, sizeof failure);
  ::_exit(127);
}

class Keeper {
 public:
  Keeper(int control, int output, int plan) noexcept : control_(control), output_(output), plan_(plan) {}

  [[noreturn]] void run() noexcept {
    ::prctl(PR_SET_NAME, "tenfold-keeper");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    watch_children();
    launch();
    while (!ended_) wait_and_obey();
    end_everything();
    report({.kind = KeeperReport::Kind::kEnded, .status = status_});
    ::_exit(0);
  }

 private:
  void watch_children() noexcept {
    ::signal(SIGCHLD, SIG_DFL);  // the guardian ignores it, and then waitpid would see nothing
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    children_ = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  void launch() noexcept {
    int failures[2];
    const LaunchView plan = open_plan(plan_);
    if (plan.program == nullptr || children_ < 0 || ::pipe2(failures, O_CLOEXEC) != 0) {
      give_up({KeeperReport::Step::kFork, errno});
    }
    const pid_t keeper = ::getpid();
    main_ = ::_Fork();
    if (main_ < 0) give_up({KeeperReport::Step::kFork, errno});
    if (main_ == 0) become_replica(keeper, output_, failures[1], plan);
    ::close(failures[1]);
    ::close(output_);
    ::close(plan_);
    LaunchFailure failure{};
    const ssize_t n = ::read(failures[0], &failure, sizeof failure);  // its end: execve has succeeded
    ::close(failures[0]);
    if (n == static_cast<ssize_t>(sizeof failure)) give_up(failure);
    report({.kind = KeeperReport::Kind::kStarted, .pid = main_});
  }

  [[noreturn]] void give_up(const LaunchFailure& failure) noexcept {
    report({.kind = KeeperReport::Kind::kNotStarted, .step = failure.step, .code = failure.error});
    ::_exit(1);
  }

  void wait_and_obey() noexcept {
    pollfd ready[] = {{control_, POLLIN, 0}, {children_, POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0) return;
    if (ready[1].revents != 0 && !reap()) ended_ = true;
    if (ready[0].revents != 0 && !ended_) obey();
  }

  void obey() noexcept {
    KeeperOrder order{};
    const ssize_t n = ::recv(control_, &order, sizeof order, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n == static_cast<ssize_t>(sizeof order) && order == KeeperOrder::kTerminate) {
      terminate();
    } else {
      ended_ = true;  // ordered to kill, or Tenfold is gone
    }
  }

  // Once: a second SIGTERM means "at once" to some programs.
  void terminate() noexcept {
    if (!is_terminating_) ::kill(-main_, SIGTERM);
    is_terminating_ = true;
  }

  // Takes the exit statuses of children that have ended. False when there is no child left.
  bool reap() noexcept {
    signalfd_siginfo news;
    while (::read(children_, &news, sizeof news) > 0) {
    }
    for (;;) {
      // The main process is looked at before it is waited for: until then its number, which is also its group's, cannot
      // be given to another process, and the group can be told apart and killed safely.
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != ECHILD;
      if (info.si_pid == 0) return true;
      const bool is_main = info.si_pid == main_;
      if (is_main) main_has_ended();
      int status = 0;
      ::waitpid(info.si_pid, &status, 0);
      if (is_main) status_ = status;
    }
  }

  // A replica that was told to end may have been a shell, which ends at once: what it ran has heard the same SIGTERM
  // and may take its time until the order to kill. Such as left the group have heard nothing, and nobody else will tell
  // them.
  void main_has_ended() noexcept {
    if (is_terminating_ && !ended_) {
      signal_children(SIGTERM, main_);
    } else {
      ::kill(-main_, SIGKILL);
      ended_ = true;
    }
    main_ = 0;
  }

  void end_everything() noexcept {
    if (main_ != 0) ::kill(-main_, SIGKILL);
    for (int patience_ms = kSearchAfterMs; reap();) {
      pollfd ready{children_, POLLIN, 0};
      if (::poll(&ready, 1, patience_ms) != 0) continue;
      signal_children(SIGKILL, 0);  // what is left are such as left the group
      patience_ms = patience_ms < kSearchAgainMs ? 2 * patience_ms : kSearchAgainMs;
    }
  }

  // To our children, but for those of the process group `except`. Their own children become ours when they end.
  static void signal_children(int signal, pid_t except) noexcept {
    struct Order {
      pid_t parent;
      int signal;
      pid_t except;
    };
    Order what{::getpid(), signal, except};
    for_each_process(
        [](const ProcessStat& stat, void* context) {
          const Order& order = *static_cast<const Order*>(context);
          if (stat.parent == order.parent && stat.group != order.except) ::kill(stat.pid, order.signal);
        },
        &what);
  }

  void report(const KeeperReport& what) const noexcept {
    [[maybe_unused]] const ssize_t sent = ::send(control_, &what, sizeof what, MSG_NOSIGNAL);
  }

  int control_;
  int output_;
  int plan_;
  int children_ = -1;
  pid_t main_ = 0;  // the replica's main process and process group, until it has ended
  int status_ = 0;
  bool is_terminating_ = false;
  bool ended_ = false;  // nothing may go on
};

}  // namespace

void run_keeper(int control, int output, int plan) noexcept { Keeper{control, output, plan}.run(); }

}  // namespace tenfold::live
