// Several runs as one page: small multiples on one axis of time. What is measured alike stands below each other.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/moments.hpp"
#include "report/page_frame.hpp"
#include "report/sides.hpp"
#include "report/svg.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// A strip is drawn twice, and the page shows the one that fits: text has the same size in both.
struct Format {
  std::string_view klass;
  double width = 0;
  double height = 0;
  int ticks = 0;
  std::size_t columns = 0;  // of waits
};
constexpr Format kBroad{.klass = "broad", .width = 940, .height = 84, .ticks = 8, .columns = 180};
constexpr Format kNarrow{.klass = "narrow", .width = 366, .height = 70, .ticks = 4, .columns = 72};

constexpr double kLeft = 40;
constexpr double kRight = 16;
constexpr double kTop = 8;
constexpr double kLabels = 22;  // of the axis of time, below

// Requests whose arrivals are spread over less than this part of the run came at once.
constexpr double kLeastSpread = 0.1;

double spread_of(const Burst& burst) {
  const double makespan = burst.makespan_s();
  return makespan > 0 ? seconds(burst.last_arrival - burst.began) / makespan : 0;
}

// What all strips of a kind share: linear, unless the most of one is so much less than that of another that it would
// not be seen.
struct Scale {
  static constexpr double kLinear = 20;

  double high = 0;
  double low = 0;  // above zero: logarithmic from there on
  explicit Scale(double least) : high{least} {}
  // The most of each side.
  Scale(const std::vector<double>& most, double least) : high{least} {
    double smallest = std::numeric_limits<double>::infinity();
    for (const double each : most) {
      high = std::max(high, each);
      if (each > 0) smallest = std::min(smallest, each);
    }
    if (high / smallest > kLinear) low = smallest / kLinear;
  }
  std::string_view words() const { return low > 0 ? " (logarithmic)" : ""; }
};

// One strip: the axes that all strips of its kind share.
class Strip {
 public:
  Strip(const Format& format, double end_s, const Scale& scale, bool has_time, std::string_view title)
      : format_{format},
        time_{.high = end_s, .low_px = kLeft, .high_px = format.width - kRight},
        value_{.low = scale.low,
               .high = scale.high,
               .low_px = format.height - 1,
               .high_px = kTop,
               .is_log = scale.low > 0},
        svg_{format.width, format.height + (has_time ? kLabels : 4), title, "", Colours::kPage, format.klass} {
    grid(has_time);
  }

  Svg& svg() { return svg_; }
  const Axis& time() const { return time_; }
  const Axis& value() const { return value_; }

  // Of counts from one moment to the next, begun at zero and held until `until_s`.
  std::vector<Point> steps(const std::vector<std::pair<double, double>>& counts, double until_s) const {
    std::vector<Point> points{{time_.at(0), value_.at(0)}};
    for (const auto& [at, count] : counts) points.push_back({time_.at(at), value_.at(count)});
    points.push_back({time_.at(until_s), points.back().y});
    return points;
  }

  // Below the axis's line, so that nothing hides it.
  std::string finish() {
    svg_.line("axis", {kLeft, value_.at(0)}, {time_.high_px, value_.at(0)});
    return svg_.finish();
  }

 private:
  void grid(bool has_time) {
    for (const double tick : time_.ticks(format_.ticks)) {
      svg_.line("grid", {time_.at(tick), kTop}, {time_.at(tick), value_.at(0)});
      if (!has_time) continue;
      // The last one stands within the picture.
      const bool is_last = time_.at(tick) > time_.high_px - 14;
      svg_.text("small", {is_last ? time_.high_px + kRight : time_.at(tick), format_.height + 14},
                fmt::format("{:.6g}{}", tick, tick == 0 ? " s" : ""), is_last ? Anchor::kEnd : Anchor::kMiddle);
    }
    for (const double tick : value_.ticks(2)) {
      svg_.line("grid", {kLeft, value_.at(tick)}, {time_.high_px, value_.at(tick)});
      svg_.text("small", {kLeft - 5, value_.at(tick) + 4}, fmt::format("{:.6g}", tick), Anchor::kEnd);
    }
  }

