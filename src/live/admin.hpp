// The admin API, for operators and their tools: the live page, health, readiness, status, and metrics for Prometheus.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "http/server_connection.hpp"
#include "journal/writer.hpp"
#include "live/admin_access.hpp"
#include "live/board/metrics.hpp"
#include "live/deployment.hpp"
#include "live/host/upgrade.hpp"
#include "live/ingress.hpp"
#include "live/page/feed.hpp"
#include "live/said/said_feed.hpp"
#include "live/traces/span_counters.hpp"
#include "live/what_if/what_if.hpp"

namespace tenfold::live {

// What the API tells of, and to whom. All is borrowed.
struct AdminSources {
  const Ingress& ingress;
  Board& board;
  SaidLines& lines;
  const journal::Writer* writer = nullptr;  // null without a journal
  const SpanCounters* spans = nullptr;      // null without traces
  std::string app;
  // Null: metrics say nothing of the process.
  std::function<std::optional<ProcessUsage>()> process;
  AdminAccess access;
  WhatIf* what_if = nullptr;  // null without a journal
  // Reads the configuration again, from this file or from that of the start; null where there is none to read. The
  // error is one line.
  std::function<std::expected<Deployment, std::string>(const std::string& file)> deploy;
  // Whether the service was told to end, though it may still take connections. Null: by the core alone.
  std::function<bool()> is_ending = nullptr;
  // What begins an upgrade, and how it stands. Null: there is none.
  std::function<std::optional<std::string>()> begin_upgrade = nullptr;
  const Upgrade* upgrade = nullptr;
};

// GET /          the live page, and what it is made of
// GET /events    what it shows, as it happens
// GET /logs      what replicas printed and what Tenfold said of itself: see SaidFeed
// GET /healthz   200 while the process runs
// GET /readyz    200 while a replica is ready and the service was not told to end, else 503
// GET /status    the live state as JSON
// GET /metrics   Prometheus' text format, version 0.0.4, or OpenMetrics or Protocol Buffers for who accepts that
//
// GET /upgrade   the process that serves, and whether another is about to take over
//
// POST /what-if  what the last minutes would have been under other settings: see WhatIf
// POST /deploy   reads the configuration again, or ?file=/a/path: 200 and what came of it, 422 and what is wrong
// POST /upgrade  starts the binary that lies at this one's path now, to take over: see Upgrade
//
// Who asks by a name that is not ours gets 421. Where there is a token, all but the page itself and health is for who
// has it; else 401. A GET changes nothing and costs little; a POST from a page of a stranger gets 403.
class Admin final : public http::ServerHandler {
 public:
  Admin(http::Loop& loop, AdminSources sources);

  void on_request(http::ServerConnection& connection) override;
  // What was said last goes to who follows it: the service ends.
  void finish() { said_feed_.finish(); }

 private:
  void answer_readiness(http::ServerConnection& connection) const;
  void answer_events(http::ServerConnection& connection);
  void answer_logs(http::ServerConnection& connection);
  void answer_what_if(http::ServerConnection& connection);
  void answer_deploy(http::ServerConnection& connection);
  void answer_upgrade(http::ServerConnection& connection);
  void answer_status(http::ServerConnection& connection) const;
  void answer_metrics(http::ServerConnection& connection) const;

  http::Loop& loop_;
  AdminSources sources_;
  Feed feed_;
  SaidFeed said_feed_;
};

}  // namespace tenfold::live
