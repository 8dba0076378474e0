// A run's summary as one HTML file, with two charts: how it went over time, and how the times are distributed.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "load/rows.hpp"
#include "load/summary.hpp"
#include "report/page_frame.hpp"
#include "report/svg.hpp"
#include "report/words.hpp"

namespace tenfold::load {

namespace {

using report::Anchor;
using report::Axis;
using report::escape_xml;
using report::Point;
using report::Svg;

constexpr double kWidth = 760;
constexpr double kLeft = 70;
constexpr double kRight = kWidth - 20;
constexpr std::size_t kBodyShown = 600;
// A span of time that is drawn has so many answers in the mean, unless there would be too few spans.
constexpr std::uint64_t kEnough = 10;
constexpr std::size_t kFewestSpans = 40;
// Times further apart than this are not seen side by side on a linear axis.
constexpr double kLinearSpan = 20;

// Percentiles, drawn against how many of the values lie above: each step is as many times fewer.
constexpr auto kPercentiles = std::to_array<double>(
    {0, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999});

double rate_of(const Timeline::Span& span, double width_s) { return static_cast<double>(span.times.count()) / width_s; }

class Charts {
 public:
  explicit Charts(const Result& result) : result_{result} {
    Timeline line = result.timeline;
    while (line.spans().size() > kFewestSpans && result.time.count() < kEnough * line.spans().size()) line.halve();
    spans_ = line.spans();
    width_s_ = core::to_seconds(line.width());
    end_s_ = width_s_ * static_cast<double>(spans_.size());
  }

  std::string over_time() const {
    constexpr double kHeight = 470;
    constexpr double kMiddle = 250;
    Svg svg{kWidth, kHeight, "The run over time", "percentiles of the time to the answer, and answers a second"};
    svg.text("title", {kLeft, 24}, "The run over time");
    Point at{kLeft, 46};
    at = svg.legend("run", at, "median");
    at = svg.legend("cold", at, "p95");
    at = svg.legend("bad", at, "longest");
    const Axis x{.high = end_s_, .low_px = kLeft, .high_px = kRight};
    const Axis seconds{.high = result_.time.max_s() * 1.05, .low_px = kMiddle, .high_px = 64};
    grid(svg, x, seconds, "seconds to the answer");
    bars(svg, x, seconds);
    const Axis rate{.high = most_a_second() * 1.05, .low_px = kHeight - 40, .high_px = kMiddle + 50};
    grid(svg, x, rate, "a second: answered, and in red not answered or wrong");
    counts(svg, x, rate);
    return svg.finish();
  }

  std::string distribution() const {
    constexpr double kHeight = 320;
    Svg svg{kWidth, kHeight, "Time by percentile", "the time at or below which a share of all answers came"};
    svg.text("title", {kLeft, 24}, "Time by percentile");
    const double low = std::max(1e-6, result_.time.min_s() * 0.9);
    const double high = std::max(low * 1.2, result_.time.max_s() * 1.1);
    const bool is_log = high / low > kLinearSpan;
    const Axis y{.low = is_log ? low : 0, .high = high, .low_px = kHeight - 50, .high_px = 60, .is_log = is_log};
    const auto known = std::ranges::count_if(kPercentiles, [this](double each) { return is_known(each); });
    const double last = kPercentiles[static_cast<std::size_t>(std::max<std::ptrdiff_t>(known, 1)) - 1];
    const Axis x{.high = std::max(1.0, place(last) * 1.02), .low_px = kLeft, .high_px = kRight};
    for (const double tick : y.ticks(6)) {
      svg.line("grid", {kLeft, y.at(tick)}, {kRight, y.at(tick)});
      svg.text("small", {kLeft - 6, y.at(tick) + 4}, fmt::format("{:.3g}", tick), Anchor::kEnd);
    }
    for (const double percent : {0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999}) {
      if (place(percent) > x.high) break;
      svg.line("grid", {x.at(place(percent)), 60}, {x.at(place(percent)), kHeight - 50});
      svg.text("small", {x.at(place(percent)), kHeight - 32}, fmt::format("{:g} %", percent), Anchor::kMiddle);
    }
    svg.text("small", {kLeft, 50}, is_log ? "seconds (logarithmic)" : "seconds");
    std::vector<Point> points;
    for (const double percent : kPercentiles) {
      if (is_known(percent)) points.push_back({x.at(place(percent)), y.at(result_.time.quantile_s(percent / 100))});
    }
    svg.path("rline", points);
    return svg.finish();
  }

 private:
  // Nines: 90 % is 1, 99 % is 2.
  static double place(double percent) { return -std::log10(1 - percent / 100); }
  // At least half a value lies above it: beyond that a percentile is the longest time and no more.
  bool is_known(double percent) const { return (1 - percent / 100) * static_cast<double>(result_.time.count()) >= 0.5; }

  double most_a_second() const {
    double most = 0;
    for (const Timeline::Span& span : spans_)
      most = std::max({most, rate_of(span, width_s_), static_cast<double>(span.failed) / width_s_});
    return std::max(most, 1e-9);
  }

  static void grid(Svg& svg, const Axis& x, const Axis& y, std::string_view meaning) {
    for (const double tick : y.ticks(5)) {
      svg.line("grid", {kLeft, y.at(tick)}, {kRight, y.at(tick)});
      svg.text("small", {kLeft - 6, y.at(tick) + 4}, fmt::format("{:.4g}", tick), Anchor::kEnd);
    }
    for (const double tick : x.ticks(8))
      svg.text("small", {x.at(tick), y.low_px + 16}, fmt::format("{:g} s", tick), Anchor::kMiddle);
    svg.text("small", {kRight, y.high_px - 6}, meaning, Anchor::kEnd);
  }

