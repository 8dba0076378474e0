// The ingress: accepts requests, lets the core decide, and carries out what it decides, on replicas of a provider.
//
//   clients --> http::Server --> Exchange --> Upstreams --> replicas
//                                   |  ^
//                            events v  | actions
//                                CoreDriver (core::Service)
#pragma once

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
#include "live/lost_requests.hpp"
#include "live/observer.hpp"
#include "live/provider/provider.hpp"
#include "live/request_class.hpp"
#include "live/revisions.hpp"
#include "live/upstreams.hpp"

namespace tenfold::live {

struct IngressOptions {
  core::Settings settings;
  // What replicas are that are started.
  ReplicaSpec replica;
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

// Lives on the loop's thread.
class Ingress final : public http::ServerHandler,
                      public ProviderListener,
                      private ExchangeListener,
                      private ActionHandler {
 public:
  // Those who observe it outlive it.
  Ingress(http::Loop& loop, const IngressOptions& options, Observers observers);

  // Starts the first replicas on `provider`, which must outlive the ingress and report to it.
  void start(Provider& provider);
  // Takes the new settings; what waits and runs is kept. Limits and the spool stay as they are. Returns the revision
  // that replicas are of then: where they are to be others, a new one, which begins to take the old one's place.
  core::RevisionId reconfigure(const IngressOptions& options);
  // From now on requests are traced: `contexts` says where each belongs, and `tracer` is told of them like all who
  // observe. Before the first request.
  void trace(TraceContexts& contexts, Observer& tracer);
  // A value for a custom or schedule rule, or that none could be had.
  void observe(const core::MetricObserved& metric);
  // What waits and runs, and what comes meanwhile, is served within the grace; what cannot make it is answered 503, and
  // every replica is stopped.
  void shut_down();

  // What all that buffers for clients takes its memory from.
  http::MemoryBudget& memory() { return memory_; }
  // Now, by the loop's clock.
  core::TimePoint time() const { return now(loop_); }
  core::ServiceView view() const { return driver_.service().view(); }
  // What the app calls the revision, one that serves or is on its way; empty if it gives it no name.
  const std::string& name_of(core::RevisionId revision) const { return revisions_.spec_of(revision).revision_name; }
  const core::Service& service() const { return driver_.service(); }
  // Requests that have not ended, those included whose body is still on its way.
  std::size_t open_exchanges() const { return exchanges_.size() - idle_.size(); }

  void on_request(http::ServerConnection& client) override;

  void replica_ready(core::ReplicaId replica, const ReplicaAddress& address) override;
  void probe_failed(core::ReplicaId replica, core::Probe probe, const std::string& why) override;
  void readiness_passed(core::ReplicaId replica) override;
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
  // What is kept warm is nothing to the ways of requests: the core gives it none.
  void carry_out(core::TimePoint, const core::ReserveReplica&) override {}
  void carry_out(core::TimePoint, const core::EnlistReplica&) override {}

  Exchange* find(core::RequestId id);
  // Those which the replica has now are lost.
  void note_lost(core::ReplicaId replica);
  void tell_end(Exchange& exchange);
  void remove(Exchange& exchange);
  core::RequestClass class_of(const Exchange& exchange);
  core::Duration cold_start_of(const Exchange& exchange, core::ReplicaId replica) const;

  // When a replica was started and ready: for the share of a request's wait that was its start.
  struct Start {
    core::TimePoint began{};
    core::TimePoint ready{};
  };

  http::Loop& loop_;
  IngressOptions options_;
  Observers observers_;
  http::MemoryBudget memory_;
  SpoolStore spools_;
  std::string request_id_prefix_;
  Upstreams upstreams_;
  CoreDriver driver_;
  Provider* provider_ = nullptr;
  Revisions revisions_;
  LostRequests lost_;

  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<core::Slot> idle_;  // of exchanges
  core::IdMap<core::RequestId> slots_;
  TraceContexts* traces_ = nullptr;
  std::uint64_t next_request_ = 1;
  RequestClasses classes_;
  std::unordered_map<core::ReplicaId, Start> starts_;
};

}  // namespace tenfold::live
