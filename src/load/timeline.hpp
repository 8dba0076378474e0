// How a run went over time.
#pragma once

#include <vector>

#include "base/histogram.hpp"
#include "core/time.hpp"

namespace tenfold::load {

// What ended in each of equal spans of the run, at most `kMostSpans` of them: when there would be more, each two become
// one. Belongs to one thread.
class Timeline {
 public:
  static constexpr std::size_t kMostSpans = 240;

  struct Span {
    std::uint64_t failed = 0;
    Histogram times{2};  // of those that were answered
  };

  // A request ended `at` after the run's beginning. `time` counts where it was answered.
  void answered(core::Duration at, core::Duration time) { span_at(at).times.add(time); }
  void failed(core::Duration at) { ++span_at(at).failed; }
  void merge(const Timeline& other);
  // Each two spans become one.
  void halve();

  // How long each span is.
  core::Duration width() const { return width_; }
  // From the run's beginning to the last end.
  const std::vector<Span>& spans() const { return spans_; }

 private:
  Span& span_at(core::Duration at);

  core::Duration width_ = std::chrono::milliseconds{50};
  std::vector<Span> spans_;
};

}  // namespace tenfold::load
