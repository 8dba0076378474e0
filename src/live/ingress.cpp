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

std::string random_prefix() {
  std::random_device random;
  std::array<char, 16> text{};
  char* const end = std::to_chars(text.data(), text.data() + text.size(), random(), 36).ptr;
  return std::string{text.data(), end} + '-';
}

// A replica that always finds something else to answer is told no more.
constexpr std::size_t kMaxToldAnswers = 8;

// The driver tells the core of its values, and not the other way round.
bool is_observed(core::RuleKind kind) { return kind == core::RuleKind::kCustom || kind == core::RuleKind::kSchedule; }

void know(RuleStatus& status, double value, core::TimePoint at) {
  status.is_known = true;
  status.value = value;
  status.at = at;
}

// The rules of `scale`; what is known of those that stay is taken from `before`.
std::vector<RuleStatus> rules_of(const core::ScaleSettings& scale, const std::vector<RuleStatus>& before) {
  std::vector<core::ScaleRule> rules = scale.rules;
  const bool has_default = scale.policy == core::PolicyKind::kAca || scale.policy == core::PolicyKind::kHpa;
  if (rules.empty() && has_default) rules.push_back({.name = "http", .target = core::kDefaultConcurrentRequests});
  std::vector<RuleStatus> made;
  for (const core::ScaleRule& rule : rules) {
    const auto is_same = [&rule](const RuleStatus& old) {
      return old.rule.name == rule.name && old.rule.kind == rule.kind;
    };
    const auto old = std::ranges::find_if(before, is_same);
    made.push_back(old == before.end() ? RuleStatus{} : *old);
    made.back().rule = rule;
  }
  return made;
}

}  // namespace

Ingress::Ingress(http::Loop& loop, const IngressOptions& options, IngressEvents& events, Observer* observer)
    : loop_{loop},
      options_{options},
      events_{events},
      observer_{observer},
      memory_{options.memory_bytes},
      spools_{options.spool, memory_, options.make_spool_file(options.spool_directory)},
      request_id_prefix_{options.request_id_prefix.empty() ? random_prefix() : options.request_id_prefix},
      upstreams_{loop, options.upstream_limits},
      driver_{loop, options.settings, *this, observer},
      rules_{rules_of(options.settings.scale, {})} {}

void Ingress::start(Provider& provider) {
  provider_ = &provider;
  driver_.handle(core::TimerDue{});
}

void Ingress::reconfigure(const IngressOptions& options) {
  rules_ = rules_of(options.settings.scale, rules_);
  options_ = options;
  driver_.handle(core::ConfigChanged{options.settings});
}

void Ingress::observe(const core::MetricObserved& metric) {
  RuleStatus& status = rules_.at(metric.rule);
  status.is_failing = !metric.is_valid;
  if (metric.is_valid) know(status, metric.value, now(loop_));
  driver_.handle(metric);
}

void Ingress::shut_down() { driver_.handle(core::ShutdownRequested{}); }

// ---- clients

void Ingress::on_request(http::ServerConnection& client) {
  if (idle_.empty()) {
    idle_.push_back(static_cast<core::Slot>(exchanges_.size()));
    ExchangeListener& listener = *this;
    exchanges_.push_back(std::make_unique<Exchange>(loop_, listener, spools_, request_id_prefix_));
  }
  const core::Slot slot = idle_.back();
  idle_.pop_back();
  const core::RequestId id{next_request_++};
  slots_.insert(id, slot);
  ++counters_.requests;
  exchanges_[slot]->open(id, client, config::contains(options_.trusted_proxies, client.peer()));
}

void Ingress::request_received(Exchange& exchange) {
  const http::ServerConnection& client = exchange.client();
  const core::TimePoint arrived = exchange.facts().arrived;
  const core::Duration timeout =
      std::min(options_.request_timeout, requested_timeout(client.head()).value_or(options_.request_timeout));
  const core::RequestClass klass = class_of(exchange);
  if (observer_) observer_->request_arrived(arrived, exchange.id(), client);
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
  if (found.is_new && observer_) observer_->class_named(exchange.facts().arrived, found.klass, found.name);
  return found.klass;
}

void Ingress::client_left(Exchange& exchange) {
  ++counters_.clients_left;
  const core::RequestId id = exchange.id();
  if (exchange.is_answered()) return remove(exchange);
  if (exchange.is_received()) driver_.handle(core::RequestCancelled{id});
  Exchange* still_open = find(id);
  if (still_open && !still_open->has_replica()) remove(*still_open);
}

void Ingress::replica_done(Exchange& exchange, core::Outcome outcome) {
  const core::RequestId id = exchange.id();
  const core::ReplicaId replica = exchange.facts().replica;
  upstreams_.release(replica, exchange.release_upstream(), outcome);
  if (const auto info = replicas_.find(replica); info != replicas_.end()) count(info->second, exchange, outcome);
  const core::TimePoint done = exchange.facts().replica_done;
  // Of a replica that dies, connections end before its exit is known: what is lost with one would be lost again with
  // the next, and others with it.
  if (core::is_loss(outcome) && provider_->is_ending(replica)) {
    driver_.handle(done, core::ProbeFailed{.replica = replica, .probe = core::Probe::kProcess});
  }
  driver_.handle(done, core::ResponseFinished{.request = id, .replica = replica, .outcome = outcome});
  Exchange* still_open = find(id);
  if (!still_open) return;
  if (!still_open->has_client()) {
    remove(*still_open);
  } else if (still_open->is_answered()) {
    tell_end(*still_open);
  }
}

