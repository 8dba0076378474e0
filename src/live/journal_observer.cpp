#include "live/journal_observer.hpp"

namespace tenfold::live {

void JournalObserver::stepping(const core::Service& service) {
  if (writer_ && writer_->needs_checkpoint()) writer_->checkpoint(service.save());
}

void JournalObserver::stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                              const core::Service&) {
  if (writer_) writer_->step(now, event, actions);
}

void JournalObserver::class_named(core::TimePoint now, core::RequestClass klass, std::string_view name) {
  if (writer_) writer_->note(journal::ClassNote{.at = now, .klass = klass, .name = std::string{name}});
}

void JournalObserver::request_arrived(core::TimePoint now, const RequestSeen& request) {
  if (!writer_) return;
  request_note_.at = now;
  request_note_.request = request.id;
  request_note_.method = request.method;
  request_note_.target = request.target.substr(0, journal::kMaxNotedTarget);
  request_note_.client = request.client;
  request_note_.id = request.name.substr(0, journal::kMaxNotedId);
  writer_->note(request_note_);
}

void JournalObserver::request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) {
  if (!writer_ || facts.arrived == core::TimePoint{}) return;
  writer_->note(journal::AnswerNote{.at = now,
                                    .request = request,
                                    .status = facts.status,
                                    .request_bytes = facts.request_bytes,
                                    .answer_bytes = facts.answer_bytes,
                                    .answer_began = facts.answer_began,
                                    .cold_start = facts.last().cold_start,
                                    .opened = facts.opened,
                                    .left_slot = facts.last().done});
}

void JournalObserver::replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) {
  if (!writer_) return;
  writer_->note(journal::ReplicaReadyNote{
      .at = now, .replica = replica, .pid = address.pid, .endpoint = address.endpoint.to_string()});
}

void JournalObserver::probe_failed(core::TimePoint now, core::ReplicaId replica, core::Probe, std::string_view why) {
  if (writer_) writer_->note(journal::ProbeNote{.at = now, .replica = replica, .why = std::string{why}});
}

void JournalObserver::replica_exited(core::TimePoint now, core::ReplicaId replica, const ReplicaExit& exit) {
  if (writer_) writer_->note(journal::ReplicaExitNote{.at = now, .replica = replica, .description = exit.description});
}

}  // namespace tenfold::live
