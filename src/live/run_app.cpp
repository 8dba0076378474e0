#include "live/run_app.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config/app_name.hpp"
#include "config/gaps.hpp"
#include "config/probes.hpp"
#include "core/rollout.hpp"
#include "http/epoll_loop.hpp"
#include "http/server.hpp"
#include "http/sockets.hpp"
#include "journal/keep.hpp"
#include "journal/started.hpp"
#include "journal/writer_thread.hpp"
#include "live/access_log.hpp"
#include "live/admin.hpp"
#include "live/board/process_usage.hpp"
#include "live/clock.hpp"
#include "live/config_changes.hpp"
#include "live/console.hpp"
#include "live/hangup.hpp"
#include "live/ingress.hpp"
#include "live/journal_observer.hpp"
#include "live/log.hpp"
#include "live/metrics/poller.hpp"
#include "live/provider/process_provider.hpp"
#include "live/traces/tracing.hpp"
#include "live/usable_cores.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

// At the end, how often it is looked whether all is done, and how long clients may take to fetch their last answer.
constexpr std::chrono::milliseconds kEndLook{5};
constexpr std::chrono::seconds kLastFetch{2};

// The core waits a little longer than the provider for a start, so that the provider tells what was wrong.
constexpr std::chrono::seconds kStartMargin{1};

// What a replica is told to be ready for while Tenfold measures how much it can take: a program that keeps a thread for
// each request would else never show that it could do more than one. A thread that waits costs little.
constexpr std::uint32_t kAutoConcurrencyTold = 128;

// Of what a replica printed that failed.
constexpr std::size_t kLastLines = 20;

constexpr int kInterrupted = 130;

std::uint32_t told_concurrency(const config::AppConfig& config) {
  return config.core.replica.is_concurrency_auto ? kAutoConcurrencyTold : config.core.replica.concurrency;
}

// Descriptors that are not for clients: those of the journal, the admin API, the replicas' pipes and connections.
std::uint64_t reserved_descriptors(const config::AppConfig& config) {
  constexpr std::uint64_t kOwn = 256;
  constexpr std::uint64_t kOfReplica = 16;
  return kOwn + config.core.scale.max_replicas * (kOfReplica + std::uint64_t{told_concurrency(config)});
}

// As many as the limit of open files allows, which `raise_descriptor_limit` makes the hard one.
std::size_t client_connections(const config::AppConfig& config) {
  rlimit limit{};
  const std::size_t most = http::Limits{}.connections;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return most;
  const std::uint64_t reserve = std::min<std::uint64_t>(reserved_descriptors(config), limit.rlim_max / 2);
  return static_cast<std::size_t>(std::min<std::uint64_t>(most, limit.rlim_max - reserve));
}

http::Limits admin_limits() {
  http::Limits limits;
  limits.connections = 100;
  return limits;
}

http::Limits client_limits(const config::AppConfig& config) {
  http::Limits limits;
  limits.connections = client_connections(config);
  limits.head_bytes = core::to_number(config.max_head);
  limits.body_bytes = core::to_number(config.max_body);
  return limits;
}

ReplicaSpec replica_spec(const config::AppConfig& config) {
  return {.argv = config.command,
          .env = config.env,
          .init_containers = config.init_containers,
          .sidecars = config.sidecars,
          .concurrency = told_concurrency(config),
          .start_timeout = config.core.replica.start_timeout,
          .probes = config::asked_probes(config),
          .target_port = config.target_port,
          .limits = {.cpu = config.has_cpu ? std::optional{config.core.replica.cpu} : std::nullopt,
                     .memory = config.has_memory ? std::optional{config.core.replica.memory} : std::nullopt},
          .revision_name = config::revision_name(config)};
}

