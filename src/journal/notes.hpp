// Facts that the core does not need and `explain` does. They stand in the journal beside the steps; replay skips them.
#pragma once

#include <cstdint>
#include <string>

#include "base/prices.hpp"
#include "core/ids.hpp"
#include "core/time.hpp"

namespace tenfold::journal {

// A service came to life.
struct ServiceNote {
  core::TimePoint at{};
  std::string version;   // Tenfold's
  std::string command;   // what the replicas run; of a simulation, what was simulated
  std::string endpoint;  // where clients go; empty in a simulation, where nobody can
  // What the app says of its cost; and whether it says a replica's CPUs and memory, or these are assumed.
  Prices prices;
  bool has_cpu = true;
  bool has_memory = true;
  friend bool operator==(const ServiceNote&, const ServiceNote&) = default;
};

// Longer targets are cut: a journal is no store of queries.
inline constexpr std::size_t kMaxNotedTarget = 256;
inline constexpr std::size_t kMaxNotedId = 128;

// A request arrived.
struct RequestNote {
  core::TimePoint at{};
  core::RequestId request{};
  std::string method;
  std::string target;
  std::string client;
  std::string id;  // its X-Request-Id, that its client gave it or else the service
  friend bool operator==(const RequestNote&, const RequestNote&) = default;
};

// A class of requests got its number.
struct ClassNote {
  core::TimePoint at{};
  core::RequestClass klass{};
  std::string name;  // the path, and after a space what the class's header field said
  friend bool operator==(const ClassNote&, const ClassNote&) = default;
};

// A request ended. When it was dispatched, and where, stands in the steps.
struct AnswerNote {
  core::TimePoint at{};
  core::RequestId request{};
  std::int32_t status = 0;  // sent to the client; 0 if it was gone
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  core::TimePoint answer_began{};
  core::Duration cold_start{};  // of its wait
  core::TimePoint opened{};     // its head was read; until it arrived its client sent its body
  core::TimePoint left_slot{};  // the last one, zero if it had none; from then on its client read
  friend bool operator==(const AnswerNote&, const AnswerNote&) = default;
};

struct ReplicaReadyNote {
  core::TimePoint at{};
  core::ReplicaId replica{};
  std::int64_t pid = 0;
  std::string endpoint;
  friend bool operator==(const ReplicaReadyNote&, const ReplicaReadyNote&) = default;
};

struct ReplicaExitNote {
  core::TimePoint at{};
  core::ReplicaId replica{};
  std::string description;  // "exited with status 1"
  friend bool operator==(const ReplicaExitNote&, const ReplicaExitNote&) = default;
};

// A replica that was ready failed a probe; the step that tells the core follows.
struct ProbeNote {
  core::TimePoint at{};
  core::ReplicaId replica{};
  std::string why;  // "its liveness probe GET /healthz was answered 503, 3 times in a row"
  friend bool operator==(const ProbeNote&, const ProbeNote&) = default;
};

}  // namespace tenfold::journal
