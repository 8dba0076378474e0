// What a line of an access log tells of a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace tenfold::sim {

// Which moment of a request its logged time is.
enum class Moment : std::uint8_t {
  kArrival,  // it came
  kEnd,      // its answer was sent
  kUnsaid,   // one of the two: the line looks alike in both cases, so all lines together must tell
};

struct LogEntry {
  core::Duration at{};  // since 1970
  // The moment is known no better than to lie within this time from `at` on: a second where the log has whole seconds.
  core::Duration within{};
  Moment moment = Moment::kEnd;
  // From its arrival to its answer's end, and the part of it that the service took, where the log has them.
  std::optional<core::Duration> lasted;
  std::optional<core::Duration> service;
  // What it lasted, as a whole number whose unit the line does not tell.
  std::optional<std::uint64_t> lasted_number;
  // How many there were: of a line of counts.
  std::uint64_t count = 1;
  int status = 0;                // 0: not told
  std::string_view target = {};  // valid until the format reads its next line
};

enum class Reading : std::uint8_t {
  kRequest,
  kOther,     // understood, but no request: a header, another metric, another kind of message
  kReplica,   // of the life of a replica
  kTimeless,  // a request without the time at which it came or ended
  kUnread,
};

}  // namespace tenfold::sim
