#include "live/provider/replica_process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/units.hpp"
#include "live/provider/listeners.hpp"
#include "live/provider/notice.hpp"
#include "live/provider/proc_scan.hpp"
#include "live/provider/words.hpp"

namespace tenfold::live {
namespace {

// The core has the same limit on a start and may see it pass a moment before we do.
constexpr core::Duration kTimeoutSlack = std::chrono::milliseconds{20};

// What is lost so long after a process of the replica was ended for want of memory may be lost to that.
constexpr std::chrono::seconds kOomIsRecent{1};

// A replica that never stops talking must not keep the loop from the others.
constexpr int kNoticesAtOnce = 16;

std::string in_seconds(core::Duration span) {
  return fmt::format("{:g} s", std::chrono::duration<double>{span}.count());
}

// What could not be had.
const char* words_of(KeeperReport::Step step) {
  switch (step) {
    case KeeperReport::Step::kEnterGroup:
      return "its control group";
    case KeeperReport::Step::kChangeDirectory:
      return "its working directory";
    case KeeperReport::Step::kIsolate:
      return "its isolation";
    case KeeperReport::Step::kFork:
    case KeeperReport::Step::kExecute:
    case KeeperReport::Step::kZygote:
      return "it";
  }
  std::unreachable();
}

}  // namespace

ReplicaProcess::ReplicaProcess(boost::asio::io_context& loop, Parts parts, Callbacks callbacks)
    : loop_(loop),
      parts_(std::move(parts)),
      callbacks_(std::move(callbacks)),
      control_(loop, parts_.control.release()),
      notify_(loop, parts_.notify.release()),
      relay_(loop, parts_.id, std::move(parts_.output), {.console = parts_.console, .lines = parts_.lines}),
      start_watch_(std::make_shared<StartWatch>(loop, parts_.places, std::move(parts_.handed), parts_.probes)),
      start_timer_(loop),
      kill_timer_(loop),
      last_sample_ns_(std::chrono::nanoseconds{started_.time_since_epoch()}.count()) {}

void ReplicaProcess::watch() {
  start_timer_.expires_at(started_ + parts_.start_timeout);
  start_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->is_starting()) self->give_up_start();
  });
  wait_for_keeper();
  wait_for_notice();
  relay_.start(shared_from_this());
}

bool ReplicaProcess::is_ending() const { return pid_ != 0 && is_exiting(static_cast<pid_t>(pid_)); }

bool ReplicaProcess::is_out_of_memory() {
  if (!parts_.bounds.group) return false;
  const std::uint64_t kills = parts_.bounds.group->oom_kills();
  if (kills > oom_kills_) oom_at_ = Clock::now();
  oom_kills_ = std::max(oom_kills_, kills);
  return oom_kills_ > 0 && Clock::now() - oom_at_ < kOomIsRecent;
}

void ReplicaProcess::stop(core::Duration grace) {
  if (state_ == State::kEnded) return;
  if (is_starting() && Clock::now() - started_ + kTimeoutSlack >= parts_.start_timeout) note_not_ready();
  state_ = State::kStopping;
  stop_probes();
  start_timer_.cancel();
  if (grace > core::Duration::zero()) order(KeeperOrder::kTerminate);
  kill_after(grace);
}

Fd ReplicaProcess::abandon() {
  if (state_ == State::kEnded) return {};
  state_ = State::kEnded;
  callbacks_ = {};
  Fd control{control_.release()};
  ::shutdown(control.get(), SHUT_WR);
  notify_.close();
  relay_.finish();
  stop_probes();
  start_timer_.cancel();
  kill_timer_.cancel();
  return control;
}

ReplicaUsage ReplicaProcess::usage_since_last(const UsageReport& report) {
  ReplicaUsage usage;
  const bool is_all_in_group = parts_.bounds.group && parts_.sidecars.empty();
  const Cgroup* group = is_all_in_group ? &*parts_.bounds.group : nullptr;
  const auto cpu = group ? group->cpu() : std::nullopt;
  const auto memory = group ? group->memory() : std::nullopt;
  const std::int64_t cpu_ns = cpu ? cpu->count() : report.cpu_ns;
  // A process that is killed before its parent waits for it takes its time with it: without a group the total may
  // shrink.
  usage.cpu = core::Duration{std::max<std::int64_t>(cpu_ns - last_cpu_ns_, 0)};
  usage.wall = core::Duration{std::max<std::int64_t>(report.at_ns - last_sample_ns_, 0)};
  usage.memory = memory.value_or(core::Bytes{report.resident_bytes});
  usage.cpu_wait = core::Duration{std::max<std::int64_t>(report.cpu_wait_ns - last_cpu_wait_ns_, 0)};
  last_cpu_ns_ = std::max(cpu_ns, last_cpu_ns_);
  last_cpu_wait_ns_ = report.cpu_wait_ns;  // a thread that ends takes its wait with it: what is left counts on
  last_sample_ns_ = report.at_ns;
  return usage;
}

