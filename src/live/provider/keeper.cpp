#include "live/provider/keeper.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/provider/keeper_steps.hpp"
#include "live/provider/launch_plan.hpp"
#include "live/provider/messages.hpp"
#include "live/provider/proc_scan.hpp"

namespace tenfold::live {
namespace {

// When the main program ends unasked, how long sidecars have to end after their SIGTERM. Short: until then the replica
// is not gone, and what it was working on is not tried elsewhere.
constexpr std::int64_t kLastWordMs = 1000;

// A sidecar that ends is started again as failed replicas are (core::Backoff): after a pause that doubles with each end
// in a row, and at once where it had lived long enough.
constexpr std::int32_t kFirstPauseMs = 200;
constexpr std::int32_t kLongestPauseMs = 30'000;
constexpr std::int64_t kLongLifeMs = 10'000;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// One container of the replica: its main process, the process group that this one makes, and, of a sidecar, when it is
// started again.
struct Container {
  pid_t pid = 0;    // 0: has not begun, or has ended
  pid_t group = 0;  // the same, and it stays: others may still be in it
  std::int32_t pause_ms = 0;
  std::int64_t began_ms = 0;
  std::int64_t due_ms = kNever;
};

class Keeper {
 public:
  Keeper(int control, KeeperOutput output, int plan, int handed) noexcept
      : control_{control}, output_{output}, plan_{open_plan(plan)}, handed_{handed} {
    ::close(plan);
  }

  [[noreturn]] void run() noexcept {
    children_ = become_keeper();
    if (plan_.count == 0 || children_ < 0) give_up(plan_.main, {KeeperReport::Step::kFork, errno});
    if (run_init_containers()) {
      for (std::size_t i = plan_.main + 1; i < plan_.count; ++i) start_sidecar(i);
      start_or_give_up(plan_.main);
      if (handed_ >= 0) ::close(handed_);  // who connects after the program's end must be refused
      report(
          {.kind = KeeperReport::Kind::kStarted, .container = number(plan_.main), .pid = containers_[plan_.main].pid});
      while (!ended_) wait_and_obey();
    }
    end_everything();
    report({.kind = KeeperReport::Kind::kEnded, .container = number(last_), .status = status_});
    leave_groups();
    ::_exit(0);
  }

 private:
  static std::uint32_t number(std::size_t i) noexcept { return static_cast<std::uint32_t>(i); }

  // ---- starting

  // One after the other. False when the replica ends with one of them.
  bool run_init_containers() noexcept {
    for (std::size_t i = 0; i < plan_.main; ++i) {
      last_ = i;
      start_or_give_up(i);
      report({.kind = KeeperReport::Kind::kInitStarted, .container = number(i)});
      while (!ended_ && (containers_[i].pid != 0 || is_terminating_)) wait_and_obey();
      if (ended_ || status_ != 0) return false;
    }
    last_ = plan_.main;
    return true;
  }

  // Runs the container's program. False with what failed when there is no process of it. The limits are the main
  // program's.
  bool start(std::size_t i, LaunchFailure& failure) noexcept {
    const bool is_main = i == plan_.main;
    const pid_t pid = run_program(plan_, i, output_, is_main, is_main ? handed_ : -1, failure);
    if (pid != 0) containers_[i] = {pid, pid, containers_[i].pause_ms, now_ms(), kNever};
    return pid != 0;
  }

  void start_or_give_up(std::size_t i) noexcept {
    LaunchFailure failure{};
    if (!start(i, failure)) give_up(i, failure);
  }

  [[noreturn]] void give_up(std::size_t i, const LaunchFailure& failure) noexcept {
    end_everything();
    report(
        {.kind = KeeperReport::Kind::kNotStarted, .step = failure.step, .container = number(i), .code = failure.error});
    leave_groups();
    ::_exit(1);
  }

  void start_sidecar(std::size_t i) noexcept {
    LaunchFailure failure{};
    if (start(i, failure)) return;
    containers_[i].began_ms = now_ms();
    start_again(i, {.step = failure.step, .code = failure.error});
  }

  // After its pause. `how` it ended is told.
  void start_again(std::size_t i, KeeperReport how) noexcept {
    Container& sidecar = containers_[i];
    const std::int64_t now = now_ms();
    const bool was_long = now - sidecar.began_ms >= kLongLifeMs;
    sidecar.pause_ms = was_long ? 0 : std::clamp(2 * sidecar.pause_ms, kFirstPauseMs, kLongestPauseMs);
    sidecar.due_ms = now + sidecar.pause_ms;
    how.kind = KeeperReport::Kind::kSidecarEnded;
    how.container = number(i);
    how.pause_ms = sidecar.pause_ms;
    report(how);
  }

  // ---- while it runs

  void wait_and_obey() noexcept {
    pollfd ready[] = {{control_, POLLIN, 0}, {children_, POLLIN, 0}};
    if (::poll(ready, 2, pause_ms()) < 0) return;
    if (ready[1].revents != 0 && !reap() && is_terminating_) ended_ = true;
    if (ready[0].revents != 0 && !ended_) obey();
    const std::int64_t now = now_ms();
    if (now >= last_word_ms_) ended_ = true;
    for (std::size_t i = plan_.main + 1; i < plan_.count && !ended_ && !is_terminating_; ++i) {
      if (now >= containers_[i].due_ms) start_sidecar(i);
    }
  }

  // Until something is due; -1 for nothing.
  int pause_ms() const noexcept {
    std::int64_t due = last_word_ms_;
    for (std::size_t i = 0; i < plan_.count && !is_terminating_; ++i) due = std::min(due, containers_[i].due_ms);
    return due == kNever ? -1 : static_cast<int>(std::max<std::int64_t>(due - now_ms(), 0));
  }

