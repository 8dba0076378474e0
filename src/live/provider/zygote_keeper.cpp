#include "live/provider/zygote_keeper.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/zygote_protocol.hpp"
#include "core/settings.hpp"
#include "live/provider/keeper_steps.hpp"
#include "live/provider/launch_plan.hpp"
#include "live/provider/messages.hpp"
#include "live/provider/packet.hpp"
#include "live/provider/proc_scan.hpp"

namespace tenfold::live {
namespace {

// A zygote that has taken so long to fork hangs, and is killed: what waits for it is tried again with another.
constexpr std::int64_t kForkPatienceMs = 10'000;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

enum class State : std::uint8_t {
  kWaiting,  // for the zygote
  kForking,  // the zygote has been told; at most one is
  kRunning,
  kClearing,  // its main process has ended, and what it left is killed
  kTold,      // nothing of it is left but its control groups
};

// All zeros at first, so that the storage below costs no memory until replicas touch it. Of descriptors, 0 is none:
// that number is taken here.
struct Replica {
  State state = State::kWaiting;
  bool is_killed = false;  // before it could be forked
  bool is_left = false;    // Tenfold has closed its end; this one stays until nothing of the replica is left
  pid_t pid = 0;
  int control = 0;
  int out = 0;  // these until it is forked
  int err = 0;
  int gate = 0;  // a byte lets it go on
  int plan = 0;
  int status = 0;           // of its main process
  std::int64_t due_ms = 0;  // when its state has lasted too long; 0: never
};

constinit std::array<Replica, core::kMaxReplicas> replica_storage;

void close_all(std::initializer_list<int*> descriptors) noexcept {
  for (int* const descriptor : descriptors) {
    if (*descriptor > 0) ::close(*descriptor);
    *descriptor = 0;
  }
}

void signal_replica(const Replica& replica, int signal) noexcept {
  // It makes its group as its first act.
  if (::kill(-replica.pid, signal) != 0) ::kill(replica.pid, signal);
}

class ZygoteKeeper {
 public:
  ZygoteKeeper(int control, KeeperOutput output, int plan) noexcept
      : control_{control}, output_{output}, plan_{open_plan(plan)} {
    ::close(plan);
  }

  [[noreturn]] void run() noexcept {
    children_ = become_keeper();
    events_ = ::epoll_create1(EPOLL_CLOEXEC);
    watch(children_);
    watch(control_);
    start_zygote();
    while (zygote_ != 0 || count_ > 0) turn();
    end_everything();
    ::_exit(0);
  }

 private:
  std::span<Replica> replicas() noexcept { return {replica_storage.data(), count_}; }

  bool is_any(State state) noexcept {
    return std::ranges::find(replicas(), state, &Replica::state) != replicas().end();
  }

  void watch(int descriptor) const noexcept {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    ::epoll_ctl(events_, EPOLL_CTL_ADD, descriptor, &event);
  }

  // ---- the zygote

  void start_zygote() noexcept {
    int ends[2];
    LaunchFailure failure{KeeperReport::Step::kFork, 0};
    const bool has_socket = plan_.count > 0 && ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;
    if (has_socket) {
      // Clear of the number that it is to have.
      const int theirs = ::fcntl(ends[1], F_DUPFD_CLOEXEC, kZygoteDescriptor + 1);
      zygote_ = run_program(plan_, plan_.main, output_, false, theirs, failure);
      socket_ = ends[0];
      ::close(theirs);
      ::close(ends[1]);
    } else {
      failure.error = errno;
    }
    ::close(output_.out);
    ::close(output_.err);
    if (zygote_ == 0) {
      lose_zygote({.kind = KeeperReport::Kind::kNotStarted, .step = failure.step, .code = failure.error});
    } else {
      watch(socket_);
    }
  }

  // It has ended, or was never there: replicas that are not forked yet never will be.
  void lose_zygote(const KeeperReport& how) noexcept {
    zygote_ = 0;
    is_ready_ = false;
    close_all({&socket_});
    report(control_, how);
    const KeeperReport not_started{.kind = KeeperReport::Kind::kNotStarted,
                                   .step = KeeperReport::Step::kZygote,
                                   .code = how.code,
                                   .status = how.status};
    ::shutdown(control_, SHUT_RD);  // who asks from now on sees it; who has asked is told
    while (take_request()) {
    }
    close_all({&control_});
    for (Replica& replica : replicas()) {
      if (replica.state <= State::kForking) tell_end(replica, not_started);
    }
  }

  void kill_zygote() const noexcept {
    if (zygote_ != 0) ::kill(-zygote_, SIGKILL);
  }

  void hear_zygote() noexcept {
    std::int32_t number = 0;
    const ssize_t n = ::recv(socket_, &number, sizeof number, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n != sizeof number) {  // it has closed its end, and so will never fork
      is_ready_ = false;
      close_all({&socket_});
      return kill_zygote();
    }
    if (number == 0) {
      is_ready_ = true;
      return report(control_, {.kind = KeeperReport::Kind::kStarted, .pid = zygote_});
    }
    const auto forking = std::ranges::find(replicas(), State::kForking, &Replica::state);
    if (forking == replicas().end()) return kill_zygote();  // nobody asked
    number > 0 ? let_go(*forking, number) : tell_end(*forking, not_forked(KeeperReport::Step::kFork, -number));
  }

