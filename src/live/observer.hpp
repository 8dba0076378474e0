// Who watches a live service: the journal, and whoever else wants to know what happened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/service.hpp"
#include "live/exchange.hpp"
#include "live/provider/provider.hpp"

namespace tenfold::live {

// Every call is on the loop's thread, and must not block.
class Observer {
 public:
  virtual ~Observer() = default;

  // The core is about to take a step.
  virtual void stepping(const core::Service& service) = 0;
  // The core took a step; its actions are carried out next.
  virtual void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                       const core::Service& service) = 0;
  // A class of requests got its number; one of it is about to be told to the core.
  virtual void class_named(core::TimePoint now, core::RequestClass klass, std::string_view name) = 0;
  // A request is about to be told to the core.
  virtual void request_arrived(core::TimePoint now, core::RequestId request, const http::ServerConnection& client) = 0;
  // A request has ended; its facts are complete.
  virtual void request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) = 0;
  virtual void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) = 0;
  virtual void replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) = 0;
};

}  // namespace tenfold::live
