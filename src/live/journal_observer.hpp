// Writes what happens into the journal.
#pragma once

#include "journal/writer.hpp"
#include "live/observer.hpp"

namespace tenfold::live {

// Silent until it is given a writer.
class JournalObserver final : public Observer {
 public:
  // `writer` is borrowed.
  void write_to(journal::Writer& writer) { writer_ = &writer; }

  void stepping(const core::Service& service) override;
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  void class_named(core::TimePoint now, core::RequestClass klass, std::string_view name) override;
  void request_arrived(core::TimePoint now, const RequestSeen& request) override;
  void request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) override;
  void replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) override;
  void probe_failed(core::TimePoint now, core::ReplicaId replica, core::Probe probe, std::string_view why) override;
  void replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) override;

 private:
  journal::Writer* writer_ = nullptr;
  journal::RequestNote request_note_;  // keeps its strings' room
};

}  // namespace tenfold::live
