// One app: its configuration, its core and ingress, the provider of its replicas, and all that tells of them.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "http/server.hpp"
#include "journal/writer_thread.hpp"
#include "live/access_log.hpp"
#include "live/admin.hpp"
#include "live/app/narrator.hpp"
#include "live/board/board.hpp"
#include "live/host/ending.hpp"
#include "live/host/host.hpp"
#include "live/ingress.hpp"
#include "live/journal_observer.hpp"
#include "live/metrics/poller.hpp"
#include "live/provider/process_provider.hpp"
#include "live/run_app.hpp"
#include "live/traces/tracing.hpp"
#include "live/what_if/what_if.hpp"

namespace tenfold::live {

// Lives on its host's loop. The host decides when it begins, reloads and ends.
class App final : public Endable, private Observer {
 public:
  // What the host is told.
  struct Callbacks {
    std::function<void(const std::string& said)> ready;    // once: min replicas are
    std::function<void(const std::string& why)> hopeless;  // no replica starts, and none ever did
  };

  App(Host& host, const config::AppConfig& config, const ConfigSource& source, DecisionWords words,
      WhatIfCommands what_ifs, Callbacks callbacks);

  // Everything that can fail before there is a service; the error is a sentence. Clients come in by the listening
  // sockets `doors`, or where there are none, as the configuration has it. A successor's predecessor still runs.
  std::optional<std::string> set_up(std::vector<int> doors, bool is_successor);
  // Clients are let in.
  std::optional<std::string> open_doors();
  // The listening sockets; those of doors that are open are the app's.
  const std::vector<int>& doors() const { return doors_; }
  // Starts the first replicas.
  void start();
  // Reads the configuration anew, from `file` or from the one that there is: what changed applies without dropping a
  // request. The error says why the old one stays.
  std::expected<Deployment, std::string> deploy(const std::string& file);
  bool has_file() const { return !source_.name.empty(); }
  // Calls `then` when what is told last, of the requests that ended last, has been sent or given up.
  void finish(std::function<void()> then);

  const config::AppConfig& config() const { return config_; }
  core::ServiceView view() const { return ingress_.view(); }
  // What the admin API tells of it.
  AdminSources sources(AdminAccess access);

  void close_doors(std::chrono::milliseconds farewell) override { server_.drain(farewell); }
  bool has_clients() const override { return server_.connection_count() > 0; }
  void end_work() override;
  bool has_work() const override;
  core::Duration last_fetch() const override;

 private:
  Observers observers();
  std::optional<std::string> listen();
  std::optional<std::string> open_journal(bool is_successor);
  std::expected<std::filesystem::path, std::string> start_journal(bool is_successor);
  std::optional<std::string> open_access_log();
  std::optional<std::string> open_traces();
  void look_after_journals(const std::filesystem::path& directory);
  MetricCallbacks metric_callbacks();

  void say_ready();
  void say_ready_if_it_is();
  void tell_gaps();
  void warn_of_oversubscription();
  void judge_starts(const ReplicaExit& last);
  void say_last_words(const ReplicaExit& exit);

  void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) override;
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) override;

  Host& host_;
  Log& log_;
  config::AppConfig config_;
  ConfigSource source_;
  WhatIfCommands what_ifs_;
  Callbacks callbacks_;
  std::unique_ptr<journal::WriterThread> journal_;
  std::unique_ptr<LogFile> log_file_;
  AccessLog access_log_;
  JournalObserver journal_observer_;
  Board board_;
  Narrator narrator_;
  std::optional<Tracing> tracing_;
  Ingress ingress_;
  http::Server server_;
  std::optional<ProcessProvider> provider_;
  std::optional<WhatIf> what_if_;
  std::vector<int> doors_;
  http::Endpoint endpoint_;
  std::unique_ptr<MetricPoller> poller_;
  std::optional<std::string> said_warning_;
  std::string said_gaps_;
  bool is_ready_said_ = false;
  bool was_hopeless_ = false;
  bool is_ending_ = false;
};

}  // namespace tenfold::live
