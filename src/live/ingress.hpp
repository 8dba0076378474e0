// The ingress: accepts requests, lets the core decide, and carries out what it decides, on replicas of a provider.
//
//   clients --> http::Server --> Exchange --> Upstreams --> replicas
//                                   |  ^
//                            events v  | actions
//                                CoreDriver (core::Service)
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/address_range.hpp"
#include "core/id_map.hpp"
#include "http/server_connection.hpp"
#include "live/core_driver.hpp"
#include "live/exchange.hpp"
#include "live/observer.hpp"
#include "live/provider/provider.hpp"
#include "live/request_class.hpp"
#include "live/upstreams.hpp"

namespace tenfold::live {

struct IngressOptions {
  core::Settings settings;
  // From a request's arrival to its answer's end; clients may ask for less.
  core::Duration request_timeout = std::chrono::seconds{240};
  // The service says that any of its requests may be run twice.
  bool is_retry_safe = false;
  // The request header field that names a request's class, beside its path; empty for none.
  std::string class_by;
  // Clients whose Forwarded and X-Forwarded-* are passed on.
  std::vector<config::AddressRange> trusted_proxies;
  http::Limits upstream_limits;
  // Bodies that wait for their reader: in memory all together, and beyond that in a file.
  std::uint64_t memory_bytes = std::uint64_t{64} << 20;
  SpoolLimits spool;
  std::filesystem::path spool_directory = default_spool_directory();
  // Makes the file of the spool in its directory.
  std::function<std::unique_ptr<SpoolFile>(std::filesystem::path)> make_spool_file = live::make_spool_file;
  // What ids that requests are given begin with; none: something random, so that they differ from those of the run
  // before.
  std::string request_id_prefix;
};

// Totals since the start, for people and Prometheus.
struct IngressCounters {
  std::uint64_t requests = 0;
  std::array<std::uint64_t, 6> answers_by_class{};  // [2] is 2xx; [0] those that nobody got
  std::array<std::uint64_t, core::kRejectReasons> rejects{};
  std::uint64_t retries = 0;
  std::uint64_t clients_left = 0;
  std::uint64_t replicas_started = 0;
};

// What is known of a replica, for people.
struct ReplicaInfo {
  core::TimePoint started_at{};
  core::TimePoint ready_at{};  // zero while it starts
  ReplicaAddress address;
  ReplicaUsage usage;
  std::uint64_t answered = 0;
  std::vector<std::string> bad_answers;  // what was wrong with them, each kind once
  bool is_stopping = false;
};

// A scale rule and the last that is known of it, for people.
struct RuleStatus {
  core::ScaleRule rule;
  bool is_known = false;
  double value = 0;  // in the unit of its kind
  core::TimePoint at{};
  // Of a polled rule: the last question got no value.
  bool is_failing = false;
};

// Told what an operator should hear of.
class IngressEvents {
 public:
  virtual void replica_became_ready(core::ReplicaId replica, const ReplicaInfo& info) = 0;
  virtual void replica_ended(core::ReplicaId replica, const ReplicaExit& exit, bool was_stopped) = 0;
  virtual void decided(const core::RecordDecision& decision) = 0;
  // A replica answered with what is no answer, and in a way that it had not before.
  virtual void answer_refused(core::ReplicaId replica, std::string_view problem) = 0;
  // Periodically, of each replica.
  virtual void replica_used(core::ReplicaId /*replica*/, const ReplicaUsage& /*usage*/) {}

 protected:
  ~IngressEvents() = default;
};

// Lives on the loop's thread.
class Ingress final : public http::ServerHandler,
                      public ProviderListener,
                      private ExchangeListener,
                      private ActionHandler {
 public:
  Ingress(http::Loop& loop, const IngressOptions& options, IngressEvents& events, Observer* observer);

  // Starts the first replicas on `provider`, which must outlive the ingress and report to it.
  void start(Provider& provider);
  // Takes the new settings; what waits and runs is kept. limits and
  // the spool stay as they are.
  void reconfigure(const IngressOptions& options);
  // A value for a custom or schedule rule, or that none could be had.
  void observe(const core::MetricObserved& metric);
  // What runs may finish, what waits is answered 503, then every replica is stopped.
  void shut_down();

  // What all that buffers for clients takes its memory from.
  http::MemoryBudget& memory() { return memory_; }
  // Now, by the loop's clock.
  core::TimePoint time() const { return now(loop_); }
  core::ServiceView view() const { return driver_.service().view(); }
  const core::Service& service() const { return driver_.service(); }
  const IngressCounters& counters() const { return counters_; }
  const std::unordered_map<core::ReplicaId, ReplicaInfo>& replicas() const { return replicas_; }
  // The rules in the order of the settings, or the default one of the policy if there are none; each with the value
  // that was observed, or stood in the last decision that it was the reason for.
  const std::vector<RuleStatus>& rules() const { return rules_; }
  // Requests that have not ended, those included whose body is still on its way.
  std::size_t open_exchanges() const { return exchanges_.size() - idle_.size(); }

  void on_request(http::ServerConnection& client) override;

  void replica_ready(core::ReplicaId replica, const ReplicaAddress& address) override;
  void replica_exited(core::ReplicaId replica, const ReplicaExit& exit) override;
  void usage_sampled(core::ReplicaId replica, const ReplicaUsage& usage) override;

 private:
  void request_received(Exchange& exchange) override;
  void client_left(Exchange& exchange) override;
  void replica_done(Exchange& exchange, core::Outcome outcome) override;
  void answer_read(Exchange& exchange) override;

  void carry_out(core::TimePoint now, const core::Dispatch& action) override;
  void carry_out(core::TimePoint now, const core::Reject& action) override;
  void carry_out(core::TimePoint now, const core::CancelOnReplica& action) override;
  void carry_out(core::TimePoint now, const core::StartReplica& action) override;
  void carry_out(core::TimePoint now, const core::DrainReplica& action) override;
  void carry_out(core::TimePoint now, const core::StopReplica& action) override;
  void carry_out(core::TimePoint now, const core::RecordDecision& action) override;

  Exchange* find(core::RequestId id);
  void tell_end(Exchange& exchange);
  void remove(Exchange& exchange);
  void count(ReplicaInfo& info, const Exchange& exchange, core::Outcome outcome);
  core::RequestClass class_of(const Exchange& exchange);
  core::Duration cold_start_of(const Exchange& exchange, core::ReplicaId replica) const;

  http::Loop& loop_;
  IngressOptions options_;
  IngressEvents& events_;
  Observer* observer_;
  http::MemoryBudget memory_;
  SpoolStore spools_;
  std::string request_id_prefix_;
  Upstreams upstreams_;
  CoreDriver driver_;
  Provider* provider_ = nullptr;

  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<core::Slot> idle_;  // of exchanges
  core::IdMap<core::RequestId> slots_;
  std::uint64_t next_request_ = 1;
  RequestClasses classes_;
  std::unordered_map<core::ReplicaId, ReplicaInfo> replicas_;
  IngressCounters counters_;
  std::vector<RuleStatus> rules_;
};

}  // namespace tenfold::live
