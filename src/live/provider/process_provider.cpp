#include "live/provider/process_provider.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "live/provider/guardian.hpp"
#include "live/provider/isolator.hpp"
#include "live/provider/launch_plan.hpp"
#include "live/provider/limit_keeper.hpp"
#include "live/provider/pipes.hpp"
#include "live/provider/port_pool.hpp"
#include "live/provider/replica_environment.hpp"
#include "live/provider/replica_process.hpp"
#include "live/provider/start_way.hpp"
#include "live/provider/zygotes.hpp"

namespace tenfold::live {
namespace {

// How long the end of a provider waits for the last processes. They have had SIGKILL: what is slower hangs in the
// kernel.
constexpr std::chrono::milliseconds kLastWait{1000};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

Fd make_notify_socket(const std::string& path) {
  Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("making the socket for READY=1");
  }
  return socket;
}

std::vector<std::string> names_of(const std::vector<config::Container>& containers) {
  std::vector<std::string> names;
  names.reserve(containers.size());
  for (const config::Container& container : containers) names.push_back(container.name);
  return names;
}

// Waits until every keeper has closed its end, which it does when nothing of its replica is left.
void wait_for_keepers(const std::vector<Fd>& controls) {
  const auto deadline = std::chrono::steady_clock::now() + kLastWait;
  for (const Fd& control : controls) {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd ready{control.get(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(std::max(left.count(), std::chrono::milliseconds::rep{0}))) <= 0) return;
      char report[64];
      if (::recv(control.get(), report, sizeof report, MSG_DONTWAIT) <= 0) break;
    }
  }
}

}  // namespace

class ProcessProvider::Impl : public std::enable_shared_from_this<ProcessProvider::Impl> {
 public:
  Impl(boost::asio::io_context& loop, const ProcessOptions& options, ProviderListener& listener)
      : loop_(loop),
        options_(options),
        listener_(listener),
        limits_(options.limit_mode, options.limits),
        isolator_(options.isolation),
        guardian_(loop, options.sample_interval, [this](const UsageReport& report) { take_usage(report); }),
        zygotes_(loop, guardian_, isolator_, {.console = options.console, .lines = options.lines}) {}

  ~Impl() {
    std::vector<Fd> controls = zygotes_.end();
    for (auto& [id, replica] : replicas_) controls.push_back(replica->abandon());
    wait_for_keepers(controls);
    limits_.remove();
  }

  void start(core::ReplicaId id, const ReplicaSpec& spec) {
    try {
      launch(id, spec);
    } catch (const std::system_error& error) {
      fail_later(id, error.code().value(), fmt::format("could not be started: {}", error.what()));
    }
  }

  void stop(core::ReplicaId id, core::Duration grace) {
    if (const auto found = replicas_.find(id); found != replicas_.end()) found->second->stop(grace);
  }

  std::string limits_text(const ReplicaLimits& limits) const { return limits_.text(limits); }
  const Isolator& isolator() const { return isolator_; }

  bool is_out_of_memory(core::ReplicaId id) const {
    const auto found = replicas_.find(id);
    return found == replicas_.end() ? out_of_memory_.contains(id) : found->second->is_out_of_memory();
  }

  bool is_ending(core::ReplicaId id) const {
    const auto found = replicas_.find(id);
    return found == replicas_.end() || found->second->is_ending();
  }

 private:
  static std::string name_of(core::ReplicaId id) { return std::to_string(core::to_number(id)); }

  // Of a socket that lies among those of `group`.
  std::string path_of(core::ReplicaId id, const std::string& group, const char* what) const {
    return fmt::format("{}/{}.{}", isolator_.sockets_of(group), core::to_number(id), what);
  }

