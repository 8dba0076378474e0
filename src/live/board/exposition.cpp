#include "live/board/exposition.hpp"

#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace tenfold::live {

namespace {

constexpr std::string_view kTotal = "_total";

// Counts are whole: they are written without an exponent, which not every reader of these formats takes.
void append_value(std::string& out, double value) {
  constexpr double kWhole = 0x1p53;
  if (std::floor(value) == value && std::abs(value) < kWhole) {
    fmt::format_to(std::back_inserter(out), " {}\n", static_cast<std::int64_t>(value));
  } else {
    fmt::format_to(std::back_inserter(out), " {}\n", value);
  }
}

// Numbers of fields, of github.com/prometheus/client_model's metrics.proto.
namespace family {
constexpr std::uint32_t kName = 1;
constexpr std::uint32_t kHelp = 2;
constexpr std::uint32_t kType = 3;
constexpr std::uint32_t kMetric = 4;
}  // namespace family
namespace metric {
constexpr std::uint32_t kLabel = 1;
constexpr std::uint32_t kGauge = 2;
constexpr std::uint32_t kCounter = 3;
constexpr std::uint32_t kHistogram = 7;
}  // namespace metric
namespace label {
constexpr std::uint32_t kName = 1;
constexpr std::uint32_t kValue = 2;
}  // namespace label
constexpr std::uint32_t kNumberValue = 1;  // of a gauge and of a counter
namespace histogram {
constexpr std::uint32_t kCount = 1;
constexpr std::uint32_t kSum = 2;
constexpr std::uint32_t kBucket = 3;
constexpr std::uint32_t kSchema = 5;
constexpr std::uint32_t kZeroThreshold = 6;
constexpr std::uint32_t kZeroCount = 7;
constexpr std::uint32_t kPositiveSpan = 12;
constexpr std::uint32_t kPositiveDelta = 13;
}  // namespace histogram
namespace bucket {
constexpr std::uint32_t kCumulative = 1;
constexpr std::uint32_t kUpperBound = 2;
}  // namespace bucket
namespace span {
constexpr std::uint32_t kOffset = 1;
constexpr std::uint32_t kLength = 2;
}  // namespace span

std::uint64_t proto_type(bool is_counter, bool is_histogram) {
  constexpr std::uint64_t kCounterType = 0;
  constexpr std::uint64_t kGaugeType = 1;
  constexpr std::uint64_t kHistogramType = 4;
  return is_counter ? kCounterType : is_histogram ? kHistogramType : kGaugeType;
}

void append_label(ProtoMessage& out, std::string_view name, std::string_view value) {
  ProtoMessage made;
  made.text(label::kName, name);
  made.text(label::kValue, value);
  out.message(metric::kLabel, made);
}

void append_span(ProtoMessage& out, int offset, std::size_t length) {
  ProtoMessage made;
  made.signed_number(span::kOffset, offset);
  made.number(span::kLength, length);
  out.message(histogram::kPositiveSpan, made);
}

// Runs of buckets that hold something: each by its distance from the end of the one before, the first from bucket 0;
// and what each holds by its difference from the one before. A histogram without a span would pass for a classic one.
void append_native(ProtoMessage& out, const NativeBuckets& buckets) {
  out.signed_number(histogram::kSchema, NativeBuckets::kSchema);
  out.real(histogram::kZeroThreshold, NativeBuckets::kZeroThreshold);
  out.number(histogram::kZeroCount, buckets.zeros());
  const auto counts = buckets.counts();
  std::string deltas;
  std::int64_t before = 0;
  int run_end = 0;  // as a bucket's number
  for (std::size_t i = 0; i < counts.size();) {
    std::size_t end = i;
    for (; end < counts.size() && counts[end] > 0; ++end) {
      const auto count = static_cast<std::int64_t>(counts[end]);
      ProtoMessage::append_signed(deltas, count - std::exchange(before, count));
    }
    if (end > i) {
      append_span(out, NativeBuckets::kFirst + static_cast<int>(i) - run_end, end - i);
      run_end = NativeBuckets::kFirst + static_cast<int>(end);
    }
    i = end + 1;
  }
  if (deltas.empty()) return append_span(out, 0, 0);
  out.text(histogram::kPositiveDelta, deltas);
}

}  // namespace

std::string escape_label(std::string_view text) {
  if (text.find_first_of("\\\"\n") == std::string_view::npos) return std::string{text};
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string{"\\n"} : std::string{c};
  }
  return out;
}

Exposition::Exposition(MetricsFormat format, std::string_view app)
    : format_{format}, app_{fmt::format("app=\"{}\"", escape_label(app))} {
  append_label(app_label_, "app", app);
}