void Ingress::count(ReplicaInfo& info, const Exchange& exchange, core::Outcome outcome) {
  if (outcome == core::Outcome::kAnswered) ++info.answered;
  if (outcome != core::Outcome::kBadAnswer) return;
  const std::string_view problem = exchange.bad_answer();
  const bool is_told = std::ranges::find(info.bad_answers, problem) != info.bad_answers.end();
  if (is_told || info.bad_answers.size() == kMaxToldAnswers) return;
  info.bad_answers.emplace_back(problem);
  events_.answer_refused(exchange.facts().replica, problem);
}

void Ingress::answer_read(Exchange& exchange) { remove(exchange); }

Exchange* Ingress::find(core::RequestId id) {
  const auto slot = slots_.find(id);
  return slot ? exchanges_[*slot].get() : nullptr;
}

// All is known of the request, though a slow client may still read its answer.
void Ingress::tell_end(Exchange& exchange) {
  if (!exchange.mark_end_told()) return;
  const ExchangeFacts& facts = exchange.facts();
  ++counters_.answers_by_class[http::status_class(facts.status)];
  if (!observer_ || !exchange.is_received()) return;
  const bool had_replica = facts.replica_done != core::TimePoint{};
  observer_->request_ended(had_replica ? facts.replica_done : now(loop_), exchange.id(), facts);
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
  if (action.attempt > 1) ++counters_.retries;
  auto upstream = upstreams_.acquire(action.replica, exchange->upstream_handler(), exchange->size_to_send());
  exchange->dispatch(action.replica, std::move(upstream), cold_start_of(*exchange, action.replica), time);
}

void Ingress::carry_out(core::TimePoint, const core::Reject& action) {
  Exchange* exchange = find(action.request);
  if (!exchange || exchange->is_answered()) return;
  ++counters_.rejects[static_cast<std::size_t>(action.reason)];
  exchange->fail(problem_of(action.reason, exchange->bad_answer()), retry_after_field(action.retry_after));
  if (!exchange->has_replica()) remove(*exchange);
}

void Ingress::carry_out(core::TimePoint, const core::CancelOnReplica& action) {
  Exchange* exchange = find(action.request);
  if (exchange && exchange->facts().replica == action.replica) exchange->withdraw(action.how);
}

void Ingress::carry_out(core::TimePoint time, const core::StartReplica& action) {
  ++counters_.replicas_started;
  replicas_[action.replica].started_at = time;
  provider_->start(action.replica);
}

void Ingress::carry_out(core::TimePoint, const core::DrainReplica& action) { provider_->drain(action.replica); }

void Ingress::carry_out(core::TimePoint, const core::StopReplica& action) {
  if (const auto info = replicas_.find(action.replica); info != replicas_.end()) info->second.is_stopping = true;
  provider_->stop(action.replica, action.grace);
}

void Ingress::carry_out(core::TimePoint time, const core::RecordDecision& action) {
  const bool is_default = action.rule == core::kNoRule && options_.settings.scale.rules.empty();
  const std::size_t rule = is_default ? 0 : action.rule;
  if (action.cause == core::DecisionCause::kRule && rule < rules_.size() && !is_observed(rules_[rule].rule.kind)) {
    know(rules_[rule], action.metric, time);
  }
  events_.decided(action);
}

// ---- replicas

void Ingress::replica_ready(core::ReplicaId replica, const ReplicaAddress& address) {
  ReplicaInfo& info = replicas_[replica];
  info.ready_at = now(loop_);
  info.address = address;
  upstreams_.add(replica, address.endpoint);
  if (observer_) observer_->replica_ready(info.ready_at, replica, address);
  events_.replica_became_ready(replica, info);
  driver_.handle(core::ReplicaReady{.replica = replica, .cancels = address.cancels});
}

void Ingress::replica_exited(core::ReplicaId replica, const ReplicaExit& exit) {
  upstreams_.remove(replica);
  if (observer_) observer_->replica_exited(now(loop_), replica, exit);
  const bool was_stopped = replicas_[replica].is_stopping;
  replicas_.erase(replica);
  driver_.handle(core::ReplicaExited{.replica = replica, .kind = exit.kind, .code = exit.code});
  events_.replica_ended(replica, exit, was_stopped);
}

void Ingress::usage_sampled(core::ReplicaId replica, const ReplicaUsage& usage) {
  replicas_[replica].usage = usage;
  events_.replica_used(replica, usage);
  driver_.handle(core::UsageSampled{.replica = replica, .cpu = usage.cpu, .wall = usage.wall, .memory = usage.memory});
}

core::Duration Ingress::cold_start_of(const Exchange& exchange, core::ReplicaId replica) const {
  const auto info = replicas_.find(replica);
  if (info == replicas_.end()) return {};
  const core::TimePoint began = std::max(exchange.facts().arrived, info->second.started_at);
  return std::max(core::Duration::zero(), info->second.ready_at - began);
}

}  // namespace tenfold::live
