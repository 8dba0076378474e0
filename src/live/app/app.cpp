#include "live/app/app.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/environment.hpp"
#include "config/app_name.hpp"
#include "config/gaps.hpp"
#include "core/rollout.hpp"
#include "http/sockets.hpp"
#include "journal/keep.hpp"
#include "journal/started.hpp"
#include "live/app/app_options.hpp"
#include "live/board/process_usage.hpp"
#include "live/clock.hpp"
#include "live/config_changes.hpp"
#include "live/usable_cores.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

// How long clients may take at least to fetch their last answer.
constexpr std::chrono::seconds kLastFetch{2};

// How many directories successors take in turn, where one was given.
constexpr int kJournalsOfOneName = 9;

// Of what a replica printed that failed.
constexpr std::size_t kLastLines = 20;

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

}  // namespace

App::App(Host& host, const config::AppConfig& config, const ConfigSource& source, DecisionWords words,
         WhatIfCommands what_ifs, Callbacks callbacks)
    : host_{host},
      log_{host.log},
      config_{with_machine(config)},
      source_{source},
      what_ifs_{std::move(what_ifs)},
      callbacks_{std::move(callbacks)},
      access_log_{host.console, Console::Stream::kOut, config_.log.format, wall_clock},
      board_{config_.core, std::move(words)},
      narrator_{host.log, board_, [this](core::RevisionId revision) { return ingress_.name_of(revision); }},
      ingress_{host.loop, ingress_options(config_), observers()},
      server_{host.loop, ingress_, client_limits(config_), &ingress_.memory()} {}

// The board comes last: the others may look at what was.
Observers App::observers() {
  Observers all{&journal_observer_, &narrator_, this};
  if (!config_.log.access.empty()) all.add(access_log_);
  all.add(board_);
  return all;
}

// ---- its beginning

// The provider comes before the journal: it forks, and the journal has a thread.
std::optional<std::string> App::set_up(std::vector<int> doors, bool is_successor) {
  doors_ = std::move(doors);
  if (const auto checked = check_command(replica_spec(config_)); !checked) return checked.error();
  auto poller = MetricPoller::make(host_.loop, config_, metric_callbacks());
  if (!poller) return poller.error();
  poller_ = std::move(*poller);
  if (auto error = listen()) return error;
  provider_.emplace(host_.loop, process_options(config_, host_.console, host_.said), ingress_);
  if (auto refusal = provider_->refusal(replica_spec(config_))) return refusal;
  http::raise_descriptor_limit();  // after the provider: replicas keep the limit that their programs are used to
  if (auto error = open_journal(is_successor)) return error;
  if (auto error = open_access_log()) return error;
  return open_traces();
}

std::optional<std::string> App::listen() {
  if (doors_.empty()) {
    const auto door = http::listen_on(http::Endpoint::tcp(config_.address, config_.port));
    if (!door) return door.error();
    doors_.push_back(*door);
  }
  endpoint_ = http::bound_endpoint(doors_.front());
  server_.on_full([this, most = client_limits(config_).connections] {
    log_.warning(fmt::format(
        "{} connections are as many as the limit of open files allows (ulimit -Hn): idle ones make room for new ones",
        most));
  });
  return std::nullopt;
}

std::optional<std::string> App::open_doors() {
  for (const int door : doors_) {
    const auto opened = server_.adopt(host_.loop.sockets().adopt(door));
    if (!opened) return opened.error();
  }
  return std::nullopt;
}

std::optional<std::string> App::open_traces() {
  const auto chosen = choose_traces(config_, environment_variable);
  if (!chosen) return chosen.error();
  for (const std::string& warning : chosen->warnings) log_.warning(warning);
  if (!chosen->options) return std::nullopt;
  tracing_.emplace(host_.loop, *chosen->options, wall_clock,
                   [this](const std::string& sentence) { log_.warning(sentence); });
  ingress_.trace(tracing_->contexts(), tracing_->tracer());
  log_.info(fmt::format("traces: {}", chosen->options->url));
  return std::nullopt;
}