IngressOptions ingress_options(const config::AppConfig& config) {
  IngressOptions options{.settings = config.core,
                         .replica = replica_spec(config),
                         .request_timeout = config.request_timeout,
                         .is_retry_safe = config.is_retry_safe,
                         .class_by = config.class_by,
                         .trusted_proxies = config.trusted_proxies};
  options.settings.replica.start_timeout += kStartMargin;
  options.upstream_limits.head_bytes = core::to_number(config.max_answer_head);
  options.memory_bytes = core::to_number(config.buffer_memory);
  options.spool.disk = core::to_number(config.spool_disk);
  return options;
}

ProcessOptions process_options(const config::AppConfig& config, Console& console, SaidLines& lines) {
  return {.limit_mode = config.limits,
          .limits = replica_spec(config).limits,
          .console = config.log.level == config::LogLevel::kError ? nullptr : &console,
          .lines = &lines};
}

// What the machine has and what it lacks.
config::AppConfig with_machine(config::AppConfig config) {
  if (!config.has_cores) config.core.machine.cores = usable_cores();
  leave_out_missing(config);
  return config;
}

std::chrono::system_clock::time_point wall_clock() { return std::chrono::system_clock::now(); }

// The last `count` lines of `text`, which ends with a line break.
std::string_view last_lines(std::string_view text, std::size_t count) {
  std::size_t begin = text.size();
  for (; count > 0 && begin > 0; --count) {
    const std::size_t before = begin > 1 ? text.rfind('\n', begin - 2) : std::string_view::npos;
    begin = before == std::string_view::npos ? 0 : before + 1;
  }
  return text.substr(begin);
}

bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  return one == other || std::filesystem::equivalent(one, other, error);
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value ? std::optional<std::string>{value} : std::nullopt;
}

class App final : private Observer {
 public:
  App(const config::AppConfig& config, const ConfigSource& source, DecisionWords words, WhatIfCommands what_ifs,
      Console& console)
      : console_{console},
        config_{with_machine(config)},
        source_{source},
        what_ifs_{std::move(what_ifs)},
        log_{console, said_, config_.log, wall_clock},
        access_log_{console, Console::Stream::kOut, config_.log.format, wall_clock},
        board_{config_.core, std::move(words)},
        ingress_{loop_, ingress_options(config_), observers()},
        server_{loop_, ingress_, client_limits(config_), &ingress_.memory()},
        signals_{loop_, SIGINT, SIGTERM},
        reload_signal_{loop_, SIGHUP},
        end_timer_{loop_} {}

  int run() {
    std::signal(SIGPIPE, SIG_IGN);  // a reader of our output that leaves must not end the service
    if (const auto error = set_up()) {
      say_error("{}", *error);
      return 1;
    }
    wait_for_signal();
    wait_for_reload();
    warn_of_oversubscription();
    if (const std::string limits = provider_->limits_text(replica_spec(config_).limits); !limits.empty())
      say_info("{}", limits);
    tell_gaps();
    ingress_.start(*provider_);
    poller_->start();
    if (config_.core.scale.min_replicas == 0) say_ready();
    loop_.run();
    return exit_code_;
  }

 private:
  // The board comes last: the others may look at what was.
  Observers observers() {
    Observers all{&journal_observer_, this};
    if (!config_.log.access.empty()) all.add(access_log_);
    all.add(board_);
    return all;
  }

  // Everything that can fail before there is a service. The provider comes before the journal: it forks, and the
  // journal has a thread.
  std::optional<std::string> set_up() {
    if (const auto checked = check_command(replica_spec(config_)); !checked) return checked.error();
    auto poller = MetricPoller::make(loop_, config_, metric_callbacks());
    if (!poller) return poller.error();
    poller_ = std::move(*poller);
    const auto listening = server_.listen(http::Endpoint::tcp(config_.address, config_.port));
    if (!listening) return listening.error();
    endpoint_ = *listening;
    server_.on_full([this, most = client_connections(config_)] {
      say_warning(
          "{} connections are as many as the limit of open files allows (ulimit -Hn): idle ones make room for new ones",
          most);
    });
    provider_.emplace(loop_, process_options(config_, console_, said_), ingress_);
    http::raise_descriptor_limit();  // after the provider: replicas keep the limit that their programs are used to
    if (auto error = open_journal()) return error;
    if (auto error = open_access_log()) return error;
    if (auto error = open_traces()) return error;
    return open_admin();
  }

