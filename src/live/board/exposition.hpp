// Metrics in the text formats of Prometheus: its own, version 0.0.4 (prometheus.io/docs/instrumenting/
// exposition_formats), and OpenMetrics 1.0.0 (RFC draft-richih-opsawg-openmetrics).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "live/board/histogram.hpp"

namespace tenfold::live {

enum class MetricsFormat : std::uint8_t { kPrometheus, kOpenMetrics };

class Exposition {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  // Every sample carries the label `app`.
  Exposition(MetricsFormat format, std::string_view app);

  // A family and its only sample.
  void gauge(std::string_view name, std::string_view help, double value);
  void counter(std::string_view name, std::string_view help, double value);
  void histogram(std::string_view name, std::string_view help, const Histogram& histogram);

  // A family; its samples follow. `name` of a counter ends with _total.
  void begin_gauge(std::string_view name, std::string_view help) { begin("gauge", name, help); }
  void begin_counter(std::string_view name, std::string_view help);
  void sample(std::string_view name, std::initializer_list<Label> labels, double value);

  // All of it; nothing may follow.
  std::string finish();

 private:
  void begin(std::string_view type, std::string_view name, std::string_view help);

  MetricsFormat format_;
  std::string app_;  // the label with its quotes
  std::string out_;
};

// A label's value between its quotes.
std::string escape_label(std::string_view text);

}  // namespace tenfold::live
