#include "live/ingress.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

#include <fmt/format.h>

#include "core/retry.hpp"
#include "http/status.hpp"
#include "live/clock.hpp"
#include "live/problems.hpp"
#include "live/request_options.hpp"

namespace tenfold::live {

namespace {

std::string retry_after_field(core::Duration retry_after) {
  if (retry_after == core::Duration::zero()) return {};
  return fmt::format("Retry-After: {}\r\n", std::chrono::ceil<std::chrono::seconds>(retry_after).count());
}

RequestSeen seen(const Exchange& exchange, core::RequestClass klass = {}) {
  const http::ServerConnection& client = exchange.client();
  return {.id = exchange.id(),
          .name = exchange.name(),
          .klass = klass,
          .method = client.head().method(),
          .target = client.head().target(),
          .client = client.peer(),
          .head = &client.head(),
          .trace = exchange.facts().trace};
}

std::string random_prefix() {
  std::random_device random;
  std::array<char, 16> text{};
  char* const end = std::to_chars(text.data(), text.data() + text.size(), random(), 36).ptr;
  return std::string{text.data(), end} + '-';
}

}  // namespace

Ingress::Ingress(http::Loop& loop, const IngressOptions& options, Observers observers)
    : loop_{loop},
      options_{options},
      observers_{std::move(observers)},
      memory_{options.memory_bytes},
      spools_{options.spool, memory_, options.make_spool_file(options.spool_directory)},
      request_id_prefix_{options.request_id_prefix.empty() ? random_prefix() : options.request_id_prefix},
      upstreams_{loop, options.upstream_limits},
      driver_{loop, options.settings, *this, observers_},
      revisions_{options.replica} {}

void Ingress::start(Provider& provider) {
  provider_ = &provider;
  driver_.handle(core::TimerDue{});
}

core::RevisionId Ingress::reconfigure(const IngressOptions& options) {
  options_ = options;
  const core::RevisionId revision = revisions_.take(options.replica, view());
  driver_.handle(core::ConfigChanged{.settings = options.settings, .revision = revision});
  return revision;
}

void Ingress::trace(TraceContexts& contexts, Observer& tracer) {
  traces_ = &contexts;
  observers_.add(tracer);
}

void Ingress::observe(const core::MetricObserved& metric) { driver_.handle(metric); }

void Ingress::shut_down() { driver_.handle(core::ShutdownRequested{}); }

// ---- clients

void Ingress::on_request(http::ServerConnection& client) {
  if (idle_.empty()) {
    idle_.push_back(static_cast<core::Slot>(exchanges_.size()));
    ExchangeListener& listener = *this;
    exchanges_.push_back(std::make_unique<Exchange>(loop_, listener, spools_, request_id_prefix_, traces_));
  }
  const core::Slot slot = idle_.back();
  idle_.pop_back();
  const core::RequestId id{next_request_++};
  slots_.insert(id, slot);
  Exchange& exchange = *exchanges_[slot];
  exchange.begin(id, client, config::contains(options_.trusted_proxies, client.peer()));
  observers_.tell(&Observer::request_opened, exchange.facts().opened, seen(exchange));
  exchange.receive();
}

void Ingress::request_received(Exchange& exchange) {
  const http::ServerConnection& client = exchange.client();
  const core::TimePoint arrived = exchange.facts().arrived;
  const core::Duration timeout =
      std::min(options_.request_timeout, requested_timeout(client.head()).value_or(options_.request_timeout));
  const core::RequestClass klass = class_of(exchange);
  observers_.tell(&Observer::request_arrived, arrived, seen(exchange, klass));
  driver_.handle(arrived,
                 core::RequestArrived{.request = exchange.id(),
                                      .deadline = arrived + timeout,
                                      .safe_to_repeat = options_.is_retry_safe || is_safe_to_repeat(client.head()),
                                      .klass = klass});
}

core::RequestClass Ingress::class_of(const Exchange& exchange) {
  const http::Head& head = exchange.client().head();
  const auto value = options_.class_by.empty() ? std::nullopt : head.find(options_.class_by);
  const RequestClasses::Found found = classes_.find(head.target(), value);
  if (found.is_new) observers_.tell(&Observer::class_named, exchange.facts().arrived, found.klass, found.name);
  return found.klass;
}

void Ingress::client_left(Exchange& exchange) {
  const core::RequestId id = exchange.id();
  observers_.tell(&Observer::client_left, now(loop_), id);
  if (exchange.is_answered()) return remove(exchange);
  if (exchange.is_received()) driver_.handle(core::RequestCancelled{id});
  Exchange* still_open = find(id);
  if (still_open && !still_open->has_replica()) remove(*still_open);
}

void Ingress::replica_done(Exchange& exchange, core::Outcome outcome) {
  const core::RequestId id = exchange.id();
  const core::ReplicaId replica = exchange.facts().last().replica;
  upstreams_.release(replica, exchange.release_upstream(), outcome);
  const core::TimePoint done = exchange.facts().last().done;
  if (outcome == core::Outcome::kBadAnswer)
    observers_.tell(&Observer::answer_refused, done, replica, exchange.bad_answer());
  // Of a replica that dies, connections end before its exit is known: what is lost with one would be lost again with
  // the next, and others with it.
  if (outcome == core::Outcome::kNoAnswer || outcome == core::Outcome::kAnswerBroken) lost_.note(done, replica, id);
  if (core::is_loss(outcome) && provider_->is_ending(replica)) {
    driver_.handle(done, core::ProbeFailed{.replica = replica, .probe = core::Probe::kProcess});
  }
  if (outcome == core::Outcome::kNoAnswer && provider_->is_out_of_memory(replica))
    outcome = core::Outcome::kOutOfMemory;
  driver_.handle(done, core::ResponseFinished{.request = id, .replica = replica, .outcome = outcome});
  Exchange* still_open = find(id);
  if (!still_open) return;
  if (!still_open->has_client()) {
    remove(*still_open);
  } else if (still_open->is_answered()) {
    tell_end(*still_open);
  }
}

void Ingress::answer_read(Exchange& exchange) { remove(exchange); }

Exchange* Ingress::find(core::RequestId id) {
  const auto slot = slots_.find(id);
  return slot ? exchanges_[*slot].get() : nullptr;
}

// All is known of the request, though a slow client may still read its answer.
void Ingress::tell_end(Exchange& exchange) {
  if (!exchange.mark_end_told()) return;
  const Attempt& last = exchange.facts().last();
  const bool is_answered = last.done != core::TimePoint{} && last.outcome == core::Outcome::kAnswered;
  // An attempt that was lost is no end: the request may have waited for another.
  observers_.tell(&Observer::request_ended, is_answered ? last.done : now(loop_), exchange.id(), exchange.facts());
}

void Ingress::remove(Exchange& exchange) {
  tell_end(exchange);
  exchange.close();
  idle_.push_back(*slots_.find(exchange.id()));
  slots_.erase(exchange.id());
}

// ---- what the core decides
//
// A decision may come late: its request may have been answered, or left, while the step was under way. Then there is
// nothing to carry out.

void Ingress::carry_out(core::TimePoint time, const core::Dispatch& action) {
  Exchange* exchange = find(action.request);
  if (!exchange || !exchange->has_client() || exchange->has_replica()) {
    return driver_.handle(core::ResponseFinished{
        .request = action.request, .replica = action.replica, .outcome = core::Outcome::kAbandoned});
  }
  auto upstream = upstreams_.acquire(action.replica, exchange->upstream_handler(), exchange->size_to_send());
  exchange->dispatch(action.replica, std::move(upstream), cold_start_of(*exchange, action.replica), time);
}

void Ingress::carry_out(core::TimePoint, const core::Reject& action) {
  Exchange* exchange = find(action.request);
  if (!exchange || exchange->is_answered()) return;
  const bool is_memory = action.reason == core::RejectReason::kOutOfMemory;
  const std::string what =
      is_memory ? out_of_memory_text(options_.settings.replica.memory) : std::string{exchange->bad_answer()};
  exchange->fail(problem_of(action.reason, what), retry_after_field(action.retry_after));
  if (!exchange->has_replica()) remove(*exchange);
}

void Ingress::carry_out(core::TimePoint, const core::CancelOnReplica& action) {
  Exchange* exchange = find(action.request);
  if (exchange && exchange->facts().last().replica == action.replica) exchange->withdraw(action.how);
}

void Ingress::carry_out(core::TimePoint time, const core::StartReplica& action) {
  starts_[action.replica].began = time;
  provider_->start(action.replica, revisions_.spec_of(action.revision));
}

void Ingress::carry_out(core::TimePoint, const core::DrainReplica& action) { provider_->drain(action.replica); }

void Ingress::carry_out(core::TimePoint, const core::StopReplica& action) {
  provider_->stop(action.replica, action.grace);
}

void Ingress::carry_out(core::TimePoint, const core::RecordDecision&) {}  // it is for those who observe

// ---- replicas

void Ingress::replica_ready(core::ReplicaId replica, const ReplicaAddress& address) {
  const core::TimePoint ready = starts_[replica].ready = now(loop_);
  upstreams_.add(replica, address.endpoint);
  observers_.tell(&Observer::replica_ready, ready, replica, address);
  driver_.handle(core::ReplicaReady{.replica = replica, .cancels = address.cancels, .way = address.way});
}

void Ingress::probe_failed(core::ReplicaId replica, core::Probe probe, const std::string& why) {
  observers_.tell(&Observer::probe_failed, now(loop_), replica, probe, why);
  driver_.handle(core::ProbeFailed{.replica = replica, .probe = probe});
}

void Ingress::readiness_passed(core::ReplicaId replica) {
  observers_.tell(&Observer::readiness_passed, now(loop_), replica);
  driver_.handle(core::ReplicaReady{.replica = replica});
}

void Ingress::replica_exited(core::ReplicaId replica, const ReplicaExit& exit) {
  note_lost(replica);
  upstreams_.remove(replica);
  starts_.erase(replica);
  ReplicaExit told = exit;
  told.description += lost_.take(now(loop_), replica);
  observers_.tell(&Observer::replica_exited, now(loop_), replica, told);
  driver_.handle(core::ReplicaExited{.replica = replica, .kind = exit.kind, .code = exit.code});
}

void Ingress::note_lost(core::ReplicaId replica) {
  for (const std::unique_ptr<Exchange>& exchange : exchanges_) {
    if (exchange && exchange->has_replica() && exchange->facts().last().replica == replica)
      lost_.note(now(loop_), replica, exchange->id());
  }
}

void Ingress::usage_sampled(core::ReplicaId replica, const ReplicaUsage& usage) {
  observers_.tell(&Observer::usage_sampled, now(loop_), replica, usage);
  driver_.handle(core::UsageSampled{
      .replica = replica, .cpu = usage.cpu, .wall = usage.wall, .memory = usage.memory, .cpu_wait = usage.cpu_wait});
}

core::Duration Ingress::cold_start_of(const Exchange& exchange, core::ReplicaId replica) const {
  const auto start = starts_.find(replica);
  if (start == starts_.end()) return {};
  const core::TimePoint began = std::max(exchange.facts().arrived, start->second.began);
  return std::max(core::Duration::zero(), start->second.ready - began);
}

}  // namespace tenfold::live