  const Format& format_;
  Axis time_;
  Axis value_;
  Svg svg_;
};

class Page {
 public:
  Page(std::span<const Side> sides, std::span<const Summary> summaries) : sides_{sides}, summaries_{summaries} {
    for (const Side& side : sides) {
      end_s_ = std::max(end_s_, burst_of(side).makespan_s());
      is_spread_ = is_spread_ || spread_of(burst_of(side)) >= kLeastSpread;
    }
  }

  std::string write() {
    out_ += svg_style();
    add("<h1>{} side by side</h1>\n", counted(sides_.size(), "run"));
    for (const Side& side : sides_) introduce(side);
    add("<h2>The numbers</h2>\n<div class=\"wide\">{}</div>\n", to_html_table(summaries_));
    if (sides_.size() > 1) out_ += "<p>* the best of its row. Times are seconds.</p>\n";
    if (sides_.size() == 2) explanations();
    load();
    replicas();
    waits();
    return page_of("Tenfold: side by side", out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  static const Burst& burst_of(const Side& side) { return *side.story.burst; }

  void introduce(const Side& side) {
    add("<p><b>{}</b>: {}.", escape_xml(side.name), escape_xml(headline_of(side.story)));
    for (const std::string& sentence : introduction_of(side.story)) add(" {}", escape_xml(sentence));
    out_ += "</p>\n";
  }

  void explanations() {
    add("<h2>What explains the difference</h2>\n<p>A is {}, B is {}. Each number is measured.</p>\n",
        escape_xml(sides_[0].name), escape_xml(sides_[1].name));
    for (const std::string& line : explain_difference(sides_[0], sides_[1])) add("<p>{}</p>\n", escape_xml(line));
  }

  void key(std::string_view klass, std::string_view meaning) {
    add("<svg class=\"tf\" width=\"11\" height=\"11\" aria-hidden=\"true\"><rect class=\"{}\" width=\"11\" "
        "height=\"11\"/></svg>{}\n",
        klass, meaning);
  }

  void caption(const Side& side, const std::string& said) {
    add("<h3>{} <small>{}</small></h3>\n", escape_xml(side.name), escape_xml(said));
  }

  // No more points than can be told apart: the most within each pixel's share.
  static std::vector<std::pair<double, double>> curve(const Burst& burst, std::uint32_t LoadPoint::* value,
                                                      const Format& format) {
    const std::size_t stride = 1 + burst.load.size() / static_cast<std::size_t>(format.width);
    std::vector<std::pair<double, double>> counts;
    for (std::size_t i = 0; i < burst.load.size(); i += stride) {
      std::uint32_t most = 0;
      for (std::size_t j = i; j < std::min(i + stride, burst.load.size()); ++j)
        most = std::max(most, burst.load[j].*value);
      counts.emplace_back(seconds(burst.load[i].at - burst.began), most);
    }
    return counts;
  }

  void load() {
    std::vector<double> most;
    most.reserve(sides_.size());
    for (const Side& side : sides_) {
      const LoadFacts& load = burst_of(side).load_facts;
      most.push_back(static_cast<double>(std::max(load.deepest_queue, load.most_running)));
    }
    const Scale scale{most, 1};
    add("<h2>What waited and ran{}</h2>\n<p class=\"keys\">", scale.words());
    key("queued", "waiting");
    key("run", "running");
    out_ += "</p>\n";
    for (const Side& side : sides_) {
      const Burst& burst = burst_of(side);
      caption(side, fmt::format("{} waited at most, {} ran at most", burst.load_facts.deepest_queue,
                                burst.load_facts.most_running));
      figure(side, [&](const Format& format, bool is_last) {
        Strip strip{format, end_s_, scale, is_last, side.name + ": what waited and ran"};
        strip.svg().area("queued", strip.steps(curve(burst, &LoadPoint::waiting, format), burst.makespan_s()),
                         strip.value().at(0));
        strip.svg().steps("rline", strip.steps(curve(burst, &LoadPoint::running, format), burst.makespan_s()));
        return strip.finish();
      });
    }
  }

  // The last of a kind has the labels of the axis of time.
  template <class Draw>
  void figure(const Side& side, Draw&& draw) {
    const bool is_last = &side == &sides_.back();
    add("<figure class=\"fit\">\n{}{}</figure>\n", draw(kBroad, is_last), draw(kNarrow, is_last));
  }

  // How many replicas there were while the burst went on, by `height`.
  template <class Height>
  static std::vector<std::pair<double, double>> counts_of(const Side& side, Height&& height) {
    const Burst& burst = burst_of(side);
    std::vector<std::pair<double, double>> counts;
    for (const ReplicaPoint& point : replica_counts(side.story)) {
      if (point.at > burst.ended) break;
      counts.emplace_back(std::max(0.0, seconds(point.at - burst.began)), height(point));
    }
    return counts;
  }

  // Those that decisions asked for, from one to the next. What holds none of a rule leaves what was asked for.
  static std::vector<std::pair<double, double>> wanted_of(const Side& side) {
    const Burst& burst = burst_of(side);
    std::vector<std::pair<double, double>> wanted;
    double held = 0;
    for (const DecisionStory& d : side.story.decisions) {
      if (d.at > burst.ended) break;
      if (d.decision.desired > 0 || d.decision.cause == core::DecisionCause::kRule) held = d.decision.desired;
      if (d.at < burst.began) wanted.clear();
      wanted.emplace_back(std::max(0.0, seconds(d.at - burst.began)), held);
    }
    return wanted;
  }

  static double most_of(const std::vector<std::pair<double, double>>& counts) {
    double most = 0;
    for (const auto& [at, count] : counts) most = std::max(most, count);
    return most;
  }

  void replicas() {
    out_ += "<h2>Replicas</h2>\n<p class=\"keys\">";
    key("ready", "ready");
    key("cold", "starting");
    key("drain", "draining");
    key("flag", "wanted (dashed)");
    out_ += "</p>\n";
    const auto all = [](const ReplicaPoint& p) { return static_cast<double>(p.ready + p.starting + p.draining); };
    const auto ready = [](const ReplicaPoint& p) { return static_cast<double>(p.ready); };
    double most = 1;
    for (const Side& side : sides_) most = std::max({most, most_of(counts_of(side, all)), most_of(wanted_of(side))});
    for (const Side& side : sides_) {
      const double until_s = burst_of(side).makespan_s();
      caption(side, fmt::format("{:g} ready at most", most_of(counts_of(side, ready))));
      figure(side, [&](const Format& format, bool is_last) {
        Strip strip{format, end_s_, Scale{most}, is_last, side.name + ": replicas"};
        const auto stack = [&](std::string_view klass, auto height) {
          strip.svg().area(klass, strip.steps(counts_of(side, height), until_s), strip.value().at(0));
        };
        stack("drain", all);
        stack("cold", [](const ReplicaPoint& p) { return static_cast<double>(p.ready + p.starting); });
        stack("ready", ready);
        const auto wanted = wanted_of(side);
        if (!wanted.empty()) strip.svg().steps("wish", strip.steps(wanted, until_s));
        return strip.finish();
      });
    }
  }

  WaitColumn& column_at(std::vector<WaitColumn>& columns, core::Duration since) const {
    const double place = end_s_ > 0 ? seconds(since) / end_s_ * static_cast<double>(columns.size()) : 0;
    return columns[std::min(columns.size() - 1, static_cast<std::size_t>(std::max(0.0, place)))];
  }

  // Of the requests that arrived within a column's time; or, where they came at once, got their slot then. Of those
  // some are enough.
  std::vector<WaitColumn> columns_of(const Burst& burst, std::size_t count) const {
    std::vector<WaitColumn> columns(count);
    for (std::size_t n = 0; is_spread_ && n < burst.waits.all().size(); ++n)
      column_at(columns, burst.waits.begin_of(n) - burst.began).merge(burst.waits.all()[n]);
    for (std::size_t n = 0; !is_spread_ && n < burst.requests.size(); ++n) {
      const RequestStory& request = burst.requests[n];
      const core::TimePoint until = request.dispatched.value_or(request.ended.value_or(burst.ended));
      WaitColumn& column = column_at(columns, until - burst.began);
      ++column.requests;
      column.waits.add(until - request.arrived);
    }
    return columns;
  }

  void waits() {
    std::vector<double> most;
    most.reserve(sides_.size());
    for (const Side& side : sides_) {
      most.push_back(0);
      for (const auto& column : columns_of(burst_of(side), kBroad.columns))
        most.back() = std::max(most.back(), column.waits.max_s());
    }
    const Scale scale{most, 1e-3};
    add("<h2>How long requests waited{}</h2>\n<p>{}</p>\n<p class=\"keys\">", scale.words(),
        is_spread_ ? "Seconds, over the time at which they arrived."
                   : "They came at once: seconds, over the time at which they got a slot, or left without one.");
    key("half", "half of them");
    key("most", "90 %");
    key("queued", "the longest");
    out_ += "</p>\n";
    for (const Side& side : sides_) {
      const Burst& burst = burst_of(side);
      caption(side, fmt::format("p50 {:.3f} s, p95 {:.3f} s, at most {:.3f} s", burst.wait.p50_s, burst.wait.p95_s,
                                burst.wait.max_s));
      figure(side, [&](const Format& format, bool is_last) {
        Strip strip{format, end_s_, scale, is_last, side.name + ": how long requests waited"};
        wait_columns(strip, columns_of(burst, format.columns));
        return strip.finish();
      });
    }
  }

  void wait_columns(Strip& strip, const std::vector<WaitColumn>& columns) const {
    const double span = end_s_ / static_cast<double>(columns.size());
    for (std::size_t n = 0; n < columns.size(); ++n) {
      const WaitColumn& column = columns[n];
      if (column.requests == 0) continue;
      const double from = span * static_cast<double>(n);
      const double half = column.waits.percentile_s(0.5);
      const double nine_of_ten = column.waits.percentile_s(0.9);
      const double longest = column.waits.max_s();
      strip.svg().open(
          fmt::format("{:.3f} to {:.3f} s: half waited up to {:.3f} s, 90 % up to {:.3f} s, the longest "
                      "{:.3f} s",
                      from, from + span, half, nine_of_ten, longest));
      constexpr double kOverlap = 0.4;  // so that no gap is seen between two
      double below = 0;
      const auto bar = [&](std::string_view klass, double until) {
        if (until <= below) return;
        strip.svg().rect(klass, {.x = strip.time().at(from),
                                 .y = strip.value().at(until),
                                 .width = strip.time().at(from + span) - strip.time().at(from) + kOverlap,
                                 .height = strip.value().at(below) - strip.value().at(until)});
        below = until;
      };
      bar("half", half);
      bar("most", nine_of_ten);
      bar("queued", longest);
      strip.svg().close();
    }
  }

  std::span<const Side> sides_;
  std::span<const Summary> summaries_;
  double end_s_ = 1e-6;     // of the longest
  bool is_spread_ = false;  // arrivals of any of them are
  std::string out_;
};

}  // namespace

std::string to_sides_html(std::span<const Side> sides, std::span<const Summary> summaries) {
  return Page{sides, summaries}.write();
}

}  // namespace tenfold::report