// Again after a reload, for who has moved the file away.
std::optional<std::string> App::open_access_log() {
  const std::string& path = config_.log.access;
  if (path.empty() || path == "-") return std::nullopt;
  auto file = LogFile::open(path);
  if (!file) return file.error();
  access_log_.write_to((*file)->console());
  log_file_ = std::move(*file);
  return std::nullopt;
}

std::optional<std::string> App::open_journal(bool is_successor) {
  if (config_.journal == "none") return std::nullopt;
  const auto directory = start_journal(is_successor);
  if (!directory) return directory.error();
  journal::Writer& writer = journal_->writer();
  writer.checkpoint(ingress_.service().save());
  writer.note(journal::ServiceNote{.at = now(host_.loop),
                                   .version = std::string{kVersion},
                                   .command = fmt::format("{}", fmt::join(config_.command, " ")),
                                   .endpoint = "http://" + endpoint_.to_string(),
                                   .prices = config_.prices.value_or(Prices{}),
                                   .has_cpu = config_.has_cpu,
                                   .has_memory = config_.has_memory});
  journal_observer_.write_to(writer);
  if (what_ifs_) what_if_.emplace(host_.loop, std::filesystem::absolute(*directory), what_ifs_, wall_clock);
  look_after_journals(*directory);
  log_.info(fmt::format("journal: {}", directory->string()));
  return std::nullopt;
}

// Two services do not write to one directory, and a successor's predecessor still writes to the one that both were
// given: then the successor's is called like it, with a number.
std::expected<std::filesystem::path, std::string> App::start_journal(bool is_successor) {
  const std::filesystem::path given =
      config_.journal.empty() ? journal::new_default_directory() : std::filesystem::path{config_.journal};
  std::string error;
  for (int number = 1; number <= (is_successor ? kJournalsOfOneName : 1); ++number) {
    std::filesystem::path directory =
        number == 1 ? given : std::filesystem::path{fmt::format("{}.{}", given.string(), number)};
    journal::WriterOptions options;
    options.on_trouble = [this](const std::string& what) {
      boost::asio::post(host_.loop, [this, what] { log_.warning(what); });
    };
    auto journal = journal::WriterThread::start(directory, std::move(options));
    if (journal) {
      journal_ = std::move(*journal);
      return directory;
    }
    if (number == 1) error = journal.error();
  }
  return std::unexpected(error);
}

// Notes where this one's is, and removes what is too old.
void App::look_after_journals(const std::filesystem::path& directory) {
  const auto now = std::chrono::system_clock::now();
  const std::filesystem::path root = journal::default_root();
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(directory, error);
  if (!error) journal::note_start(journal::real_disk(), root, absolute, now, ::getpid());
  const auto age = std::chrono::duration_cast<std::chrono::system_clock::duration>(config_.journal_keep.age);
  journal::remove_old_journals(journal::real_disk(), root,
                               {.age = age, .bytes = core::to_number(config_.journal_keep.size)}, now);
}

MetricCallbacks App::metric_callbacks() {
  return {.observed = [this](const core::MetricObserved& metric) { ingress_.observe(metric); },
          .said = [this](const std::string& sentence) { log_.warning(sentence); }};
}

AdminSources App::sources(AdminAccess access) {
  return {.ingress = ingress_,
          .board = board_,
          .lines = host_.said,
          .writer = journal_ ? &journal_->writer() : nullptr,
          .spans = tracing_ ? &tracing_->counters() : nullptr,
          .app = config::app_name(config_),
          .process = process_usage,
          .access = std::move(access),
          .what_if = what_if_ ? &*what_if_ : nullptr,
          .deploy = [this](const std::string& file) { return deploy(file); }};
}

void App::start() {
  warn_of_oversubscription();
  const ReplicaSpec spec = replica_spec(config_);
  for (const std::string& text : {provider_->limits_text(spec.limits), provider_->isolation_text(spec)}) {
    if (!text.empty()) log_.info(text);
  }
  tell_gaps();
  ingress_.start(*provider_);
  poller_->start();
  if (config_.core.scale.min_replicas == 0) say_ready();
}

// ---- what is said once