void Exposition::gauge(std::string_view name, std::string_view help, double value) {
  begin_gauge(name, help);
  sample(name, {}, value);
}

void Exposition::counter(std::string_view name, std::string_view help, double value) {
  begin_counter(name, help);
  sample(name, {}, value);
}

// OpenMetrics names the family, which is without _total.
void Exposition::begin_counter(std::string_view name, std::string_view help) {
  if (format_ == MetricsFormat::kOpenMetrics && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  begin(Type::kCounter, name, help);
}

void Exposition::histogram(std::string_view name, std::string_view help, const Histogram& histogram) {
  begin_histogram(name, help);
  sample(name, {}, histogram);
}

void Exposition::sample(std::string_view name, Labels labels, const Histogram& histogram) {
  if (format_ == MetricsFormat::kProtobuf) {
    proto_histogram(labels, histogram);
  } else {
    text_histogram(name, labels, histogram);
  }
}

void Exposition::text_histogram(std::string_view name, Labels labels, const Histogram& histogram) {
  const std::string bucket = fmt::format("{}_bucket", name);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Histogram::kBoundsS.size(); ++i) {
    below += histogram.counts()[i];
    // OpenMetrics wants its bounds as floating-point numbers: 1.0, not 1.
    const double bound = Histogram::kBoundsS[i];
    const std::string text = std::floor(bound) == bound ? fmt::format("{:.1f}", bound) : fmt::format("{}", bound);
    text_sample(bucket, labels, text, static_cast<double>(below));
  }
  text_sample(bucket, labels, "+Inf", static_cast<double>(histogram.count()));
  text_sample(fmt::format("{}_sum", name), labels, "", histogram.sum_s());
  text_sample(fmt::format("{}_count", name), labels, "", static_cast<double>(histogram.count()));
}

void Exposition::begin(Type type, std::string_view name, std::string_view help) {
  if (format_ == MetricsFormat::kProtobuf) {
    end_family();
    type_ = type;
    family_.text(family::kName, name);
    family_.text(family::kHelp, help);
    family_.number(family::kType, proto_type(type == Type::kCounter, type == Type::kHistogram));
    return;
  }
  const std::string_view word = type == Type::kCounter ? "counter" : type == Type::kGauge ? "gauge" : "histogram";
  fmt::format_to(std::back_inserter(out_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, word, help);
}

void Exposition::sample(std::string_view name, Labels labels, double value) {
  if (format_ == MetricsFormat::kProtobuf) return proto_sample(labels, value);
  text_sample(name, labels, "", value);
}

void Exposition::text_sample(std::string_view name, Labels labels, std::string_view bound, double value) {
  // Not by a format: of a thousand replicas there are thousands of samples, and requests wait meanwhile.
  out_.append(name).append("{").append(app_);
  for (const auto& [key, text] : labels)
    out_.append(",").append(key).append("=\"").append(escape_label(text)).append("\"");
  if (!bound.empty()) out_.append(",le=\"").append(bound).append("\"");
  out_ += '}';
  append_value(out_, value);
}

void Exposition::proto_sample(Labels labels, double value) {
  sample_ = app_label_;
  for (const auto& [name, text] : labels) append_label(sample_, name, text);
  part_.clear();
  part_.real(kNumberValue, value);
  sample_.message(type_ == Type::kCounter ? metric::kCounter : metric::kGauge, part_);
  family_.message(family::kMetric, sample_);
}

// Both kinds of buckets: who does not take native ones takes the classic.
void Exposition::proto_histogram(Labels labels, const Histogram& histogram) {
  ProtoMessage counts;
  counts.number(histogram::kCount, histogram.count());
  counts.real(histogram::kSum, histogram.sum_s());
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Histogram::kBoundsS.size(); ++i) {
    below += histogram.counts()[i];
    ProtoMessage bucket;
    bucket.number(bucket::kCumulative, below);
    bucket.real(bucket::kUpperBound, Histogram::kBoundsS[i]);
    counts.message(histogram::kBucket, bucket);
  }
  append_native(counts, histogram.native());
  sample_ = app_label_;
  for (const auto& [name, text] : labels) append_label(sample_, name, text);
  sample_.message(metric::kHistogram, counts);
  family_.message(family::kMetric, sample_);
}

void Exposition::end_family() {
  if (!family_.is_empty()) family_.append_delimited(out_);
  family_.clear();
}

std::string Exposition::finish() {
  end_family();
  if (format_ == MetricsFormat::kOpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace tenfold::live