  // ---- starting a replica

  // False when none is there.
  bool take_request() noexcept {
    SpawnRequest request;
    int fds[kSpawnDescriptors];
    const Received received = receive_packet(control_, &request, sizeof request, fds, MSG_DONTWAIT);
    if (received == Received::kEnd) {
      ::epoll_ctl(events_, EPOLL_CTL_DEL, control_, nullptr);  // this end stays until the zygote has ended
      kill_zygote();
    }
    if (received != Received::kPacket || fds[0] <= 0) return false;
    if (count_ == replica_storage.size()) {
      for (const int fd : fds) ::close(fd);
      return true;
    }
    replica_storage[count_++] = {.control = fds[0], .out = fds[1], .err = fds[2], .plan = fds[3]};
    watch(fds[0]);
    return true;
  }

  // The next that waits, if the zygote has nothing else to do.
  void fork_next() noexcept {
    while (is_ready_ && !is_any(State::kForking)) {
      const auto next = std::ranges::find(replicas(), State::kWaiting, &Replica::state);
      if (next == replicas().end()) return;
      order_fork(*next);
    }
  }

  void order_fork(Replica& replica) noexcept {
    const PlanView plan = open_plan(replica.plan);
    int gate[2];
    if (plan.count == 0 || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) != 0)
      return tell_end(replica, not_forked(KeeperReport::Step::kFork, errno));
    const char* const variables = plan.launches[0].environment[0];
    const int fds[kForkDescriptors] = {replica.out, replica.err, gate[1]};
    // One that is gone is told when it is reaped.
    [[maybe_unused]] const bool sent = send_packet(socket_, variables, plan.launches[0].environment_bytes, fds);
    ::close(gate[1]);
    close_plan(plan);
    close_all({&replica.out, &replica.err});
    replica.gate = gate[0];
    replica.state = State::kForking;
    replica.due_ms = now_ms() + kForkPatienceMs;
  }

  void let_go(Replica& replica, pid_t pid) noexcept {
    replica.pid = pid;
    replica.state = State::kRunning;
    replica.due_ms = 0;
    if (::kill(pid, 0) != 0) {  // somebody has killed it, and it was waited for, before it was known
      replica.status = SIGKILL;
      replica.state = State::kClearing;
      search_ms_ = 0;
      return;
    }
    const PlanView plan = open_plan(replica.plan);
    bound(plan, pid);
    const bool is_in = enter_groups(plan, pid);
    const int error = errno;
    close_plan(plan);
    if (!is_in) {
      signal_replica(replica, SIGKILL);
      return tell_end(replica, not_forked(KeeperReport::Step::kEnterGroup, error));
    }
    if (replica.is_killed) signal_replica(replica, SIGKILL);
    [[maybe_unused]] const ssize_t sent = ::send(replica.gate, "", 1, MSG_NOSIGNAL);
    close_all({&replica.gate});
    report(replica.control, {.kind = KeeperReport::Kind::kStarted, .pid = pid});
  }

  static KeeperReport not_forked(KeeperReport::Step step, int code) noexcept {
    return {.kind = KeeperReport::Kind::kNotStarted, .step = step, .code = code};
  }

  // ---- while replicas run

  void turn() noexcept {
    std::array<epoll_event, 64> events;
    const int n = ::epoll_wait(events_, events.data(), static_cast<int>(events.size()), pause_ms());
    for (int i = 0; i < n; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == children_) {
        reap();
      } else if (descriptor == control_) {
        take_request();
      } else if (descriptor == socket_) {
        hear_zygote();
      } else {
        obey(descriptor);
      }
    }
    const std::int64_t now = now_ms();
    for (Replica& replica : replicas()) {
      if (replica.state != State::kForking || now < replica.due_ms) continue;
      kill_zygote();
      replica.due_ms = now + kForkPatienceMs;
    }
    clear();
    forget(now);
    fork_next();
  }

  // Until something is due; -1 for nothing.
  int pause_ms() noexcept {
    std::int64_t due = is_any(State::kForking) ? kNever : search_ms_;
    for (const Replica& replica : replicas()) {
      if (replica.due_ms > 0) due = std::min(due, replica.due_ms);
    }
    return due == kNever ? -1 : static_cast<int>(std::max<std::int64_t>(due - now_ms(), 0));
  }