  void obey() noexcept {
    KeeperOrder order{};
    const ssize_t n = ::recv(control_, &order, sizeof order, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n == static_cast<ssize_t>(sizeof order) && order == KeeperOrder::kTerminate) {
      terminate();
      if (!is_any_running()) signal_children(SIGTERM, true);
      if (!reap()) ended_ = true;  // the last one ended before it could hear
    } else {
      ended_ = true;  // ordered to kill, or Tenfold is gone
    }
  }

  // Once: a second SIGTERM means "at once" to some programs.
  void terminate() noexcept {
    if (!is_terminating_) signal_containers(SIGTERM);
    is_terminating_ = true;
  }

  bool is_any_running() const noexcept {
    for (std::size_t i = 0; i < plan_.count; ++i) {
      if (containers_[i].pid != 0) return true;
    }
    return false;
  }

  void signal_containers(int signal) const noexcept {
    for (std::size_t i = 0; i < plan_.count; ++i) {
      if (containers_[i].pid != 0) ::kill(-containers_[i].pid, signal);
    }
  }

  // Takes the exit statuses of children that have ended. False when there is no child left.
  bool reap() noexcept {
    clear_news(children_);
    for (;;) {
      // A container's process is looked at before it is waited for: until then its number, which is also its group's,
      // cannot be given to another process, and the group can be told apart and killed safely.
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != ECHILD;
      if (info.si_pid == 0) return true;
      const std::size_t i = container_of(info.si_pid);
      if (i < plan_.count) clear_group(i);
      int status = 0;
      ::waitpid(info.si_pid, &status, 0);
      if (i < plan_.count) has_ended(i, status);
    }
  }

  // The count of containers for a process that is none.
  std::size_t container_of(pid_t pid) const noexcept {
    std::size_t i = 0;
    while (i < plan_.count && containers_[i].pid != pid) ++i;
    return i;
  }

  // A container that was told to end may have been a shell, which ends at once: what it ran has heard the same SIGTERM
  // and may take its time until the order to kill. Such as left all groups have heard nothing, and nobody else will
  // tell them. One that ends unasked takes its group with it.
  void clear_group(std::size_t i) noexcept {
    containers_[i].pid = 0;
    if (!is_terminating_ || ended_) {
      ::kill(-containers_[i].group, SIGKILL);
    } else if (!is_any_running()) {
      signal_children(SIGTERM, true);
    }
  }

  void has_ended(std::size_t i, int status) noexcept {
    if (i == last_) status_ = status;
    if (ended_ || is_terminating_) return;
    if (i > plan_.main) return start_again(i, {.status = status});
    if (i < plan_.main) return;
    if (!is_any_running()) {
      ended_ = true;
      return;
    }
    terminate();
    last_word_ms_ = now_ms() + kLastWordMs;
  }

  // ---- the end

  void end_everything() noexcept {
    ended_ = true;
    signal_containers(SIGKILL);
    for (int patience_ms = kSearchAfterMs; reap();) {
      pollfd ready{children_, POLLIN, 0};
      if (::poll(&ready, 1, patience_ms) != 0) continue;
      signal_children(SIGKILL, false);  // what is left are such as left their group
      patience_ms = patience_ms < kSearchAgainMs ? 2 * patience_ms : kSearchAgainMs;
    }
  }

  // When Tenfold has seen what they tell, or is gone.
  void leave_groups() noexcept {
    if (plan_.group_count == 0) return;
    const std::int64_t until = now_ms() + kLastLookMs;
    for (std::int64_t left = kLastLookMs; left > 0; left = until - now_ms()) {
      pollfd ready{control_, POLLIN, 0};
      KeeperOrder order{};
      if (::poll(&ready, 1, static_cast<int>(left)) == 1 && ::recv(control_, &order, sizeof order, MSG_DONTWAIT) <= 0)
        break;
    }
    remove_groups(plan_);
  }

  // To our children: all, or those that are in no container's group, for whoever is has heard it there. Their own
  // children become ours when they end.
  void signal_children(int signal, bool only_strays) const noexcept {
    struct Order {
      const Keeper* keeper;
      pid_t parent;
      int signal;
      bool only_strays;
    };
    Order what{this, ::getpid(), signal, only_strays};
    for_each_process(
        [](const ProcessStat& stat, void* context) {
          const Order& order = *static_cast<const Order*>(context);
          if (stat.parent != order.parent) return;
          if (!order.only_strays || !order.keeper->is_in_container(stat.group)) ::kill(stat.pid, order.signal);
        },
        &what);
  }

  bool is_in_container(pid_t group) const noexcept {
    for (std::size_t i = 0; i < plan_.count; ++i) {
      if (containers_[i].group == group) return true;
    }
    return false;
  }

  void report(const KeeperReport& what) const noexcept {
    [[maybe_unused]] const ssize_t sent = ::send(control_, &what, sizeof what, MSG_NOSIGNAL);
  }

  int control_;
  KeeperOutput output_;
  PlanView plan_;
  int handed_;
  int children_ = -1;
  std::array<Container, config::kMaxContainers> containers_;  // as in the plan
  std::size_t last_ = 0;  // the container with which the replica ends: an init container that runs, then the main one
  int status_ = 0;        // of that one
  bool is_terminating_ = false;
  std::int64_t last_word_ms_ = kNever;
  bool ended_ = false;  // nothing may go on
};

}  // namespace

void run_keeper(int control, KeeperOutput output, int plan, int handed) noexcept {
  Keeper{control, output, plan, handed}.run();
}

}  // namespace tenfold::live
