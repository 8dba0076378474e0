// How values lie in a journal's records: little-endian, fixed width, in the order of their fields.
//
// One place for each struct, `fields`, says which members are written; reading and writing both follow it, so they
// cannot differ. What is there stays as it is: a new member is appended as since<N>, N the next version of all, and
// version_of (journal/format.hpp) gets N for each type of record that holds the struct.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/actions.hpp"
#include "core/checkpoint.hpp"
#include "core/events.hpp"
#include "journal/format.hpp"
#include "journal/notes.hpp"

namespace tenfold::journal {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so are its machines");

// `T` or `const T`.
template <class U, class T>
concept Of = std::same_as<std::remove_const_t<U>, T>;

// Members that records have from version `kVersion` on.
template <std::uint8_t kVersion, class T>
struct Since {
  T& member;
};
template <std::uint8_t kVersion, class... T>
std::tuple<Since<kVersion, T>...> since(T&... members) {
  return {Since<kVersion, T>{members}...};
}

// clang-format off
auto fields(Of<core::RequestArrived> auto& x) { return std::tie(x.request, x.deadline, x.safe_to_repeat, x.klass); }
auto fields(Of<core::RequestCancelled> auto& x) { return std::tie(x.request); }
auto fields(Of<core::ResponseFinished> auto& x) { return std::tie(x.request, x.replica, x.outcome); }
auto fields(Of<core::ReplicaReady> auto& x) { return std::tuple_cat(std::tie(x.replica, x.cancels), since<6>(x.way)); }
auto fields(Of<core::ReplicaExited> auto& x) { return std::tie(x.replica, x.kind, x.code); }
auto fields(Of<core::UsageSampled> auto& x) { return std::tuple_cat(std::tie(x.replica, x.cpu, x.wall, x.memory), since<6>(x.cpu_wait)); }
auto fields(Of<core::TimerDue> auto&) { return std::tie(); }
auto fields(Of<core::ShutdownRequested> auto&) { return std::tie(); }
auto fields(Of<core::ProbeFailed> auto& x) { return std::tie(x.replica, x.probe); }
auto fields(Of<core::MetricObserved> auto& x) { return std::tie(x.rule, x.is_valid, x.value); }
auto fields(Of<core::ConfigChanged> auto& x) { return std::tuple_cat(std::tie(x.settings), since<3>(x.revision)); }

auto fields(Of<core::Dispatch> auto& x) { return std::tie(x.request, x.replica, x.attempt); }
auto fields(Of<core::Reject> auto& x) { return std::tie(x.request, x.reason, x.retry_after); }
auto fields(Of<core::CancelOnReplica> auto& x) { return std::tie(x.request, x.replica, x.how); }
auto fields(Of<core::StartReplica> auto& x) { return std::tuple_cat(std::tie(x.replica), since<3>(x.revision)); }
auto fields(Of<core::DrainReplica> auto& x) { return std::tie(x.replica); }
auto fields(Of<core::StopReplica> auto& x) { return std::tie(x.replica, x.grace); }
auto fields(Of<core::ReserveReplica> auto& x) { return std::tie(x.replica); }
auto fields(Of<core::EnlistReplica> auto& x) { return std::tie(x.replica); }
auto fields(Of<core::Evidence> auto& x) {
  return std::tie(x.panic_since, x.predicted_wait, x.service, x.cold_start, x.arrivals_per_s, x.basis, x.spares, x.hold, x.cpus_per_slot);
}
auto fields(Of<core::RecordDecision> auto& x) {
  return std::tuple_cat(std::tie(x.cause, x.policy, x.rule, x.measures, x.metric, x.target, x.recommended, x.stabilized, x.desired, x.limit,
                                 x.current, x.starts, x.drains, x.failures, x.pause, x.replica, x.slots, x.waiting, x.running, x.evidence),
                        since<3>(x.revision), since<5>(x.enlists, x.reserves));
}

auto fields(Of<core::QueueSettings> auto& x) { return std::tie(x.max_waiting, x.order, x.aging); }
auto fields(Of<core::ReplicaSettings> auto& x) {
  return std::tie(x.concurrency, x.is_concurrency_auto, x.cpu, x.memory, x.start_timeout, x.grace, x.backoff_first, x.backoff_max,
                  x.backoff_reset, x.cancel, x.cancel_grace);
}
auto fields(Of<core::MachineSettings> auto& x) { return std::tie(x.cores); }
auto fields(Of<core::ScaleRule> auto& x) { return std::tie(x.name, x.kind, x.target, x.keep); }
auto fields(Of<core::AcaSettings> auto& x) {
  return std::tie(x.metric, x.evaluation_interval, x.polling_interval, x.cooldown_period, x.scale_down_stabilization);
}
auto fields(Of<core::HpaScalingPolicy> auto& x) { return std::tie(x.type, x.value, x.period); }
auto fields(Of<core::HpaBehavior> auto& x) {
  return std::tie(x.stabilization_window, x.select_policy, x.policies, x.tolerance);
}
auto fields(Of<core::HpaSettings> auto& x) {
  return std::tie(x.sync_period, x.tolerance, x.cpu_initialization_period, x.initial_readiness_delay, x.has_behavior, x.scale_up,
                  x.scale_down);
}
auto fields(Of<core::KnativeSettings> auto& x) {
  return std::tie(x.container_concurrency_target_percentage, x.container_concurrency_target_default,
                  x.requests_per_second_target_default, x.target_burst_capacity, x.stable_window, x.panic_window_percentage,
                  x.panic_threshold_percentage, x.max_scale_up_rate, x.max_scale_down_rate, x.scale_to_zero_grace_period, x.scale_to_zero_pod_retention_period,
                  x.scale_down_delay, x.initial_scale, x.activation_scale, x.tick_interval);
}
auto fields(Of<core::SloSettings> auto& x) { return std::tie(x.target); }
auto fields(Of<core::PerRequestSettings> auto& x) { return std::tie(x.keep_alive); }
auto fields(Of<core::ScaleSettings> auto& x) {
  return std::tuple_cat(std::tie(x.min_replicas, x.max_replicas, x.policy, x.rules, x.aca, x.hpa, x.knative, x.slo, x.per_request),
                        since<5>(x.warm));
}
auto fields(Of<core::Settings> auto& x) { return std::tie(x.queue, x.replica, x.machine, x.scale); }

auto fields(Of<core::RequestRecord> auto& x) {
  return std::tie(x.id, x.state, x.arrived, x.deadline, x.replica, x.dispatched, x.attempts, x.returns,
                  x.was_dispatched, x.safe_to_repeat, x.lost_on, x.cancel_limit,                  x.klass, x.expected, x.deviation, x.rank, x.ticket);
}
auto fields(Of<core::ReplicaRecord> auto& x) {
  return std::tuple_cat(std::tie(x.id, x.state, x.running, x.started, x.since, x.turn, x.suspended_until, x.busy_pause, x.cancels, x.withdrawn, x.stuck, x.is_unready, x.idle_since, x.readiness_changed, x.is_ending, x.busy, x.busy_until, x.busy_sampled,
                                 x.sampled, x.sample_began, x.cpus, x.memory),
                        since<3>(x.revision, x.has_answered), since<5>(x.is_warm));
}
auto fields(Of<core::Recommendation> auto& x) { return std::tie(x.at, x.replicas); }
auto fields(Of<core::AcaRecord> auto& x) {
  return std::tie(x.next_evaluation, x.next_poll, x.window_start, x.window_in_flight, x.window_arrivals, x.poll_start,
                  x.poll_arrivals, x.asked, x.measured, x.seen_in_flight, x.seen_arrivals, x.last_active, x.recommendations);
}
auto fields(Of<core::ScaleChange> auto& x) { return std::tie(x.at, x.change, x.is_outdated); }
auto fields(Of<core::HpaRecord> auto& x) {
  return std::tie(x.next_evaluation, x.window_start, x.window_in_flight, x.window_arrivals, x.count, x.last_active, x.has_begun,
                  x.recommendations, x.ups, x.downs);
}
auto fields(Of<core::WindowRecord> auto& x) { return std::tie(x.has_data, x.first, x.last, x.total, x.seconds); }
auto fields(Of<core::KnativeRecord> auto& x) {
  return std::tie(x.next_evaluation, x.second, x.second_in_flight, x.second_arrivals, x.load, x.arrivals, x.had_ready,
                  x.is_reported_ahead, x.is_poked, x.stable_concurrency,
                  x.panic_concurrency, x.stable_rate, x.panic_rate, x.is_initialized, x.panic_since, x.panic_most, x.delayed,
                  x.desired, x.activity, x.activity_since, x.proxied_since);
}
auto fields(Of<core::RateRecord> auto& x) {
  return std::tie(x.began, x.counted_until, x.horizon_s, x.arrivals, x.recent_arrivals);
}
auto fields(Of<core::HighWaterRecord> auto& x) { return std::tie(x.level, x.peaks); }
auto fields(Of<core::PauseRecord> auto& x) { return std::tie(x.requests, x.late_by_pause, x.bin); }
auto fields(Of<core::Ask> auto& x) { return std::tie(x.rule, x.measures, x.metric, x.target, x.replicas); }
auto fields(Of<core::SloRecord> auto& x) {
  return std::tie(x.next_evaluation, x.rate, x.level, x.enough, x.surge, x.surge_began, x.surge_arrivals, x.pauses, x.worth_holding, x.counted_until, x.arrivals_seen, x.left_queue_seen,
                  x.late_seen, x.waiting_seen, x.rules_due, x.floor, x.stock_seen, x.served, x.late, x.spares, x.stationary);
}
auto fields(Of<core::PerRequestRecord> auto& x) { return std::tie(x.next_evaluation); }
auto fields(Of<core::SignalsRecord> auto& x) {
  return std::tie(x.arrivals, x.dispatched, x.late, x.gone, x.in_flight, x.integrated_until, x.waiting, x.running);
}
auto fields(Of<core::MetricRecord> auto& x) { return std::tie(x.was_observed, x.value, x.at); }
auto fields(Of<core::MomentsRecord> auto& x) { return std::tie(x.count, x.mean, x.square, x.log_mean, x.log_square, x.recent, x.recent_log); }
auto fields(Of<core::HistogramRecord> auto& x) { return std::tie(x.one, x.weights, x.sums_s); }
auto fields(Of<core::TimesRecord> auto& x) {
  return std::tuple_cat(std::tie(x.service, x.spans, x.classes, x.cold_start, x.cpus_per_slot, x.usage_ns),
                        since<6>(x.fork, x.first_fork, x.last_way, x.cpus_wanted, x.most_cpus));
}
auto fields(Of<core::ConcurrencyRecord> auto& x) { return std::tie(x.slots, x.is_measured, x.changed); }
auto fields(Of<core::NewsRecord> auto& x) { return std::tie(x.desired, x.rule, x.limit); }
auto fields(Of<core::BackoffRecord> auto& x) { return std::tie(x.failures, x.pause, x.last_failure); }
auto fields(Of<core::RolloutRecord> auto& x) { return std::tie(x.revision, x.settings, x.backoff); }
auto fields(Of<core::Checkpoint> auto& x) {
  return std::tuple_cat(std::tie(x.settings, x.started, x.shutting_down, x.ever_ready, x.desired, x.next_replica, x.next_turn, x.next_ticket, x.drain_limit,
                  x.backoff, x.signals, x.times, x.metrics, x.concurrency, x.news, x.aca, x.hpa, x.knative, x.slo, x.per_request, x.replicas,
                                 x.waiting, x.running),
                        since<3>(x.revision, x.rollout));
}

auto fields(Of<Step> auto& x) { return std::tie(x.now, x.event, x.actions); }
auto fields(Of<Prices> auto& x) {
  return std::tie(x.currency, x.vcpu_second_active, x.vcpu_second_idle, x.gib_second, x.request, x.free_grants, x.machine_hour, x.machine_cpu);
}
auto fields(Of<ServiceNote> auto& x) {
  return std::tuple_cat(std::tie(x.at, x.version, x.command, x.endpoint), since<4>(x.prices, x.has_cpu, x.has_memory));
}
auto fields(Of<RequestNote> auto& x) { return std::tuple_cat(std::tie(x.at, x.request, x.method, x.target, x.client), since<2>(x.id)); }
auto fields(Of<ClassNote> auto& x) { return std::tie(x.at, x.klass, x.name); }
auto fields(Of<AnswerNote> auto& x) {
  return std::tuple_cat(std::tie(x.at, x.request, x.status, x.request_bytes, x.answer_bytes, x.answer_began, x.cold_start),
                        since<2>(x.opened, x.left_slot));
}
auto fields(Of<ReplicaReadyNote> auto& x) { return std::tie(x.at, x.replica, x.pid, x.endpoint); }
auto fields(Of<ReplicaExitNote> auto& x) { return std::tie(x.at, x.replica, x.description); }
auto fields(Of<ProbeNote> auto& x) { return std::tie(x.at, x.replica, x.why); }
// clang-format on

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

// All that is known.
inline constexpr std::uint8_t kNewest = 255;

class Encoder {
 public:
  // Appends to `out`, which is borrowed, as records of `version` had it.
  explicit Encoder(std::string& out, std::uint8_t version = kNewest) : out_{out}, version_{version} {}