  void launch(core::ReplicaId id, const ReplicaSpec& spec) {
    const auto program = find_program(spec);
    if (!program) return fail_later(id, ENOENT, fmt::format("could not be started: {}", program.error()));
    const auto port = ports_.take();
    if (!port) return fail_later(id, EADDRNOTAVAIL, fmt::format("could not be started: {}", port.error()));

    const bool is_fork = is_forked(spec).value_or(false);
    const std::string group = is_fork ? kForks : name_of(id);
    isolator_.prepare(group);
    const Contract contract{id, *port, path_of(id, group, "sock"), path_of(id, group, "notify"), spec.concurrency};
    auto [control, keeper_control] = make_control_sockets();
    auto [out, replica_out] = make_pipe();
    auto [err, replica_err] = make_pipe();
    Fd notify = make_notify_socket(contract.notify_path);
    const bool is_handed = spec.start == config::ReplicaStart::kSocket;
    HandedSocket handed = is_handed ? HandedSocket{contract.socket_path} : HandedSocket{};
    auto bounds = limits_.of(id, spec.limits);
    if (!bounds) return fail_later(id, EIO, fmt::format("could not be started: {}", bounds.error()));
    LaunchPlan launches =
        is_fork ? LaunchPlan{.launches = {{.environment = tell_forked(contract)}}} : plan_of(spec, *program, contract);
    bounds->put_into(launches);
    if (!is_fork) isolator_.put_into(launches, spec, group);
    const Fd plan = pack(launches);
    std::shared_ptr<Zygote> zygote;
    if (is_fork) {
      zygote = zygotes_.spawn(id, spec, keeper_control, replica_out, replica_err, plan);
    } else {
      guardian_.spawn({.replica = core::to_number(id)}, keeper_control, replica_out, replica_err, plan, handed.fd());
    }

    ReplicaProcess::Parts parts{.id = id,
                                .program = *program,
                                .zygote = zygote,
                                .way = way_of(zygote.get()),
                                .init_containers = names_of(spec.init_containers),
                                .sidecars = names_of(spec.sidecars),
                                .places = {contract.socket_path, contract.port},
                                .handed = std::move(handed),
                                .control = std::move(control),
                                .output = {.out = std::move(out), .err = std::move(err)},
                                .notify = std::move(notify),
                                .start_timeout = spec.start_timeout,
                                .probes = spec.probes,
                                .target_port = spec.target_port,
                                .bounds = std::move(*bounds),
                                .console = options_.console,
                                .lines = options_.lines};
    ReplicaProcess::Callbacks callbacks{
        .on_started =
            [this, id, is_fork](pid_t main) {
              if (is_fork) guardian_.measure(id, main);
            },
        .on_ready =
            [this, id](const ReplicaAddress& address) {
              misplaced_ = {};
              listener_.replica_ready(id, address);
            },
        .on_probe_failed = [this, id](core::Probe probe,
                                      const std::string& why) { listener_.probe_failed(id, probe, why); },
        .on_readiness_passed = [this, id] { listener_.readiness_passed(id); },
        .on_exit = [this, id](const ReplicaExit& exit) { end(id, exit); }};
    const auto replica = std::make_shared<ReplicaProcess>(loop_, std::move(parts), std::move(callbacks));
    replicas_.emplace(id, replica);
    replica->watch();
  }

  static core::StartWay way_of(const Zygote* zygote) {
    if (zygote == nullptr) return core::StartWay::kExec;
    return zygote->is_ready() ? core::StartWay::kFork : core::StartWay::kFirstFork;
  }

  static LaunchPlan plan_of(const ReplicaSpec& spec, const std::string& program, const Contract& contract) {
    LaunchPlan plan{.main = spec.init_containers.size()};
    const auto add = [&](std::string path, Told told) {
      plan.launches.push_back(
          {std::move(path), spec.directory, std::move(told.arguments), std::move(told.environment)});
    };
    const auto add_all = [&](const std::vector<config::Container>& containers) {
      for (const config::Container& container : containers) {
        // One that is gone since `up` began fails as one that cannot be run does.
        const auto path = find_program(container.command, container.env, spec.directory);
        add(path.value_or(container.command.front()), tell_container(spec, container, contract));
      }
    };
    add_all(spec.init_containers);
    add(program, tell_program(spec, contract));
    add_all(spec.sidecars);
    return plan;
  }

