// Sends spans to a collector, in batches, and never makes anybody wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "http/loop.hpp"
#include "live/traces/contexts.hpp"
#include "live/traces/otlp.hpp"
#include "live/traces/span_counters.hpp"

namespace tenfold::live {

struct CollectorAnswer {
  int status = 0;
  std::string body;
  std::optional<core::Duration> retry_after;
};

// Where spans go.
class Collector {
 public:
  // The error is a clause about the collector: "it did not answer within 10 s".
  using Done = std::function<void(const std::expected<CollectorAnswer, std::string>& answer)>;

  virtual ~Collector() = default;
  // Calls `done` once, from the loop. Not while one is under way.
  virtual void post(std::string body, Done done) = 0;
};

struct ExporterOptions {
  std::string url;  // for people
  OtlpFrame frame;
  // Says a sentence: that spans are lost and why, at most once a minute, and that they arrive again.
  std::function<void(const std::string& sentence)> say;
  RandomBits random;
};

// One batch is under way at a time, and what waits is bounded: what does not fit is dropped and counted. A batch that
// the collector could not take now is sent again, as OTLP has it (429, 502, 503, 504, and when it is not there), after
// the time that it asks for or a growing one, for a minute.
//
// Lives on the loop's thread.
class Exporter {
 public:
  // In bytes, and what one request adds to it.
  static constexpr std::size_t kMostWaiting = std::size_t{4} << 20;
  static constexpr std::size_t kBatch = std::size_t{128} << 10;
  static constexpr core::Duration kDelay = std::chrono::seconds{1};
  static constexpr core::Duration kFirstBackoff = std::chrono::seconds{1};
  static constexpr core::Duration kLongestBackoff = std::chrono::seconds{30};
  static constexpr core::Duration kGiveUpAfter = std::chrono::minutes{1};
  static constexpr core::Duration kLongestPause = std::chrono::minutes{10};  // whatever the collector asks for
  static constexpr core::Duration kBetweenLines = std::chrono::minutes{1};
  static constexpr core::Duration kLastTry = std::chrono::seconds{1};

  // `collector` outlives it.
  Exporter(http::Loop& loop, Collector& collector, ExporterOptions options);

  // Whether there is room for more; where there is not, who has spans need not encode them.
  bool has_room() const { return waiting_ < kMostWaiting; }
  // Some spans, encoded, with commas between them.
  void add(std::string_view spans, std::size_t count);
  // Spans for which there was no room.
  void drop(std::size_t count);
  const SpanCounters& counters() const { return counters_; }

  // Sends what there is, for kLastTry at most, then calls `done`, maybe from within.
  void finish(http::Loop::Task done);

 private:
  struct Batch {
    std::string spans;
    std::size_t count = 0;
  };

  void send_in(core::Duration time);
  void send();
  void take(const std::expected<CollectorAnswer, std::string>& answer);
  void take_success(const CollectorAnswer& answer);
  void try_again(const std::string& trouble, std::optional<core::Duration> after);
  void pop();
  void go_on();
  void tell_trouble(const std::string& trouble);
  void tell(const std::string& sentence);
  bool may_tell() const;
  void end();

  http::Loop& loop_;
  Collector& collector_;
  ExporterOptions options_;
  http::Timer timer_;  // of the next batch
  http::Timer end_timer_;
  std::deque<Batch> batches_;  // the first one is under way or next, the last one is filled
  std::size_t waiting_ = 0;    // bytes in them
  bool is_under_way_ = false;
  bool is_paused_ = false;  // the collector could not take what is next
  core::Duration backoff_ = kFirstBackoff;
  core::TimePoint first_tried_{};  // what is next; zero: it was not
  std::optional<core::TimePoint> told_;
  bool is_troubled_ = false;  // and it was told
  std::uint64_t lost_when_told_ = 0;
  SpanCounters counters_;
  http::Loop::Task done_;
};

}  // namespace tenfold::live
