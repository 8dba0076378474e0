// Writes what happens into the journal.
#pragma once

#include <memory>

#include "journal/writer.hpp"
#include "live/observer.hpp"

namespace tenfold::live {

// Silent until it is given a writer.
class JournalObserver final : public Observer {
 public:
  void write_to(std::unique_ptr<journal::Writer> writer) { writer_ = std::move(writer); }
  journal::Writer* writer() { return writer_.get(); }

  void stepping(const core::Service& service) override;
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  void class_named(core::TimePoint now, core::RequestClass klass, std::string_view name) override;
  void request_arrived(core::TimePoint now, core::RequestId request, const http::ServerConnection& client) override;
  void request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) override;
  void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) override;
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) override;

 private:
  std::unique_ptr<journal::Writer> writer_;
  journal::RequestNote request_note_;  // keeps its strings' room
};

}  // namespace tenfold::live
