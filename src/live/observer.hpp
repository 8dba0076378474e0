// Who watches a live service: the journal, the board, and whoever else wants to know what happened.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "core/service.hpp"
#include "live/exchange.hpp"
#include "live/provider/provider.hpp"

namespace tenfold::live {

// A request, as its head tells it. Borrowed for the call.
struct RequestSeen {
  core::RequestId id{};
  std::string_view name;  // what goes to its replica as X-Request-Id
  core::RequestClass klass{};
  std::string_view method;
  std::string_view target;
  std::string_view client;  // where it comes from
  const http::Head* head = nullptr;
  RequestTrace trace;
};

// Every call is on the loop's thread, must not block, and must not call the service.
class Observer {
 public:
  virtual ~Observer() = default;

  // The core is about to take a step.
  virtual void stepping(const core::Service& /*service*/) {}
  // The core took a step; its actions are carried out next.
  virtual void stepped(core::TimePoint /*now*/, const core::Event& /*event*/, const core::Actions& /*actions*/,
                       const core::Service& /*service*/) {}
  // A class of requests got its number; one of it is about to be told to the core.
  virtual void class_named(core::TimePoint /*now*/, core::RequestClass /*klass*/, std::string_view /*name*/) {}
  // A request's head was read; its body may still be on its way, and its class is not known yet.
  virtual void request_opened(core::TimePoint /*now*/, const RequestSeen& /*request*/) {}
  // A request is about to be told to the core.
  virtual void request_arrived(core::TimePoint /*now*/, const RequestSeen& /*request*/) {}
  // A client has left before its answer's end.
  virtual void client_left(core::TimePoint /*now*/, core::RequestId /*request*/) {}
  // An opened request has ended; its facts are complete. One that never arrived has no time of arrival.
  virtual void request_ended(core::TimePoint /*now*/, core::RequestId /*request*/, const ExchangeFacts& /*facts*/) {}
  virtual void replica_ready(core::TimePoint /*now*/, core::ReplicaId /*replica*/, const ReplicaAddress& /*address*/) {}
  // It was ready and fails a probe; `why` as ProviderListener has it. The core is told next.
  virtual void probe_failed(core::TimePoint /*now*/, core::ReplicaId /*replica*/, core::Probe /*probe*/,
                            std::string_view /*why*/) {}
  // Its readiness probe passes again.
  virtual void readiness_passed(core::TimePoint /*now*/, core::ReplicaId /*replica*/) {}
  // The core is told next.
  virtual void replica_exited(core::TimePoint /*now*/, core::ReplicaId /*replica*/, const ReplicaExit& /*exit*/) {}
  // Periodically, of each replica.
  virtual void usage_sampled(core::TimePoint /*now*/, core::ReplicaId /*replica*/, const ReplicaUsage& /*usage*/) {}
  // A replica answered with what is no answer.
  virtual void answer_refused(core::TimePoint /*now*/, core::ReplicaId /*replica*/, std::string_view /*problem*/) {}
};

// All of them, told in the order in which they were added. They are borrowed.
class Observers {
 public:
  Observers(std::initializer_list<Observer*> all = {}) : all_{all} {}
  void add(Observer& observer) { all_.push_back(&observer); }

  // `observers.tell(&Observer::replica_ready, now, id, address)`
  template <class... Parameters, class... Arguments>
  void tell(void (Observer::*what)(Parameters...), const Arguments&... arguments) const {
    for (Observer* observer : all_) (observer->*what)(arguments...);
  }

 private:
  std::vector<Observer*> all_;
};

}  // namespace tenfold::live