  // From the median up to p95, and a mark at the longest.
  void bars(Svg& svg, const Axis& x, const Axis& y) const {
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      const Histogram& times = spans_[i].times;
      if (times.count() == 0) continue;
      const double left = x.at(width_s_ * static_cast<double>(i));
      const double width = std::max(1.0, x.at(width_s_ * static_cast<double>(i + 1)) - left - 0.5);
      const double p50 = y.at(times.quantile_s(0.5));
      const double p95 = y.at(times.quantile_s(0.95));
      svg.open(fmt::format("{:g} s: {} answered, median {:.3f} s, p95 {:.3f} s, longest {:.3f} s",
                           width_s_ * static_cast<double>(i), times.count(), times.quantile_s(0.5),
                           times.quantile_s(0.95), times.max_s()));
      svg.rect("cold", {.x = left, .y = p95, .width = width, .height = p50 - p95});
      svg.rect("run", {.x = left, .y = p50, .width = width, .height = y.low_px - p50});
      svg.rect("bad", {.x = left, .y = y.at(times.max_s()) - 1, .width = width, .height = 2});
      svg.close();
    }
  }

  void counts(Svg& svg, const Axis& x, const Axis& y) const {
    std::vector<Point> answered;
    std::vector<Point> failed;
    bool has_failed = false;
    for (std::size_t i = 0; i <= spans_.size(); ++i) {
      const Timeline::Span& span = spans_[std::min(i, spans_.size() - 1)];
      const double at = x.at(width_s_ * static_cast<double>(i));
      answered.push_back({at, y.at(rate_of(span, width_s_))});
      failed.push_back({at, y.at(static_cast<double>(span.failed) / width_s_)});
      has_failed = has_failed || span.failed > 0;
    }
    svg.steps("rline", answered);
    if (has_failed) svg.area("bad", failed, y.low_px);
  }

  const Result& result_;
  std::vector<Timeline::Span> spans_;
  double width_s_ = 1;
  double end_s_ = 1;
};

class Page {
 public:
  explicit Page(const Summary& summary) : summary_{summary}, result_{summary.result} {}

  std::string write() {
    add("<h1>{}</h1>\n", escape_xml(summary_.what));
    add("<p>{} sent{}{}. {} answered, {:.1f} a second; the last answer came {:.3f} s after the first request was due. "
        "{} not answered, or wrong.{}</p>\n",
        report::counted(result_.sent, "request"), summary_.how.empty() ? "" : ", ", escape_xml(summary_.how),
        result_.time.count(), result_.rate_per_s(), result_.makespan_s(), result_.failed,
        result_.was_interrupted ? " The run was interrupted." : "");
    verdicts();
    if (result_.time.count() > 0) {
      const Charts charts{result_};
      add("<figure>\n{}</figure>\n<figure>\n{}</figure>\n", charts.over_time(), charts.distribution());
      times();
    }
    counts();
    wrong_answers();
    return report::page_of("Tenfold: load", out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void verdicts() {
    if (summary_.thresholds.empty()) return;
    out_ += "<h2>Thresholds</h2>\n<table><tr><th class=\"words\">fails if</th><th>measured</th><th></th></tr>\n";
    for (const Threshold& threshold : summary_.thresholds) {
      const Verdict verdict = judge(threshold, result_);
      add("<tr><td class=\"words\">{}</td><td>{}</td><td>{}</td></tr>\n", escape_xml(threshold.text),
          value_text(threshold, verdict), verdict.is_crossed ? "crossed" : "kept");
    }
    out_ += "</table>\n";
  }

  void times() {
    const Unit unit = unit_of(result_);
    add("<h2>Times, in {}</h2>\n<table><tr><th class=\"words\"></th>", unit.name);
    for (const Column& column : kColumns) add("<th>{}</th>", column.name);
    out_ += "</tr>\n";
    for (const Row& row : rows_of(result_)) {
      add("<tr><td class=\"words\">{}</td>", row.name);
      for (const Column& column : kColumns) add("<td>{:.3f}</td>", unit.per_second * column.of(*row.times));
      out_ += "</tr>\n";
    }
    out_ += "</table>\n";
  }

  void counts() {
    out_ += "<h2>What became of them</h2>\n<table>";
    const auto row = [this](std::string_view what, std::uint64_t count) {
      add("<tr><td class=\"words\">{}</td><td>{}</td></tr>\n", escape_xml(what), count);
    };
    for (const auto& [status, count] : result_.statuses) row(fmt::format("status {}", status), count);
    for (const auto& [error, count] : result_.errors) row("no answer: " + error, count);
    for (const auto& [difference, count] : result_.failed_expectations) row("wrong: " + difference, count);
    for (const auto& [replica, count] : result_.replicas) row("replica " + replica, count);
    out_ += "</table>\n";
  }

  void wrong_answers() {
    for (const auto& [kind, wrong] : result_.wrong_answers) {
      add("<h2>The first {}</h2>\n<p>{:.3f} s after the beginning, status {}:</p>\n<pre>{}</pre>\n", escape_xml(kind),
          core::to_seconds(wrong.at), wrong.status, escape_xml(shown_body(wrong, kBodyShown)));
    }
  }

  const Summary& summary_;
  const Result& result_;
  std::string out_;
};

}  // namespace

std::string to_html(const Summary& summary) { return Page{summary}.write(); }

}  // namespace tenfold::load