  void obey(int control) noexcept {
    const auto found = std::ranges::find(replicas(), control, &Replica::control);
    if (found == replicas().end()) return;  // it was closed in this turn
    Replica& replica = *found;
    KeeperOrder order{};
    const ssize_t n = ::recv(control, &order, sizeof order, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const bool is_end = n != static_cast<ssize_t>(sizeof order);
    if (is_end) ::epoll_ctl(events_, EPOLL_CTL_DEL, control, nullptr);
    replica.is_left |= is_end;
    const int signal = !is_end && order == KeeperOrder::kTerminate ? SIGTERM : SIGKILL;
    if (replica.state == State::kRunning) {
      signal_replica(replica, signal);
    } else if (replica.state == State::kForking) {
      replica.is_killed = true;
    } else if (replica.state == State::kWaiting) {
      tell_end(replica, {.kind = KeeperReport::Kind::kEnded, .status = signal});
    }
  }

  // Takes the exit statuses of children that have ended.
  void reap() noexcept {
    clear_news(children_);
    for (;;) {
      // It is looked at before it is waited for: until then its number, which is also its group's, is not given again.
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
      const auto found = std::ranges::find_if(replicas(), [&](const Replica& replica) {
        return replica.state == State::kRunning && replica.pid == info.si_pid;
      });
      const bool is_replica = found != replicas().end();
      if (is_replica || info.si_pid == zygote_) ::kill(-info.si_pid, SIGKILL);
      int status = 0;
      ::waitpid(info.si_pid, &status, 0);
      if (is_replica) {
        found->state = State::kClearing;
        found->status = status;
        search_ms_ = 0;
      } else if (info.si_pid == zygote_) {
        lose_zygote({.kind = KeeperReport::Kind::kEnded, .status = status});
      }
    }
  }

  // Kills what replicas that have ended left behind; when nothing is left, tells of them. While the zygote forks, a
  // child that is not known may be the new replica: then it waits.
  void clear() noexcept {
    const std::int64_t now = now_ms();
    if (now < search_ms_ || is_any(State::kForking)) return;
    if (kill_strays()) {
      search_pause_ms_ = std::min(2 * search_pause_ms_, kSearchAgainMs);
      search_ms_ = now + search_pause_ms_;
      return;
    }
    search_pause_ms_ = kSearchAfterMs;
    search_ms_ = kNever;
    for (Replica& replica : replicas()) {
      if (replica.state == State::kClearing)
        tell_end(replica, {.kind = KeeperReport::Kind::kEnded, .status = replica.status});
    }
  }

  // Children that are neither the zygote nor a replica that runs. False if there is none.
  bool kill_strays() noexcept {
    struct Search {
      ZygoteKeeper* keeper;
      pid_t self;
      bool has_found;
    };
    Search search{this, ::getpid(), false};
    for_each_process(
        [](const ProcessStat& stat, void* context) {
          Search& it = *static_cast<Search*>(context);
          if (stat.parent != it.self || it.keeper->is_known(stat.pid)) return;
          ::kill(stat.pid, SIGKILL);
          it.has_found = true;
        },
        &search);
    return search.has_found;
  }

  bool is_known(pid_t pid) noexcept {
    return pid == zygote_ || std::ranges::any_of(replicas(), [&](const Replica& replica) {
             return replica.state == State::kRunning && replica.pid == pid;
           });
  }

  // The last word about it.
  static void tell_end(Replica& replica, const KeeperReport& how) noexcept {
    close_all({&replica.out, &replica.err, &replica.gate});
    report(replica.control, how);
    replica.state = State::kTold;
    replica.due_ms = now_ms() + kLastLookMs;
  }

  // Replicas that have ended, once Tenfold has seen what their control groups tell, or is gone.
  void forget(std::int64_t now) noexcept {
    for (std::size_t i = 0; i < count_;) {
      Replica& replica = replica_storage[i];
      if (replica.state != State::kTold || (!replica.is_left && now < replica.due_ms)) {
        ++i;
        continue;
      }
      const PlanView plan = open_plan(replica.plan);
      remove_groups(plan);
      close_plan(plan);
      close_all({&replica.control, &replica.plan});
      std::copy(&replica + 1, replica_storage.data() + count_, &replica);
      --count_;
    }
  }

  // What the zygote left behind.
  void end_everything() noexcept {
    for (int patience_ms = kSearchAfterMs; kill_strays(); patience_ms = std::min(2 * patience_ms, kSearchAgainMs)) {
      pollfd ready{children_, POLLIN, 0};
      ::poll(&ready, 1, patience_ms);
      reap();
    }
  }

  static void report(int control, const KeeperReport& what) noexcept {
    [[maybe_unused]] const ssize_t sent = ::send(control, &what, sizeof what, MSG_NOSIGNAL);
  }

  int control_;  // 0, as all of these, for none: when the zygote is gone
  KeeperOutput output_;
  PlanView plan_;
  int children_ = 0;
  int events_ = 0;
  int socket_ = 0;  // to the zygote
  pid_t zygote_ = 0;
  bool is_ready_ = false;
  std::size_t count_ = 0;            // of replicas, in the order in which they were asked for
  std::int64_t search_ms_ = kNever;  // when strays are looked for
  int search_pause_ms_ = kSearchAfterMs;
};

}  // namespace

void run_zygote_keeper(int control, KeeperOutput output, int plan) noexcept {
  ZygoteKeeper{control, output, plan}.run();
}

}  // namespace tenfold::live