void App::say_ready() {
  if (std::exchange(is_ready_said_, true)) return;
  const std::string sentence = fmt::format("ready: http://{}", endpoint_.to_string());
  host_.said.add({}, Console::Stream::kOut, sentence);
  host_.console.say(Console::Stream::kOut, sentence + '\n');
  callbacks_.ready(sentence);
}

void App::say_ready_if_it_is() {
  if (view().ready >= config_.core.scale.min_replicas) say_ready();
}

// Once, and again when a reload changes it.
void App::tell_gaps() {
  std::string gaps = config::gaps_line(config_);
  if (gaps != said_gaps_ && !gaps.empty()) log_.warning(fmt::format("otherwise than on Azure: {}", gaps));
  said_gaps_ = std::move(gaps);
}

void App::warn_of_oversubscription() {
  const auto warning = oversubscription(config_.core);
  if (warning && warning != said_warning_) log_.warning(*warning);
  said_warning_ = warning;
}

// ---- what happens

void App::replica_ready(core::TimePoint, core::ReplicaId, const ReplicaAddress&) {
  boost::asio::post(host_.loop, [this] { say_ready_if_it_is(); });
}

void App::replica_exited(core::TimePoint, core::ReplicaId, const ReplicaExit& exit) {
  boost::asio::post(host_.loop, [this, exit] { judge_starts(exit); });
}

void App::judge_starts(const ReplicaExit& last) {
  const core::ServiceView now = view();
  const bool is_hopeless = now.start_failures >= core::kHopelessStarts;
  if (is_ending_ || (std::exchange(was_hopeless_, is_hopeless) && now.ever_ready)) return;
  if (!is_hopeless) return;
  if (now.ever_ready) {
    log_.error(fmt::format(
        "replicas fail again and again: {} in a row, the last one {}; they are started after pauses that double",
        now.start_failures, last.description));
    return say_last_words(last);
  }
  const std::string why = fmt::format("no replica starts; the last one {}", last.description);
  log_.error(why);
  say_last_words(last);
  // Nothing that waits can make it, however long it is given.
  config_.core.replica.grace = core::Duration::zero();
  ingress_.reconfigure(ingress_options(config_));
  callbacks_.hopeless(why);
}

// What it printed last, where nobody has seen it yet.
void App::say_last_words(const ReplicaExit& exit) {
  if (config_.log.level != config::LogLevel::kError || !exit.last_output.ends_with('\n')) return;
  host_.console.say(Console::Stream::kErr, std::string{last_lines(exit.last_output, kLastLines)});
}

// ---- another configuration

// A file says what is run, and anybody on this machine may reach the admin port: another one is taken from who has its
// token.
std::expected<Deployment, std::string> App::deploy(const std::string& file) {
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
  auto poller = MetricPoller::make(host_.loop, *fresh, metric_callbacks());
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
  if (const auto error = open_access_log()) log_.error(*error);
  poller_ = std::move(*poller);
  log_.info(fmt::format("reloaded {}: {}", source_.name,
                        changes.applied.empty() ? "nothing new" : fmt::format("{}", fmt::join(changes.applied, ", "))));
  const core::RevisionId serving = view().revision;
  const core::RevisionId revision = ingress_.reconfigure(ingress_options(config_));
  poller_->start();
  for (const std::string& setting : changes.needs_restart) log_.warning(fmt::format("{}: needs a restart", setting));
  if (told_before != told_concurrency(config_))
    log_.info(fmt::format("replicas that run already keep TENFOLD_CONCURRENCY={}", told_before));
  tell_gaps();
  warn_of_oversubscription();
  say_ready_if_it_is();
  return Deployment{.revision = revision, .serving = serving, .changes = std::move(changes)};
}

// ---- its end

void App::end_work() {
  is_ending_ = true;
  ingress_.shut_down();
}

bool App::has_work() const {
  const core::ServiceView now = view();
  return now.waiting + now.running + now.starting + now.ready + now.draining + now.stopping > 0;
}

// A slow client may take as long as its replica was allowed to.
core::Duration App::last_fetch() const { return std::max<core::Duration>(kLastFetch, config_.core.replica.grace); }

void App::finish(std::function<void()> then) {
  if (!tracing_) return then();
  tracing_->finish(std::move(then));
}

}  // namespace tenfold::live
