// Metrics as Prometheus takes them: its own text, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats),
// OpenMetrics 1.0.0 (RFC draft-richih-opsawg-openmetrics), and Protocol Buffers (io.prometheus.client.MetricFamily,
// delimited), which alone have native histograms.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "live/board/histogram.hpp"
#include "live/board/metrics_format.hpp"
#include "live/board/protobuf.hpp"

namespace tenfold::live {

class Exposition {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  // Every sample carries the label `app`.
  Exposition(MetricsFormat format, std::string_view app);

  // A family and its only sample.
  void gauge(std::string_view name, std::string_view help, double value);
  void counter(std::string_view name, std::string_view help, double value);
  void histogram(std::string_view name, std::string_view help, const Histogram& histogram);

  // A family; its samples follow. `name` of a counter ends with _total.
  void begin_gauge(std::string_view name, std::string_view help) { begin(Type::kGauge, name, help); }
  void begin_counter(std::string_view name, std::string_view help);
  void begin_histogram(std::string_view name, std::string_view help) { begin(Type::kHistogram, name, help); }
  void sample(std::string_view name, Labels labels, double value);
  void sample(std::string_view name, Labels labels, const Histogram& histogram);

  // All of it; nothing may follow.
  std::string finish();

 private:
  enum class Type : std::uint8_t { kCounter, kGauge, kHistogram };

  void begin(Type type, std::string_view name, std::string_view help);
  void text_histogram(std::string_view name, Labels labels, const Histogram& histogram);
  // With the bound of a bucket, or without one if it is empty.
  void text_sample(std::string_view name, Labels labels, std::string_view bound, double value);
  void proto_sample(Labels labels, double value);
  void proto_histogram(Labels labels, const Histogram& histogram);
  // The family under way is complete.
  void end_family();

  MetricsFormat format_;
  std::string app_;  // the label with its quotes
  std::string out_;
  // Of Protocol Buffers: a sample is put together in the room of the one before it.
  ProtoMessage app_label_;
  ProtoMessage sample_;
  ProtoMessage part_;
  ProtoMessage family_;
  Type type_ = Type::kGauge;
};

// A label's value between its quotes.
std::string escape_label(std::string_view text);

}  // namespace tenfold::live
