#include "report/frontier.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/page_frame.hpp"
#include "report/svg.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// The chart for a wide page and for a narrow one: text has the same size in both.
struct Format {
  double width = 0;
  double height = 0;
  double left = 0;
  double top = 0;
  int ticks = 0;

  double right() const { return width - 24; }
  double bottom() const { return height - 56; }
};
constexpr Format kBroad{.width = 760, .height = 460, .left = 76, .top = 92, .ticks = 7};
constexpr Format kOfPage{.width = 760, .height = 430, .left = 76, .top = 58, .ticks = 7};
constexpr Format kNarrow{.width = 366, .height = 370, .left = 56, .top = 82, .ticks = 4};
// Values further apart than this are not seen side by side on a linear axis.
constexpr double kLinearSpan = 50;
// A value below this part of the largest is near zero.
constexpr double kNearZero = 0.1;
constexpr double kMargin = 0.06;
// The decades that a logarithmic axis shows at most; what is smaller, such as no wait at all, lies on its edge.
constexpr double kDecades = 4;

std::vector<const FrontierPoint*> by_cost(const Frontier& frontier) {
  std::vector<const FrontierPoint*> sorted;
  sorted.reserve(frontier.points.size());
  for (const FrontierPoint& point : frontier.points) sorted.push_back(&point);
  std::ranges::stable_sort(sorted, [](const FrontierPoint* a, const FrontierPoint* b) {
    return a->cost != b->cost ? a->cost < b->cost : a->p95_wait_s < b->p95_wait_s;
  });
  return sorted;
}

// An axis that shows all `values`, none of them at its very top; from zero on where one of them is near it.
Axis axis_for(const std::vector<double>& values, double low_px, double high_px) {
  double high = 0;
  double least = std::numeric_limits<double>::infinity();
  double smallest = std::numeric_limits<double>::infinity();
  for (const double value : values) {
    high = std::max(high, value);
    least = std::min(least, value);
    if (value > 0) smallest = std::min(smallest, value);
  }
  if (high <= 0) return {.low_px = low_px, .high_px = high_px};
  if (high / smallest <= kLinearSpan) {
    const double low = least > kNearZero * high ? least - (high - least) * kMargin : 0;
    return {.low = low, .high = high + (high - low) * kMargin, .low_px = low_px, .high_px = high_px};
  }
  const double low = std::max(smallest, high / std::pow(10, kDecades));
  return {.low = low / 1.5, .high = high * 1.3, .low_px = low_px, .high_px = high_px, .is_log = true};
}

class Chart {
 public:
  Chart(const Frontier& frontier, const Format& format) : frontier_{frontier}, format_{format} {
    std::vector<double> costs;
    std::vector<double> waits;
    for (const FrontierPoint& point : frontier.points) {
      costs.push_back(point.cost);
      waits.push_back(point.p95_wait_s);
    }
    if (frontier.objective_s) waits.push_back(*frontier.objective_s);
    cost_ = axis_for(costs, format.left, format.right());
    wait_ = axis_for(waits, format.bottom(), format.top);
  }

  std::string draw() {
    Svg svg = begin(Colours::kOwn, {});
    svg.text("title", {format_.left, 28}, frontier_.title);
    draw_on(svg, 54);
    for (const auto& [place, point] : layered()) {
      svg.open(tip_of(*point));
      dot(svg, *point);
      svg.close();
    }
    return svg.finish();
  }

  // As part of a page that says the title, each dot a link to its row.
  std::string draw_linked(std::string_view klass) {
    Svg svg = begin(Colours::kPage, klass);
    draw_on(svg, 16);
    for (const auto& [place, point] : layered()) {
      svg.open_link(fmt::format("#dot-{}", place), fmt::format("{}. {}", place, tip_of(*point)));
      dot(svg, *point);
      svg.close_link();
    }
    return svg.finish();
  }

 private:
  Svg begin(Colours colours, std::string_view klass) const {
    return Svg{format_.width,   format_.height,
               frontier_.title, "cost against the 95th percentile of the wait, of every setting tried",
               colours,         klass};
  }

  void draw_on(Svg& svg, double legend_y) const {
    legend(svg, legend_y);
    axes(svg);
    objective(svg);
    line(svg);
  }