  template <Scalar T>
  void put(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  void put(core::Duration span) { put(span.count()); }
  void put(core::TimePoint time) { put(time.time_since_epoch()); }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  void put(const std::string& text) { put(std::string_view{text}); }
  template <class T>
  void put(const std::vector<T>& items) {
    put(static_cast<std::uint32_t>(items.size()));
    for (const T& item : items) put(item);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  void put(const core::Boxed<T>& value) {
    put(*value);
  }
  template <class... Alternatives>
  void put(const std::variant<Alternatives...>& value) {
    put(static_cast<std::uint8_t>(value.index()));
    std::visit([this](const auto& alternative) { put(alternative); }, value);
  }
  template <std::uint8_t kVersion, class T>
  void put(const Since<kVersion, T>& field) {
    if (version_ >= kVersion) put(field.member);
  }
  template <class T>
    requires requires(const T& value) { fields(value); }
  void put(const T& value) {
    std::apply([this](const auto&... member) { (put(member), ...); }, fields(value));
  }

 private:
  std::string& out_;
  std::uint8_t version_;
};

// Reads what Encoder wrote. Once anything does not fit, `is_good` is false and all further values are zero.
class Decoder {
 public:
  // `bytes` are of a record of `version`: what it had not yet stays as it is.
  explicit Decoder(std::string_view bytes, std::uint8_t version = kNewest) : bytes_{bytes}, version_{version} {}

  bool is_good() const { return is_good_; }
  bool is_at_end() const { return bytes_.empty(); }

  template <Scalar T>
  void get(T& value) {
    if (bytes_.size() < sizeof value) return fail();
    if constexpr (std::same_as<T, bool>) {
      value = bytes_.front() != 0;
    } else {
      std::memcpy(&value, bytes_.data(), sizeof value);
    }
    bytes_.remove_prefix(sizeof value);
  }
  void get(core::Duration& span) {
    core::Duration::rep count = 0;
    get(count);
    span = core::Duration{count};
  }
  void get(core::TimePoint& time) {
    core::Duration since{};
    get(since);
    time = core::TimePoint{since};
  }
  void get(std::string& text) {
    const std::uint32_t size = get_size(1);
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }
  template <class T>
  void get(std::vector<T>& items) {
    const std::uint32_t count = get_size(1);
    items.clear();
    for (std::uint32_t i = 0; i < count && is_good_; ++i) get(items.emplace_back());
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool has_value = false;
    get(has_value);
    value.reset();
    if (has_value) get(value.emplace());
  }
  template <class T>
  void get(core::Boxed<T>& value) {
    get(*value);
  }
  template <class... Alternatives>
  void get(std::variant<Alternatives...>& value) {
    std::uint8_t index = 0;
    get(index);
    if (index >= sizeof...(Alternatives)) return fail();
    std::uint8_t i = 0;
    ((i++ == index ? get(value.template emplace<Alternatives>()) : void()), ...);
  }
  template <std::uint8_t kVersion, class T>
  void get(const Since<kVersion, T>& field) {
    if (version_ >= kVersion) get(field.member);
  }
  template <class T>
    requires requires(T& value) { fields(value); }
  void get(T& value) {
    std::apply([this](auto&&... member) { (get(member), ...); }, fields(value));
  }

 private:
  // A count of things of at least `least` bytes each: never more than there are bytes.
  std::uint32_t get_size(std::size_t least) {
    std::uint32_t count = 0;
    get(count);
    if (count * least > bytes_.size()) fail();
    return is_good_ ? count : 0;
  }
  void fail() {
    is_good_ = false;
    bytes_ = {};
  }

  std::string_view bytes_;
  std::uint8_t version_;
  bool is_good_ = true;
};

}  // namespace tenfold::journal
