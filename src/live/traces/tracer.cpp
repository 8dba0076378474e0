#include "live/traces/tracer.hpp"

#include <utility>
#include <variant>

#include "core/words.hpp"
#include "live/traces/otlp.hpp"

namespace tenfold::live {

TracedRequest* Tracer::find(core::RequestId id) {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : &found->second;
}

void Tracer::stepped(core::TimePoint now, const core::Event&, const core::Actions& actions, const core::Service&) {
  for (const core::Action& action : actions) {
    const auto* reject = std::get_if<core::Reject>(&action);
    if (!reject) continue;
    TracedRequest* const request = find(reject->request);
    if (!request) continue;
    request->why = core::to_word(reject->reason);
    request->rejected = now;
  }
}

void Tracer::class_named(core::TimePoint, core::RequestClass klass, std::string_view name) {
  if (classes_.size() <= core::to_number(klass)) classes_.resize(core::to_number(klass) + 1);
  classes_[core::to_number(klass)] = name;
}

void Tracer::request_opened(core::TimePoint, const RequestSeen& seen) {
  if (!seen.trace.is_sampled()) return;
  TracedRequest request = traced_request(*seen.head);
  if (!seen.trace.keeps_state) request.state.clear();
  request.trace = seen.trace;
  request.id = seen.id;
  request.name = seen.name.substr(0, kLongestTold);
  request.client = seen.client;
  open_[seen.id] = std::move(request);
}

void Tracer::request_arrived(core::TimePoint, const RequestSeen& seen) {
  const std::uint32_t klass = core::to_number(seen.klass);
  if (klass >= classes_.size()) return;
  if (TracedRequest* request = find(seen.id)) request->klass = classes_[klass];
}

void Tracer::client_left(core::TimePoint now, core::RequestId id) {
  if (TracedRequest* request = find(id)) request->left = now;
}

void Tracer::request_ended(core::TimePoint now, core::RequestId id, const ExchangeFacts& facts) {
  const TracedRequest* const request = find(id);
  if (!request) return;
  const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_().time_since_epoch());
  const SpanSources sources{.next_span = [this] { return contexts_.next_span(); },
                            .replica =
                                [this](core::ReplicaId replica) {
                                  const auto found = replicas_.find(replica);
                                  return found == replicas_.end() ? nullptr : &found->second;
                                },
                            .wall_zero = wall - now.time_since_epoch()};
  send(spans_of(*request, facts, now, sources));
  open_.erase(id);
}

void Tracer::send(const std::vector<Span>& spans) {
  if (!exporter_.has_room()) return exporter_.drop(spans.size());
  std::string text;
  for (const Span& span : spans) {
    if (!text.empty()) text += ',';
    append_otlp(text, span);
  }
  exporter_.add(text, spans.size());
}

void Tracer::replica_ready(core::TimePoint now, core::ReplicaId replica, const ReplicaAddress& address) {
  replicas_[replica] = {.address = address, .ready = now};
}

void Tracer::replica_exited(core::TimePoint, core::ReplicaId replica, const ReplicaExit&) {
  if (!replicas_.contains(replica)) return;
  gone_.push_back(replica);
  if (gone_.size() <= kGoneKnown) return;
  replicas_.erase(gone_.front());
  gone_.pop_front();
}

}  // namespace tenfold::live