  // In as many lines as it takes.
  void legend(Svg& svg, double y) const {
    constexpr double kLine = 20;
    Point at{format_.left, y};
    const auto go_on = [&](double width) {
      if (at.x > format_.left && at.x + width > format_.width) at = {format_.left, at.y + kLine};
    };
    constexpr double kSquares = 270;
    go_on(kSquares);
    at = svg.legend("front", at, "frontier: nothing is cheaper and quicker");
    constexpr double kRing = 78;
    go_on(kRing);
    at = svg.legend("other", at, "beaten");
    const auto ring = [&](std::string_view klass, std::string_view meaning) {
      go_on(kRing);
      svg.circle(klass, {at.x + 5, at.y - 4}, 5);
      svg.text("small", {at.x + 16, at.y}, meaning);
      at.x += kRing;
    };
    const auto has = [&](bool FrontierPoint::* mark) { return std::ranges::any_of(frontier_.points, mark); };
    if (has(&FrontierPoint::is_chosen)) ring("chosen", "chosen");
    if (has(&FrontierPoint::is_runner_up)) ring("second", "runner-up");
    if (has(&FrontierPoint::is_today)) ring("today", "today");
  }

  void axes(Svg& svg) const {
    for (const double tick : cost_.ticks(format_.ticks)) {
      svg.line("grid", {cost_.at(tick), format_.top}, {cost_.at(tick), format_.bottom()});
      svg.text("small", {cost_.at(tick), format_.bottom() + 18}, fmt::format("{:.4g}", tick), Anchor::kMiddle);
    }
    for (const double tick : wait_.ticks(format_.ticks)) {
      svg.line("grid", {format_.left, wait_.at(tick)}, {format_.right(), wait_.at(tick)});
      svg.text("small", {format_.left - 8, wait_.at(tick) + 4}, fmt::format("{:.4g}", tick), Anchor::kEnd);
    }
    svg.line("axis", {format_.left, format_.bottom()}, {format_.right(), format_.bottom()});
    svg.line("axis", {format_.left, format_.top}, {format_.left, format_.bottom()});
    svg.text("", {format_.right(), format_.bottom() + 40}, fmt::format("cost, {}{}", frontier_.cost_unit, scale(cost_)),
             Anchor::kEnd);
    svg.text("", {4, format_.top - 12}, fmt::format("p95 wait, seconds{}", scale(wait_)));
  }
  static std::string_view scale(const Axis& axis) { return axis.is_log ? " (logarithmic)" : ""; }

  void objective(Svg& svg) const {
    if (!frontier_.objective_s) return;
    const double y = wait_.at(*frontier_.objective_s);
    svg.line("goal", {format_.left, y}, {format_.right(), y});
    svg.text("goaltext", {format_.right(), y - 6}, fmt::format("objective: {:g} s", *frontier_.objective_s),
             Anchor::kEnd);
  }

  // From one setting of the frontier to the next: until the dearer one is paid, the cheaper one's wait holds.
  void line(Svg& svg) const {
    std::vector<Point> points;
    for (const FrontierPoint* point : by_cost(frontier_)) {
      if (point->is_frontier) points.push_back(at(*point));
    }
    svg.steps("frontline", points);
  }

  // With their places by cost, from 1. What others would cover lies above them: the frontier, and above all what has a
  // ring.
  std::vector<std::pair<std::size_t, const FrontierPoint*>> layered() const {
    std::vector<std::pair<std::size_t, const FrontierPoint*>> points;
    points.reserve(frontier_.points.size());
    for (const FrontierPoint* point : by_cost(frontier_)) points.emplace_back(points.size() + 1, point);
    std::ranges::stable_sort(points, {}, [](const auto& numbered) {
      const FrontierPoint& point = *numbered.second;
      const bool has_ring = point.is_chosen || point.is_runner_up || point.is_today;
      return has_ring ? 2 : point.is_frontier ? 1 : 0;
    });
    return points;
  }

  std::string tip_of(const FrontierPoint& point) const {
    return fmt::format("{}: {:.4g} {}, p95 wait {:.3f} s", point.settings, point.cost, frontier_.cost_unit,
                       point.p95_wait_s);
  }

  void dot(Svg& svg, const FrontierPoint& point) const {
    svg.circle(point.is_frontier ? "front" : "other", at(point), point.is_frontier ? 4 : 3);
    if (point.is_chosen) svg.circle("chosen", at(point), 8);
    if (point.is_runner_up) svg.circle("second", at(point), 8);
    if (point.is_today) svg.circle("today", at(point), point.is_chosen || point.is_runner_up ? 12 : 8);
  }

  Point at(const FrontierPoint& point) const { return {cost_.at(point.cost), wait_.at(point.p95_wait_s)}; }

  const Frontier& frontier_;
  const Format& format_;
  Axis cost_;
  Axis wait_;
};

std::string mark(const FrontierPoint& point) {
  std::vector<std::string_view> marks;
  if (point.is_chosen) marks.emplace_back("chosen");
  if (point.is_runner_up) marks.emplace_back("runner-up");
  if (point.is_today) marks.emplace_back("today");
  return fmt::format("{}", fmt::join(marks, ", "));
}

