// How values lie in a journal's records: little-endian, fixed width, in the order of their fields.
//
// One place for each struct, `fields`, says which members are written; reading and writing both follow it, so they
// cannot differ. A change here is a change of the format: raise kFormatVersion (journal/format.hpp).
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
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

// clang-format off
auto fields(Of<core::RequestArrived> auto& x) { return std::tie(x.request, x.deadline, x.safe_to_repeat); }
auto fields(Of<core::RequestCancelled> auto& x) { return std::tie(x.request); }
auto fields(Of<core::ResponseFinished> auto& x) { return std::tie(x.request, x.replica, x.outcome); }
auto fields(Of<core::ReplicaReady> auto& x) { return std::tie(x.replica); }
auto fields(Of<core::ReplicaExited> auto& x) { return std::tie(x.replica, x.kind, x.code); }
auto fields(Of<core::UsageSampled> auto& x) { return std::tie(x.replica, x.cpu, x.wall, x.memory); }
auto fields(Of<core::TimerDue> auto&) { return std::tie(); }
auto fields(Of<core::ShutdownRequested> auto&) { return std::tie(); }

auto fields(Of<core::Dispatch> auto& x) { return std::tie(x.request, x.replica, x.attempt); }
auto fields(Of<core::Reject> auto& x) { return std::tie(x.request, x.reason, x.retry_after); }
auto fields(Of<core::CancelOnReplica> auto& x) { return std::tie(x.request, x.replica); }
auto fields(Of<core::StartReplica> auto& x) { return std::tie(x.replica); }
auto fields(Of<core::DrainReplica> auto& x) { return std::tie(x.replica); }
auto fields(Of<core::StopReplica> auto& x) { return std::tie(x.replica, x.grace); }
auto fields(Of<core::RecordDecision> auto& x) {
  return std::tie(x.cause, x.policy, x.metric, x.target, x.recommended, x.stabilized, x.desired, x.current, x.starts,
                  x.drains, x.failures, x.pause, x.waiting, x.running);
}

auto fields(Of<core::QueueSettings> auto& x) { return std::tie(x.max_waiting); }
auto fields(Of<core::ReplicaSettings> auto& x) {
  return std::tie(x.concurrency, x.start_timeout, x.grace, x.backoff_first, x.backoff_max, x.backoff_reset, x.suspension);
}
auto fields(Of<core::AcaSettings> auto& x) {
  return std::tie(x.target_concurrency, x.evaluation_interval, x.scale_down_stabilization);
}
auto fields(Of<core::ScaleSettings> auto& x) { return std::tie(x.min_replicas, x.max_replicas, x.policy, x.aca); }
auto fields(Of<core::Settings> auto& x) { return std::tie(x.queue, x.replica, x.scale); }

auto fields(Of<core::RequestRecord> auto& x) {
  return std::tie(x.id, x.state, x.arrived, x.deadline, x.replica, x.dispatched, x.attempts, x.replicas_lost, x.safe_to_repeat);
}
auto fields(Of<core::ReplicaRecord> auto& x) { return std::tie(x.id, x.state, x.running, x.since, x.turn, x.suspended_until); }
auto fields(Of<core::Recommendation> auto& x) { return std::tie(x.at, x.replicas); }
auto fields(Of<core::AcaRecord> auto& x) {
  return std::tie(x.next_evaluation, x.window_start, x.integrated_until, x.in_flight, x.integral, x.recommendations);
}
auto fields(Of<core::PaceRecord> auto& x) { return std::tie(x.finished, x.service_ns); }
auto fields(Of<core::BackoffRecord> auto& x) { return std::tie(x.failures, x.pause, x.last_failure); }
auto fields(Of<core::Checkpoint> auto& x) {
  return std::tie(x.settings, x.started, x.shutting_down, x.ever_ready, x.desired, x.next_replica, x.next_turn, x.backoff, x.pace,
                  x.aca, x.replicas, x.waiting, x.running);
}

auto fields(Of<Step> auto& x) { return std::tie(x.now, x.event, x.actions); }
auto fields(Of<Gap> auto& x) { return std::tie(x.lost); }
auto fields(Of<ServiceNote> auto& x) { return std::tie(x.at, x.version, x.command, x.endpoint); }
auto fields(Of<RequestNote> auto& x) { return std::tie(x.at, x.request, x.method, x.target, x.client); }
auto fields(Of<AnswerNote> auto& x) {
  return std::tie(x.at, x.request, x.status, x.request_bytes, x.answer_bytes, x.answer_began, x.cold_start);
}
auto fields(Of<ReplicaReadyNote> auto& x) { return std::tie(x.at, x.replica, x.pid, x.endpoint); }
auto fields(Of<ReplicaExitNote> auto& x) { return std::tie(x.at, x.replica, x.description); }
// clang-format on

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class Encoder {
 public:
  // Appends to `out`, which is borrowed.
  explicit Encoder(std::string& out) : out_{out} {}

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
  template <class... Alternatives>
  void put(const std::variant<Alternatives...>& value) {
    put(static_cast<std::uint8_t>(value.index()));
    std::visit([this](const auto& alternative) { put(alternative); }, value);
  }
  template <class T>
    requires requires(const T& value) { fields(value); }
  void put(const T& value) {
    std::apply([this](const auto&... member) { (put(member), ...); }, fields(value));
  }

 private:
  std::string& out_;
};

// Reads what Encoder wrote. Once anything does not fit, `is_good` is false and all further values are zero.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_{bytes} {}

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
  template <class... Alternatives>
  void get(std::variant<Alternatives...>& value) {
    std::uint8_t index = 0;
    get(index);
    if (index >= sizeof...(Alternatives)) return fail();
    std::uint8_t i = 0;
    ((i++ == index ? get(value.template emplace<Alternatives>()) : void()), ...);
  }
  template <class T>
    requires requires(T& value) { fields(value); }
  void get(T& value) {
    std::apply([this](auto&... member) { (get(member), ...); }, fields(value));
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
  bool is_good_ = true;
};

}  // namespace tenfold::journal
