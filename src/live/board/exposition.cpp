#include "live/board/exposition.hpp"

#include <cmath>
#include <iterator>

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
    : format_{format}, app_{fmt::format("app=\"{}\"", escape_label(app))} {}

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
  begin("counter", name, help);
}

void Exposition::histogram(std::string_view name, std::string_view help, const Histogram& histogram) {
  begin("histogram", name, help);
  const std::string bucket = fmt::format("{}_bucket", name);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Histogram::kBoundsS.size(); ++i) {
    below += histogram.counts()[i];
    // OpenMetrics wants its bounds as floating-point numbers: 1.0, not 1.
    const double bound = Histogram::kBoundsS[i];
    const std::string text = std::floor(bound) == bound ? fmt::format("{:.1f}", bound) : fmt::format("{}", bound);
    sample(bucket, {{"le", text}}, static_cast<double>(below));
  }
  sample(bucket, {{"le", "+Inf"}}, static_cast<double>(histogram.count()));
  sample(fmt::format("{}_sum", name), {}, histogram.sum_s());
  sample(fmt::format("{}_count", name), {}, static_cast<double>(histogram.count()));
}

void Exposition::begin(std::string_view type, std::string_view name, std::string_view help) {
  fmt::format_to(std::back_inserter(out_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void Exposition::sample(std::string_view name, std::initializer_list<Label> labels, double value) {
  // Not by a format: of a thousand replicas there are thousands of samples, and requests wait meanwhile.
  out_.append(name).append("{").append(app_);
  for (const auto& [key, text] : labels)
    out_.append(",").append(key).append("=\"").append(escape_label(text)).append("\"");
  out_ += '}';
  append_value(out_, value);
}

std::string Exposition::finish() {
  if (format_ == MetricsFormat::kOpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace tenfold::live