  std::optional<std::string> open_traces() {
    const auto chosen = choose_traces(config_, environment_variable);
    if (!chosen) return chosen.error();
    for (const std::string& warning : chosen->warnings) say_warning("{}", warning);
    if (!chosen->options) return std::nullopt;
    tracing_.emplace(loop_, *chosen->options, wall_clock,
                     [this](const std::string& sentence) { say_warning("{}", sentence); });
    ingress_.trace(tracing_->contexts(), tracing_->tracer());
    say_info("traces: {}", chosen->options->url);
    return std::nullopt;
  }

  std::optional<std::string> open_admin() {
    AdminAccess access{.hosts = config_.admin_hosts};
    if (!config_.admin_token_file.empty()) {
      auto token = read_token(config_.admin_token_file);
      if (!token) return token.error();
      access.token = std::move(*token);
    }
    admin_.emplace(loop_, AdminSources{.ingress = ingress_,
                                       .board = board_,
                                       .lines = said_,
                                       .writer = journal_ ? &journal_->writer() : nullptr,
                                       .spans = tracing_ ? &tracing_->counters() : nullptr,
                                       .app = config::app_name(config_),
                                       .process = process_usage,
                                       .access = std::move(access),
                                       .what_if = what_if_ ? &*what_if_ : nullptr,
                                       .deploy = [this](const std::string& file) { return deploy(file); }});
    admin_server_.emplace(loop_, *admin_, admin_limits());
    const auto admin = admin_server_->listen(http::Endpoint::tcp(config_.admin_address, config_.admin_port));
    if (!admin) return "admin API: " + admin.error();
    say_info("admin: http://{}", admin->to_string());
    return std::nullopt;
  }

  // Again after a reload, for who has moved the file away.
  std::optional<std::string> open_access_log() {
    const std::string& path = config_.log.access;
    if (path.empty() || path == "-") return std::nullopt;
    auto file = LogFile::open(path);
    if (!file) return file.error();
    access_log_.write_to((*file)->console());
    log_file_ = std::move(*file);
    return std::nullopt;
  }

  std::optional<std::string> open_journal() {
    if (config_.journal == "none") return std::nullopt;
    const auto directory =
        config_.journal.empty() ? journal::new_default_directory() : std::filesystem::path{config_.journal};
    journal::WriterOptions options;
    options.on_trouble = [this](const std::string& what) {
      boost::asio::post(loop_, [this, what] { say_warning("{}", what); });
    };
    auto journal = journal::WriterThread::start(directory, std::move(options));
    if (!journal) return journal.error();
    journal_ = std::move(*journal);
    journal::Writer& writer = journal_->writer();
    writer.checkpoint(ingress_.service().save());
    writer.note(journal::ServiceNote{.at = now(loop_),
                                     .version = std::string{kVersion},
                                     .command = fmt::format("{}", fmt::join(config_.command, " ")),
                                     .endpoint = "http://" + endpoint_.to_string()});
    journal_observer_.write_to(writer);
    if (what_ifs_) what_if_.emplace(loop_, std::filesystem::absolute(directory), what_ifs_, wall_clock);
    look_after_journals(directory);
    say_info("journal: {}", directory.string());
    return std::nullopt;
  }

