// What became of the requests of a run.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/histogram.hpp"
#include "core/time.hpp"
#include "load/server_timing.hpp"
#include "load/timeline.hpp"

namespace tenfold::load {

// What a request's time consists of. All but the first are told by a server that is Tenfold.
enum class Part : std::uint8_t {
  kLate,       // from when it should have been sent until it was: no connection was free, or this program was busy
  kNetwork,    // what the others leave of the time from sent to answered
  kQueue,      // waited for a slot
  kColdStart,  // waited for a replica that was starting
  kSolve,      // in a slot
};
inline constexpr std::size_t kParts = 5;
// "late", "network", "queue", "coldstart", "solve".
std::string_view to_word(Part part);

// The first wrong answer of its kind.
struct WrongAnswer {
  core::Duration at{};  // since the run's beginning
  int status = 0;
  std::string body;  // its beginning
};

// One request that ended. Times are since the run's beginning.
struct Ended {
  core::Duration due{};   // when it should have been sent
  core::Duration sent{};  // when it was
  core::Duration at{};
  bool was_sent = true;
  int status = 0;                             // 0: it was not answered
  std::string_view error;                     // why there was no answer
  std::string_view replica;                   // X-Tenfold-Replica, if it was sent
  std::optional<std::string> difference;      // to what was expected of it
  std::string_view body;                      // kept of wrong answers; may be empty of right ones
  std::optional<ServerTiming> server_timing;  // if it was sent
};

// Counts and times; not of requests of the warm-up. Belongs to one thread.
struct Result {
  // Bytes of a wrong answer's body that are kept.
  static constexpr std::size_t kBodyKept = 1024;

  std::uint64_t sent = 0;     // the others waited for a connection until their time was over
  std::uint64_t warm_up = 0;  // requests that belong to the warm-up and count nowhere else
  std::map<int, std::uint64_t> statuses;
  std::map<std::string, std::uint64_t, std::less<>> errors;               // no answer, by why
  std::map<std::string, std::uint64_t, std::less<>> failed_expectations;  // by what was different
  std::map<std::string, std::uint64_t, std::less<>> replicas;             // by X-Tenfold-Replica, where it is sent
  std::map<std::string, WrongAnswer, std::less<>> wrong_answers;          // by status, or by what was different
  std::uint64_t failed = 0;                                               // not answered, not 2xx, or not as expected
  Histogram time;  // of each that was answered: from when it should have been sent to the answer's last byte
  std::array<Histogram, kParts> parts;
  Timeline timeline;
  std::uint64_t bytes_sent = 0;      // heads and bodies of requests
  std::uint64_t bytes_received = 0;  // bodies of answers
  core::Duration first_due = core::Duration::max();
  core::Duration last_answer{};
  bool was_interrupted = false;

  void add(const Ended& ended);
  void merge(const Result& other);

  // From when the first request should have been sent to the last answer's last byte.
  double makespan_s() const;
  // Answers a second over the makespan; zero if there are none.
  double rate_per_s() const;
  // Requests that ended, answered or not.
  std::uint64_t requests() const;
  // Every request was answered 2xx and as expected.
  bool is_good() const { return failed == 0 && !was_interrupted; }

 private:
  void add_answer(const Ended& ended);
  void add_times(const Ended& ended);
  void keep_wrong(const std::string& kind, const Ended& ended);
};

}  // namespace tenfold::load
