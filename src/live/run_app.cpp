#include "live/run_app.hpp"

#include <csignal>
#include <optional>
#include <utility>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "http/server.hpp"
#include "http/sockets.hpp"
#include "live/admin.hpp"
#include "live/admin_guard.hpp"
#include "live/app/app.hpp"
#include "live/hangup.hpp"
#include "live/host/ending.hpp"
#include "live/host/handed_sockets.hpp"
#include "live/host/host.hpp"
#include "live/host/service_manager.hpp"
#include "live/host/upgrade.hpp"

namespace tenfold::live {

namespace {

constexpr int kInterrupted = 130;

// A successor may take so long beside what its replicas may take for a start, and one that fails is tried again.
constexpr std::chrono::seconds kUpgradePatience{30};

http::Limits admin_limits() {
  http::Limits limits;
  limits.connections = 100;
  return limits;
}

// One app on its host, from its beginning to its end: its signals, its admin port, and what becomes of them.
class Service {
 public:
  Service(const config::AppConfig& config, const ConfigSource& source, DecisionWords words, WhatIfCommands what_ifs,
          Console& console)
      : host_{console, config.log},
        manager_{host_.loop, NotifySettings::from_environment()},
        app_{host_,
             config,
             source,
             std::move(words),
             std::move(what_ifs),
             {.ready = [this](const std::string& said) { ready(said); },
              .hopeless = [this](const std::string& why) { give_up(why); }}},
        ending_{host_.loop, app_, [this] { tell_end(); }, [this] { app_.finish([this] { stop(); }); }},
        upgrade_{host_.loop,
                 {.done = [this](pid_t successor) { leave_to(successor); },
                  .failed = [this](const std::string& why) { tell_failed_upgrade(why); }}},
        end_signals_{host_.loop, SIGINT, SIGTERM},
        reload_signal_{host_.loop, SIGHUP},
        upgrade_signal_{host_.loop, SIGUSR2} {}

  int run() {
    std::signal(SIGPIPE, SIG_IGN);  // a reader of our output that leaves must not end the service
    if (const auto error = set_up()) {
      host_.log.error(*error);
      manager_.status(*error);
      return 1;
    }
    manager_.start_watchdog();
    wait_for_end();
    wait_for_reload();
    wait_for_upgrade();
    app_.start();
    host_.loop.run();
    return exit_code_;
  }

 private:
  // A successor lets nobody in before it is ready: its predecessor serves until then, and for good if it fails.
  std::optional<std::string> set_up() {
    auto handed = take_handed_sockets();
    if (!handed) return handed.error();
    if (auto error = app_.set_up(std::move(handed->service), manager_.is_successor())) return error;
    if (auto error = set_up_admin(std::move(handed->admin))) return error;
    return manager_.is_successor() ? std::nullopt : open_doors();
  }

  std::optional<std::string> set_up_admin(std::vector<int> doors) {
    const config::AppConfig& config = app_.config();
    AdminAccess access{.hosts = config.admin_hosts};
    if (!config.admin_token_file.empty()) {
      auto token = read_token(config.admin_token_file);
      if (!token) return token.error();
      access.token = std::move(*token);
    }
    AdminSources sources = app_.sources(std::move(access));
    sources.is_ending = [this] { return ending_.has_begun(); };
    sources.begin_upgrade = [this] { return begin_upgrade(); };
    sources.upgrade = &upgrade_;
    admin_.emplace(host_.loop, std::move(sources));
    admin_server_.emplace(host_.loop, *admin_, admin_limits());
    admin_doors_ = std::move(doors);
    if (admin_doors_.empty()) {
      const auto door = http::listen_on(http::Endpoint::tcp(config.admin_address, config.admin_port));
      if (!door) return "admin API: " + door.error();
      admin_doors_.push_back(*door);
    }
    host_.log.info(fmt::format("admin: http://{}", http::bound_endpoint(admin_doors_.front()).to_string()));
    return std::nullopt;
  }

  std::optional<std::string> open_doors() {
    if (auto error = app_.open_doors()) return error;
    for (const int door : admin_doors_) {
      const auto opened =
          admin_server_->adopt(host_.loop.sockets().adopt(door, [this](int client) { return is_no_replica(client); }));
      if (!opened) return "admin API: " + opened.error();
    }
    return std::nullopt;
  }

  // Told once: a program that tries will go on trying.
  bool is_no_replica(int client) {
    if (!app_.config().isolation.wanted.has(config::IsolationPart::kAdmin)) return true;
    const auto replica = replica_at(client);
    if (replica && *replica > 0 && !std::exchange(has_refused_, true)) {
      host_.log.warning(fmt::format(
          "process {} of a replica is kept from the admin port; --isolation no-admin lets replicas in", *replica));
    }
    return !replica;
  }