void ReplicaProcess::wait_for_keeper() {
  control_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->state_ != State::kEnded) self->read_keeper();
  });
}

void ReplicaProcess::read_keeper() {
  KeeperReport report;
  const ssize_t n = ::recv(control_.native_handle(), &report, sizeof report, MSG_DONTWAIT);
  if (n == static_cast<ssize_t>(sizeof report)) {
    handle(report);
  } else if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
    end({core::ExitKind::kSignaled, SIGKILL, "was killed by SIGKILL, because its keeper was", {}});
  }
  if (state_ != State::kEnded) wait_for_keeper();
}

void ReplicaProcess::handle(const KeeperReport& report) {
  switch (report.kind) {
    case KeeperReport::Kind::kInitStarted:
      init_running_ = container_name(report);
      return;
    case KeeperReport::Kind::kSidecarEnded:
      return tell_of_sidecar(report);
    case KeeperReport::Kind::kNotStarted:
    case KeeperReport::Kind::kEnded:
      return end(describe(report));
    case KeeperReport::Kind::kStarted:
      break;
  }
  init_running_.clear();
  pid_ = report.pid;
  callbacks_.on_started(report.pid);
  if (state_ != State::kLaunching) return;  // stopped meanwhile
  begin_start();
}

void ReplicaProcess::tell_of_sidecar(const KeeperReport& report) {
  const std::string how =
      report.code != 0 ? fmt::format("could not be run: {}", std::strerror(report.code)) : words_of_end(report.status);
  const std::string when =
      report.pause_ms > 0 ? fmt::format("in {}", in_seconds(std::chrono::milliseconds{report.pause_ms})) : "at once";
  const std::string sentence = fmt::format("replica {}: {} {}; it is started again {}", core::to_number(parts_.id),
                                           container_name(report), how, when);
  if (parts_.lines != nullptr) parts_.lines->add({}, Console::Stream::kErr, sentence);
  if (parts_.console != nullptr) parts_.console->say(Console::Stream::kErr, fmt::format("tenfold: {}\n", sentence));
}

std::string ReplicaProcess::container_name(const KeeperReport& report) const {
  const std::size_t init_count = parts_.init_containers.size();
  if (report.container < init_count)
    return fmt::format("its init container '{}'", parts_.init_containers[report.container]);
  const std::size_t sidecar = report.container - init_count - 1;
  return sidecar < parts_.sidecars.size() ? fmt::format("its sidecar '{}'", parts_.sidecars[sidecar]) : "";
}

void ReplicaProcess::wait_for_notice() {
  notify_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
    if (error || !self->notify_.is_open()) return;
    if (self->read_notices() && self->state_ == State::kStarting) self->start_watch_->look_now();
    self->wait_for_notice();
  });
}

bool ReplicaProcess::read_notices() {
  bool is_ready = false;
  for (int left = kNoticesAtOnce; left > 0; --left) {
    char datagram[512];
    const ssize_t n = ::recv(notify_.native_handle(), datagram, sizeof datagram, MSG_DONTWAIT);
    if (n < 0) break;
    const Notice notice = parse_notice({datagram, static_cast<std::size_t>(n)});
    is_ready |= notice.is_ready;
    cancels_ |= notice.cancels;
  }
  return is_ready;
}

void ReplicaProcess::begin_start() {
  state_ = State::kStarting;
  start_watch_->start([weak = weak_from_this()](const http::Endpoint& endpoint) {
    if (const auto self = weak.lock()) self->become_ready(endpoint);
  });
}

void ReplicaProcess::become_ready(const http::Endpoint& endpoint) {
  read_notices();  // what it said before it listened belongs to its address
  state_ = State::kReady;
  was_ready_ = true;
  start_timer_.cancel();
  watch_probes(endpoint);
  callbacks_.on_ready({.endpoint = endpoint, .pid = pid_, .cancels = cancels_, .way = parts_.way});
}

// Its startup probe has done its work.
void ReplicaProcess::watch_probes(const http::Endpoint& endpoint) {
  for (const config::Probe& probe : parts_.probes) {
    if (probe.type == config::Probe::Type::kStartup) continue;
    const bool is_liveness = probe.type == config::Probe::Type::kLiveness;
    const core::Probe kind = is_liveness ? core::Probe::kLiveness : core::Probe::kReadiness;
    ProbeWatch::Callbacks callbacks{
        .on_failed = [this, kind](const std::string& why) { callbacks_.on_probe_failed(kind, why); },
        .on_passed =
            [this, kind] {
              if (kind == core::Probe::kReadiness) callbacks_.on_readiness_passed();
            }};
    probe_watches_.push_back(std::make_shared<ProbeWatch>(loop_, endpoint, probe, std::move(callbacks)));
    probe_watches_.back()->start(started_);
  }
}

void ReplicaProcess::stop_probes() {
  start_watch_->stop();
  for (const auto& watch : probe_watches_) watch->stop();
  probe_watches_.clear();
}