  template <class... Args>
  void say_info(fmt::format_string<Args...> format, Args&&... args) {
    log_.info(fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void say_warning(fmt::format_string<Args...> format, Args&&... args) {
    log_.warning(fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void say_error(fmt::format_string<Args...> format, Args&&... args) {
    log_.error(fmt::format(format, std::forward<Args>(args)...));
  }

  // Notes where this one's is, and removes what is too old.
  void look_after_journals(const std::filesystem::path& directory) {
    const auto now = std::chrono::system_clock::now();
    const std::filesystem::path root = journal::default_root();
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(directory, error);
    if (!error) journal::note_start(journal::real_disk(), root, absolute, now, ::getpid());
    const auto age = std::chrono::duration_cast<std::chrono::system_clock::duration>(config_.journal_keep.age);
    journal::remove_old_journals(journal::real_disk(), root,
                                 {.age = age, .bytes = core::to_number(config_.journal_keep.size)}, now);
  }

  void say_ready() {
    if (std::exchange(is_ready_said_, true)) return;
    const std::string sentence = fmt::format("ready: http://{}", endpoint_.to_string());
    said_.add({}, Console::Stream::kOut, sentence);
    console_.say(Console::Stream::kOut, sentence + '\n');
  }

  // ---- what happens

  // Called before the board, which still has what was.

  void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress&) override {
    say_info("replica {} is ready after {:.1f} ms", core::to_number(replica),
             core::to_seconds(now - board_.replica(replica)->started_at) * 1000);
    boost::asio::post(loop_, [this] {
      if (ingress_.view().ready >= config_.core.scale.min_replicas) say_ready();
    });
  }

  void replica_exited(core::TimePoint, core::ReplicaId replica, const ReplicaExit& exit) override {
    if (!board_.replica(replica)->is_stopping) {
      say_warning("replica {} {}", core::to_number(replica), exit.description);
      last_failure_ = exit.description;
    }
    boost::asio::post(loop_, [this, exit] { judge_starts(exit); });
  }

  void judge_starts(const ReplicaExit& last) {
    const core::ServiceView view = ingress_.view();
    const bool is_hopeless = view.start_failures >= core::kHopelessStarts;
    if (is_ending_ || view.shutting_down || (std::exchange(was_hopeless_, is_hopeless) && view.ever_ready)) return;
    if (!is_hopeless) return;
    if (view.ever_ready) {
      say_error(
          "replicas fail again and again: {} in a row, the last one {}; they are started after pauses that double",
          view.start_failures, last.description);
      return say_last_words(last);
    }
    say_error("no replica starts; the last one {}", last.description);
    say_last_words(last);
    exit_code_ = 1;
    shut_down();
  }

  // What it printed last, where nobody has seen it yet.
  void say_last_words(const ReplicaExit& exit) {
    if (config_.log.level != config::LogLevel::kError || !exit.last_output.ends_with('\n')) return;
    console_.say(Console::Stream::kErr, std::string{last_lines(exit.last_output, kLastLines)});
  }

  void probe_failed(core::TimePoint, core::ReplicaId replica, core::Probe probe, std::string_view why) override {
    const bool is_replaced = probe == core::Probe::kLiveness;
    say_warning("replica {}: {}; {}", core::to_number(replica), why,
                is_replaced ? "it is replaced" : "it gets nothing new until it passes");
  }

  void readiness_passed(core::TimePoint, core::ReplicaId replica) override {
    say_info("replica {}: its readiness probe passes again", core::to_number(replica));
  }

  void stepped(core::TimePoint, const core::Event&, const core::Actions& actions, const core::Service&) override {
    for (const core::Action& action : actions) {
      if (const auto* decision = std::get_if<core::RecordDecision>(&action)) tell(*decision);
    }
  }

  void tell(const core::RecordDecision& decision) {
    switch (decision.cause) {
      case core::DecisionCause::kRollOut:
        return say_info("{} is on its way: {} replicas of it start beside those that serve", named(decision.revision),
                        decision.starts);
      case core::DecisionCause::kPromoted:
        return say_info("{} serves; {} replicas of the one before leave when they have finished",
                        named(decision.revision), decision.drains);
      case core::DecisionCause::kRolledBack:
        return say_error("revision {} is rolled back after {} failed starts, the last one {}; the one before serves on",
                         core::to_number(decision.revision), decision.failures, last_failure_);
      case core::DecisionCause::kWithdrawn:
        return say_info("revision {} is withdrawn before it was ready", core::to_number(decision.revision));
      default:
        if (decision.starts + decision.drains > 0)
          say_info("{} replicas wanted: {} waiting, {} running; {} starting, {} leaving", decision.desired,
                   decision.waiting, decision.running, decision.starts, decision.drains);
    }
  }

  // "revision 2 (app--v2)".
  std::string named(core::RevisionId revision) const {
    const std::string& name = ingress_.name_of(revision);
    return fmt::format("revision {}{}", core::to_number(revision), name.empty() ? "" : fmt::format(" ({})", name));
  }

  // Each kind once.
  void answer_refused(core::TimePoint, core::ReplicaId replica, std::string_view problem) override {
    const std::vector<std::string>& told = board_.replica(replica)->bad_answers;
    const bool is_told = std::ranges::find(told, problem) != told.end();
    if (is_told || told.size() == Board::kMaxBadAnswers) return;
    say_warning("replica {}: {}; its client got 502", core::to_number(replica), problem);
  }

  MetricCallbacks metric_callbacks() {
    return {.observed = [this](const core::MetricObserved& metric) { ingress_.observe(metric); },
            .said = [this](const std::string& sentence) { say_warning("{}", sentence); }};
  }

  // Once, and again when a reload changes it.
  void tell_gaps() {
    std::string gaps = config::gaps_line(config_);
    if (gaps != said_gaps_ && !gaps.empty()) say_warning("otherwise than on Azure: {}", gaps);
    said_gaps_ = std::move(gaps);
  }

  void warn_of_oversubscription() {
    const auto warning = oversubscription(config_.core);
    if (warning && warning != said_warning_) say_warning("{}", *warning);
    said_warning_ = warning;
  }

  // ---- another configuration

  void wait_for_reload() {
    reload_signal_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      const bool is_left_alone = source_.name.empty() || (had_terminal_ && !has_terminal());
      if (is_hangup_fatal_ && is_left_alone) {
        shut_down();
      } else if (!source_.name.empty() && !is_ending_) {
        if (const auto deployed = deploy({}); !deployed)
          say_error("not reloaded, the old configuration stays: {}", deployed.error());
      }
      wait_for_reload();
    });
  }

  // From `file`, or the one that there is. A file says what is run, and anybody on this machine may reach the admin
  // port: another one is taken from who has its token.
  std::expected<Deployment, std::string> deploy(const std::string& file) {
    const std::string name = file.empty() ? source_.name : file;
    if (is_ending_) return std::unexpected("the service is ending");
    if (name.empty()) return std::unexpected("the service was started without a file: name the one to deploy");
    if (!is_same_file(name, source_.name) && config_.admin_token_file.empty()) {
      return std::unexpected(
          "another file than that of the start is taken only from who has the admin port's token, "
          "and this service has none: --admin-token-file");
    }
    auto fresh = source_.read(name);
    if (!fresh) return std::unexpected(fresh.error());
    auto poller = MetricPoller::make(loop_, *fresh, metric_callbacks());
    if (!poller) return std::unexpected(poller.error());
    *fresh = with_machine(std::move(*fresh));
    if (const auto checked = check_command(replica_spec(*fresh)); !checked) return std::unexpected(checked.error());
    source_.name = name;
    const std::uint32_t told_before = told_concurrency(config_);
    ConfigChanges changes = take_over(config_, std::move(*fresh));
    log_.configure(config_.log);
    access_log_.configure(config_.log.format);
    if (const auto chosen = choose_traces(config_, environment_variable); tracing_ && chosen && chosen->options)
      tracing_->contexts().configure(chosen->options->sampler);
    if (const auto error = open_access_log()) say_error("{}", *error);
    poller_ = std::move(*poller);
    say_info("reloaded {}: {}", source_.name,
             changes.applied.empty() ? "nothing new" : fmt::format("{}", fmt::join(changes.applied, ", ")));
    const core::RevisionId serving = ingress_.view().revision;
    const core::RevisionId revision = ingress_.reconfigure(ingress_options(config_));
    poller_->start();
    for (const std::string& setting : changes.needs_restart) say_warning("{}: needs a restart", setting);
    if (told_before != told_concurrency(config_)) {
      say_info("replicas that run already keep TENFOLD_CONCURRENCY={}", told_before);
    }
    tell_gaps();
    warn_of_oversubscription();
    if (ingress_.view().ready >= config_.core.scale.min_replicas) say_ready();
    return Deployment{.revision = revision, .serving = serving, .changes = std::move(changes)};
  }

  // ---- the end

  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (is_ending_) {
        exit_code_ = kInterrupted;
        return stop();
      }
      const core::ServiceView view = ingress_.view();
      say_info("shutting down: {} running and {} waiting may finish within {:g} s; again to end at once", view.running,
               view.waiting, core::to_seconds(config_.core.replica.grace));
      shut_down();
      wait_for_signal();
    });
  }

  void stop() {
    admin_->finish();
    loop_.stop();
  }

  void shut_down() {
    if (std::exchange(is_ending_, true)) return;
    // From the loop: this may be called within a step of the core.
    boost::asio::post(loop_, [this] {
      server_.drain();
      ingress_.shut_down();
      watch_end();
    });
  }

  // A slow client may take as long as its replica was allowed to.
  core::Duration last_fetch() const { return std::max<core::Duration>(kLastFetch, config_.core.replica.grace); }

  void watch_end() {
    end_timer_.expires_after(kEndLook);
    end_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      const core::ServiceView view = ingress_.view();
      const bool is_done = view.starting + view.ready + view.draining + view.stopping == 0;
      if (is_done && done_at_ == core::TimePoint{}) done_at_ = now(loop_);
      if (is_done && (server_.connection_count() == 0 || now(loop_) - done_at_ > last_fetch())) return end();
      watch_end();
    });
  }

  // The last traces are those of the requests that ended last.
  void end() {
    if (!tracing_) return stop();
    tracing_->finish([this] { stop(); });
  }

  Console& console_;
  config::AppConfig config_;
  ConfigSource source_;
  WhatIfCommands what_ifs_;
  http::EpollLoop loop_;
  std::unique_ptr<journal::WriterThread> journal_;
  SaidLines said_{wall_clock};
  Log log_;
  std::unique_ptr<LogFile> log_file_;
  AccessLog access_log_;
  JournalObserver journal_observer_;
  Board board_;
  std::optional<Tracing> tracing_;
  Ingress ingress_;
  http::Server server_;
  std::optional<ProcessProvider> provider_;
  std::optional<WhatIf> what_if_;
  std::optional<Admin> admin_;
  std::optional<http::Server> admin_server_;
  http::Endpoint endpoint_;
  std::unique_ptr<MetricPoller> poller_;
  boost::asio::signal_set signals_;
  bool is_hangup_fatal_ = !is_hangup_ignored();
  bool had_terminal_ = has_terminal();
  boost::asio::signal_set reload_signal_;
  boost::asio::steady_timer end_timer_;
  core::TimePoint done_at_{};
  bool was_hopeless_ = false;
  std::string last_failure_;  // of a replica that ended unasked
  std::optional<std::string> said_warning_;
  std::string said_gaps_;
  bool is_ready_said_ = false;
  bool is_ending_ = false;
  int exit_code_ = 0;
};

}  // namespace

int run_app(const config::AppConfig& config, const ConfigSource& source, DecisionWords words, WhatIfCommands what_ifs) {
  StreamConsole console;
  return App{config, source, std::move(words), std::move(what_ifs), console}.run();
}

}  // namespace tenfold::live
