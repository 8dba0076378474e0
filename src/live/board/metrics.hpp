// The board for Prometheus.
#pragma once

#include <optional>
#include <string>

#include "live/board/board.hpp"
#include "live/board/exposition.hpp"
#include "live/board/process_usage.hpp"
#include "live/traces/span_counters.hpp"

namespace tenfold::live {

// What /metrics answers.
struct MetricsSources {
  const Board& board;
  const core::Service& service;
  core::TimePoint now;
  std::string_view app;
  std::uint64_t journal_lost = 0;
  SpanCounters spans{};
  std::optional<ProcessUsage> process;  // nothing: it is left out
};
std::string to_metrics(const MetricsSources& sources, MetricsFormat format);

}  // namespace tenfold::live