  void ready(const std::string& said) {
    if (manager_.is_successor()) {
      if (const auto error = open_doors()) return give_up(*error);
    }
    manager_.ready(said);
  }

  // ---- signals

  void wait_for_end() {
    end_signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (ending_.has_begun()) {
        exit_code_ = kInterrupted;
        return stop();
      }
      end();
      wait_for_end();
    });
  }

  void wait_for_reload() {
    reload_signal_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      const bool is_left_alone = !app_.has_file() || (had_terminal_ && !has_terminal());
      if (is_hangup_fatal_ && is_left_alone) {
        end();
      } else if (app_.has_file() && !ending_.has_begun()) {
        reload();
      }
      wait_for_reload();
    });
  }

  void reload() {
    manager_.reloading();
    const auto deployed = app_.deploy({});
    const std::string what = deployed ? "reloaded" : "not reloaded, the old configuration stays: " + deployed.error();
    if (!deployed) host_.log.error(what);
    manager_.ready(what);
  }

  void wait_for_upgrade() {
    upgrade_signal_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      begin_upgrade();
      wait_for_upgrade();
    });
  }

  // ---- an upgrade

  std::optional<std::string> begin_upgrade() {
    if (ending_.has_begun()) return "the service is shutting down";
    if (manager_.is_successor()) return "the service is not ready yet";
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(app_.config().core.replica.start_timeout);
    auto error = upgrade_.begin({.service = app_.doors(), .admin = admin_doors_},
                                std::max(2 * patience, patience + kUpgradePatience));
    if (error) {
      host_.log.error(fmt::format("not upgraded: {}", *error));
    } else {
      host_.log.info("upgrading: a new process starts beside this one");
    }
    return error;
  }

  void tell_failed_upgrade(const std::string& why) {
    host_.log.error(fmt::format("not upgraded, this process serves on: {}", why));
  }

  // Nobody is refused: the successor listens on the same sockets.
  void leave_to(pid_t successor) {
    host_.log.info(fmt::format("upgraded: process {} serves from now on", successor));
    manager_.hand_over(successor);
    admin_server_->drain();
    ending_.begin(core::Duration::zero());
  }

  // ---- the end

  void end() {
    if (ending_.has_begun()) return;
    upgrade_.cancel();
    const core::Duration lame_duck = app_.config().lame_duck;
    if (lame_duck > core::Duration::zero())
      host_.log.info(fmt::format("not ready any more: connections are taken for {:g} s yet; again to end at once",
                                 core::to_seconds(lame_duck)));
    manager_.stopping("shutting down");
    ending_.begin(lame_duck);
  }

  void give_up(const std::string& why) {
    exit_code_ = 1;
    manager_.stopping(why);
    ending_.begin(core::Duration::zero());
  }

  void tell_end() {
    if (exit_code_ != 0) return;  // it was told why
    const core::ServiceView view = app_.view();
    const std::string words =
        fmt::format("shutting down: {} running and {} waiting may finish within {:g} s", view.running, view.waiting,
                    core::to_seconds(app_.config().core.replica.grace));
    host_.log.info(words + "; again to end at once");
    manager_.stopping(words);
  }

  // What was said last goes to who follows it.
  void stop() {
    admin_->finish();
    host_.loop.stop();
  }

  Host host_;
  ServiceManager manager_;
  App app_;
  Ending ending_;
  Upgrade upgrade_;
  std::optional<Admin> admin_;
  std::optional<http::Server> admin_server_;
  std::vector<int> admin_doors_;
  bool has_refused_ = false;  // a replica at the admin port
  boost::asio::signal_set end_signals_;
  bool is_hangup_fatal_ = !is_hangup_ignored();
  bool had_terminal_ = has_terminal();
  boost::asio::signal_set reload_signal_;
  boost::asio::signal_set upgrade_signal_;
  int exit_code_ = 0;
};

}  // namespace

int run_app(const config::AppConfig& config, const ConfigSource& source, DecisionWords words, WhatIfCommands what_ifs) {
  StreamConsole console;
  return Service{config, source, std::move(words), std::move(what_ifs), console}.run();
}

void tell_service_manager(const std::string& status) {
  const NotifySettings settings = NotifySettings::from_environment();
  for (const std::string& address : {settings.manager, settings.predecessor}) {
    if (!address.empty()) notify(address, status_field(status));
  }
}

}  // namespace tenfold::live
