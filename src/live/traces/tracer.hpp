// Makes spans of what happens to requests.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "live/log.hpp"
#include "live/observer.hpp"
#include "live/traces/contexts.hpp"
#include "live/traces/exporter.hpp"
#include "live/traces/request_spans.hpp"

namespace tenfold::live {

// Of each sampled request, when it has ended. Lives on the loop's thread; its memory is bounded by the requests that
// are open and the replicas that there are.
class Tracer final : public Observer {
 public:
  // Both are borrowed.
  Tracer(TraceContexts& contexts, Exporter& exporter, WallClock clock)
      : contexts_{contexts}, exporter_{exporter}, clock_{std::move(clock)} {}

  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  void class_named(core::TimePoint now, core::RequestClass klass, std::string_view name) override;
  void request_opened(core::TimePoint now, const RequestSeen& request) override;
  void request_arrived(core::TimePoint now, const RequestSeen& request) override;
  void client_left(core::TimePoint now, core::RequestId request) override;
  void request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) override;
  void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) override;
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) override;

 private:
  // Requests may end after the replica that they ran on: so many that are gone are still known.
  static constexpr std::size_t kGoneKnown = 64;

  TracedRequest* find(core::RequestId id);
  void send(const std::vector<Span>& spans);

  TraceContexts& contexts_;
  Exporter& exporter_;
  WallClock clock_;
  std::unordered_map<core::RequestId, TracedRequest> open_;
  std::unordered_map<core::ReplicaId, TracedReplica> replicas_;
  std::deque<core::ReplicaId> gone_;
  std::vector<std::string> classes_;  // their names
};

}  // namespace tenfold::live