void ReplicaProcess::give_up_start() {
  note_not_ready();
  state_ = State::kStopping;
  stop_probes();
  if (parts_.zygote && !parts_.zygote->is_ready()) parts_.zygote->end();  // it hangs; the next start makes another
  order(KeeperOrder::kKill);
}

void ReplicaProcess::kill_after(core::Duration grace) {
  if (grace <= core::Duration::zero()) {
    kill_timer_.cancel();
    return order(KeeperOrder::kKill);
  }
  const Clock::time_point due = Clock::now() + grace;
  kill_timer_.expires_at(kill_timer_.expiry() > Clock::now() ? std::min(kill_timer_.expiry(), due) : due);
  kill_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->state_ == State::kStopping) self->order(KeeperOrder::kKill);
  });
}

void ReplicaProcess::order(KeeperOrder what) {
  [[maybe_unused]] const ssize_t sent =
      ::send(control_.native_handle(), &what, sizeof what, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ReplicaProcess::end(ReplicaExit exit) {
  state_ = State::kEnded;
  control_.close();
  notify_.close();
  relay_.finish();
  stop_probes();
  start_timer_.cancel();
  kill_timer_.cancel();
  exit.last_output = last_output();
  const auto on_exit = std::move(callbacks_.on_exit);
  callbacks_ = {};
  on_exit(exit);
}

std::string ReplicaProcess::last_output() const {
  return parts_.zygote && pid_ == 0 ? parts_.zygote->last_output() : relay_.last_output();
}

void ReplicaProcess::note_not_ready() {
  misplaced_ = misplaced();
  why_not_ready_ = not_ready_description();
}

std::string ReplicaProcess::not_ready_description() const {
  if (!init_running_.empty())
    return fmt::format("was not ready after {}: {} still runs", in_seconds(parts_.start_timeout), init_running_);
  if (parts_.zygote && pid_ == 0)
    return fmt::format("was not ready after {}: its zygote has not come to serve()", in_seconds(parts_.start_timeout));
  return fmt::format("was not ready after {}: {}{}{}", in_seconds(parts_.start_timeout), start_watch_->missing(),
                     misplaced_.empty() ? "" : "; it ", misplaced_);
}

std::string ReplicaProcess::misplaced() const {
  if (!is_starting() || pid_ == 0 || start_watch_->is_served()) return misplaced_;
  const std::vector<std::uint16_t> ports = listening_ports(static_cast<pid_t>(pid_));
  if (ports.empty()) return {};
  if (start_watch_->has_handed())
    return fmt::format("listens on port {} and not on its descriptor 3: leave out --start socket", ports.front());
  if (std::ranges::find(ports, parts_.places.port) != ports.end()) {
    return "listens on $PORT, but not at the address 127.0.0.1";
  }
  const bool has_target = std::ranges::find(ports, parts_.target_port) != ports.end();
  const std::uint16_t port = has_target ? parts_.target_port : ports.front();
  return fmt::format(
      "listens on port {}{}: here each replica has a port of its own, $PORT; put '$PORT' into its command instead of "
      "{}, "
      "or let the program read it from its environment",
      port, has_target ? ", which is targetPort" : "", port);
}

ReplicaExit ReplicaProcess::describe(const KeeperReport& report) const {
  const std::string container = container_name(report);
  const bool is_of_zygote = report.step == KeeperReport::Step::kZygote && report.code == 0;
  if (report.kind == KeeperReport::Kind::kNotStarted && !is_of_zygote) {
    const char* step = words_of(report.step);
    const std::string what = container.empty() ? fmt::format("{} ({})", parts_.program, step) : container;
    return {core::ExitKind::kNotStarted,
            report.code,
            fmt::format("could not be started: {}: {}", what, std::strerror(report.code)),
            {}};
  }
  const bool was_signaled = WIFSIGNALED(report.status);
  ReplicaExit exit;
  exit.kind = was_signaled ? core::ExitKind::kSignaled : core::ExitKind::kExited;
  exit.code = was_signaled ? WTERMSIG(report.status) : WEXITSTATUS(report.status);
  const Cgroup* group = parts_.bounds.group ? &*parts_.bounds.group : nullptr;
  exit.is_out_of_memory = group && group->oom_kills() > 0 && was_signaled && exit.code == SIGKILL;
  if (exit.is_out_of_memory) {
    exit.description = fmt::format("was ended by the kernel: it took more than its {} of memory (exit code 137)",
                                   config::format_size(parts_.bounds.limits.memory.value_or(core::Bytes{})));
  } else if (!why_not_ready_.empty()) {
    exit.description = why_not_ready_;
  } else if (is_of_zygote) {
    exit.description = fmt::format("could not be started: its zygote {}", words_of_end(report.status));
  } else if (!container.empty()) {
    exit.kind = core::ExitKind::kNotStarted;
    exit.description = fmt::format("could not be started: {} {}", container, words_of_end(report.status));
  } else {
    exit.description = words_of_end(report.status);
  }
  return exit;
}

}  // namespace tenfold::live