class Page {
 public:
  explicit Page(const FrontierPage& page) : page_{page}, frontier_{page.frontier} {}

  std::string write() {
    out_ += svg_style();
    add("<h1>{}</h1>\n", escape_xml(frontier_.title));
    for (const FrontierNote& note : page_.notes) {
      add("<p><b>{}</b>: {}.", escape_xml(note.name), escape_xml(note.settings));
      for (const std::string& line : note.lines) add("<br>{}.", escape_xml(line));
      out_ += "</p>\n";
    }
    out_ += "<h2>Cost against wait</h2>\n<p>Each dot is one setting, simulated; it leads to its row below.</p>\n";
    add("<figure class=\"fit\">\n{}{}</figure>\n", Chart{frontier_, kOfPage}.draw_linked("broad"),
        Chart{frontier_, kNarrow}.draw_linked("narrow"));
    table();
    use();
    return page_of("Tenfold: what each setting costs and gives", out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  std::string what(const FrontierPoint& point) const {
    std::string marked = mark(point);
    if (point.is_frontier) return marked.empty() ? "frontier" : marked + "; frontier";
    return marked.empty() ? "beaten" : marked;
  }

  void table() {
    add("<h2>What each dot is</h2>\n<div class=\"wide\"><table class=\"dots\"><tr><th></th><th "
        "class=\"words\">settings</th><th class=\"words\">what</th>"
        "<th>cost, {}</th><th>p95 wait, s</th><th>mean answer, s</th><th>replica-seconds</th></tr>\n",
        escape_xml(frontier_.cost_unit));
    std::size_t number = 0;
    for (const FrontierPoint* point : by_cost(frontier_)) {
      const bool is_marked = point->is_chosen || point->is_today || point->is_runner_up;
      const std::string settings = escape_xml(point->settings);
      add("<tr id=\"dot-{0}\"><td>{0}</td><td class=\"words\">{5}</td><td class=\"words\">{6}</td>"
          "<td>{1:.6g}</td><td>{2:.3f}</td><td>{3:.3f}</td><td>{4:.0f}</td></tr>\n",
          ++number, point->cost, point->p95_wait_s, point->mean_total_s, point->replica_seconds,
          is_marked ? "<b>" + settings + "</b>" : settings, what(*point));
    }
    out_ += "</table></div>\n";
    if (page_.left_out > 0)
      add("<p>{} that refused requests are left out.</p>\n", counted(page_.left_out, "further setting"));
  }

  void use() {
    if (page_.yaml.empty()) return;
    add("<h2>The chosen settings, ready to use</h2>\n<pre>{}</pre>\n", escape_xml(page_.yaml));
    if (!page_.az.empty()) add("<pre>{}</pre>\n", escape_xml(page_.az));
  }

  const FrontierPage& page_;
  const Frontier& frontier_;
  std::string out_;
};

}  // namespace

void mark_frontier(std::vector<FrontierPoint>& points) {
  std::vector<FrontierPoint*> sorted;
  sorted.reserve(points.size());
  for (FrontierPoint& point : points) sorted.push_back(&point);
  std::ranges::stable_sort(sorted, [](const FrontierPoint* a, const FrontierPoint* b) {
    return a->cost != b->cost ? a->cost < b->cost : a->p95_wait_s < b->p95_wait_s;
  });
  double least = std::numeric_limits<double>::infinity();
  for (FrontierPoint* point : sorted) {
    point->is_frontier = point->p95_wait_s < least;
    if (point->is_frontier) least = point->p95_wait_s;
  }
}

std::string to_table(const Frontier& frontier) {
  std::string out = fmt::format("{:>14}  {:>10}  {:<9} {}\n", frontier.cost_unit, "p95 wait", "", "settings");
  for (const FrontierPoint* point : by_cost(frontier)) {
    if (!point->is_frontier && !point->is_chosen && !point->is_today) continue;  // beaten, the runner-up too
    const bool is_met = !frontier.objective_s || point->p95_wait_s <= *frontier.objective_s;
    const std::string marked = mark(*point);
    fmt::format_to(std::back_inserter(out), "{:>14.6g}  {:>8.3f} s  {:<9} {}{}\n", point->cost, point->p95_wait_s,
                   is_met ? "" : "too slow", point->settings, marked.empty() ? "" : "  <- " + marked);
  }
  return out;
}

std::string to_svg(const Frontier& frontier) { return Chart{frontier, kBroad}.draw(); }

std::string to_html(const FrontierPage& page) { return Page{page}.write(); }

}  // namespace tenfold::report