  void fail_later(core::ReplicaId id, int code, std::string description) {
    ReplicaExit exit{core::ExitKind::kNotStarted, code, std::move(description), {}};
    boost::asio::post(loop_, [weak = weak_from_this(), id, exit = std::move(exit)] {
      if (const auto self = weak.lock()) self->forget(id, exit);
    });
  }

  // Of two programs that want the same port, the one that comes second ends with "address already in use": what is
  // wrong shows at the first, which may be gone by then.
  void end(core::ReplicaId id, ReplicaExit exit) {
    const ReplicaProcess& ended = *replicas_.at(id);
    const bool is_unexplained = !ended.was_ready() && exit.kind == core::ExitKind::kExited && exit.code != 0;
    if (is_unexplained) {
      for (const auto& [other, replica] : replicas_) {
        if (other != id) note_misplaced(other, *replica);
      }
      if (!misplaced_.how.empty())
        exit.description += fmt::format("; replica {} {}", core::to_number(misplaced_.replica), misplaced_.how);
    }
    note_misplaced(id, ended);
    forget(id, exit);
  }

  void note_misplaced(core::ReplicaId id, const ReplicaProcess& replica) {
    if (std::string how = replica.misplaced(); !how.empty()) misplaced_ = {id, std::move(how)};
  }

  void forget(core::ReplicaId id, const ReplicaExit& exit) {
    replicas_.erase(id);
    zygotes_.forget(id);
    if (exit.is_out_of_memory) out_of_memory_.insert(id);
    for (const char* const what : {"sock", "notify"}) ::unlink(path_of(id, kForks, what).c_str());
    isolator_.remove(name_of(id));
    listener_.replica_exited(id, exit);
  }

  void take_usage(const UsageReport& report) {
    const core::ReplicaId id{report.replica};
    const auto found = replicas_.find(id);
    if (found != replicas_.end()) listener_.usage_sampled(id, found->second->usage_since_last(report));
  }

  boost::asio::io_context& loop_;
  ProcessOptions options_;
  ProviderListener& listener_;
  LimitKeeper limits_;  // before the guardian, which is to be in the group that Tenfold is in then
  Isolator isolator_;
  Guardian guardian_;
  Zygotes zygotes_;
  PortPool ports_;
  std::map<core::ReplicaId, std::shared_ptr<ReplicaProcess>> replicas_;
  std::set<core::ReplicaId> out_of_memory_;  // of those that are gone
  // The last that listened elsewhere, since one was ready.
  struct Misplaced {
    core::ReplicaId replica{};
    std::string how;
  };
  Misplaced misplaced_;
};

ProcessProvider::ProcessProvider(boost::asio::io_context& loop, const ProcessOptions& options,
                                 ProviderListener& listener)
    : impl_(std::make_shared<Impl>(loop, options, listener)) {}

ProcessProvider::~ProcessProvider() = default;

std::string ProcessProvider::limits_text(const ReplicaLimits& limits) const { return impl_->limits_text(limits); }

std::optional<std::string> ProcessProvider::refusal(const ReplicaSpec& spec) const {
  return impl_->isolator().refusal(spec);
}

std::string ProcessProvider::isolation_text(const ReplicaSpec& spec) const { return impl_->isolator().text(spec); }

bool ProcessProvider::is_out_of_memory(core::ReplicaId replica) const { return impl_->is_out_of_memory(replica); }

void ProcessProvider::start(core::ReplicaId replica, const ReplicaSpec& spec) { impl_->start(replica, spec); }

void ProcessProvider::drain(core::ReplicaId) {}  // requests come through the ingress alone, and it knows

void ProcessProvider::stop(core::ReplicaId replica, core::Duration grace) { impl_->stop(replica, grace); }

bool ProcessProvider::is_ending(core::ReplicaId replica) const { return impl_->is_ending(replica); }

}  // namespace tenfold::live
