#include "report/frontier.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "report/svg.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 460;
constexpr double kLeft = 76;
constexpr double kRight = kWidth - 24;
constexpr double kTop = 92;
constexpr double kBottom = kHeight - 56;
// Values further apart than this are not seen side by side on a linear axis.
constexpr double kLinearSpan = 50;
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

// An axis that shows all `values`, none of them at its very top.
Axis axis_for(const std::vector<double>& values, double low_px, double high_px) {
  double high = 0;
  double smallest = std::numeric_limits<double>::infinity();
  for (const double value : values) {
    high = std::max(high, value);
    if (value > 0) smallest = std::min(smallest, value);
  }
  if (high <= 0) return {.low_px = low_px, .high_px = high_px};
  if (high / smallest <= kLinearSpan) return {.high = high * 1.08, .low_px = low_px, .high_px = high_px};
  const double low = std::max(smallest, high / std::pow(10, kDecades));
  return {.low = low / 1.5, .high = high * 1.3, .low_px = low_px, .high_px = high_px, .is_log = true};
}

class Chart {
 public:
  explicit Chart(const Frontier& frontier) : frontier_{frontier} {
    std::vector<double> costs;
    std::vector<double> waits;
    for (const FrontierPoint& point : frontier.points) {
      costs.push_back(point.cost);
      waits.push_back(point.p95_wait_s);
    }
    if (frontier.objective_s) waits.push_back(*frontier.objective_s);
    cost_ = axis_for(costs, kLeft, kRight);
    wait_ = axis_for(waits, kBottom, kTop);
  }

  std::string draw() {
    Svg svg{kWidth, kHeight, frontier_.title, "cost against the 95th percentile of the wait, of every setting tried"};
    svg.text("title", {kLeft, 28}, frontier_.title);
    legend(svg);
    axes(svg);
    objective(svg);
    line(svg);
    for (const FrontierPoint* point : by_cost(frontier_)) dot(svg, *point);
    return svg.finish();
  }

 private:
  static void legend(Svg& svg) {
    Point at{kLeft, 54};
    at = svg.legend("front", at, "frontier: nothing is cheaper and quicker");
    at = svg.legend("other", at, "beaten");
    svg.circle("chosen", {at.x + 4, at.y - 4}, 5);
    svg.text("small", {at.x + 16, at.y}, "chosen");
    svg.circle("today", {at.x + 82, at.y - 4}, 5);
    svg.text("small", {at.x + 94, at.y}, "today");
  }

  void axes(Svg& svg) const {
    for (const double tick : cost_.ticks(7)) {
      svg.line("grid", {cost_.at(tick), kTop}, {cost_.at(tick), kBottom});
      svg.text("small", {cost_.at(tick), kBottom + 18}, fmt::format("{:.4g}", tick), Anchor::kMiddle);
    }
    for (const double tick : wait_.ticks(7)) {
      svg.line("grid", {kLeft, wait_.at(tick)}, {kRight, wait_.at(tick)});
      svg.text("small", {kLeft - 8, wait_.at(tick) + 4}, fmt::format("{:.4g}", tick), Anchor::kEnd);
    }
    svg.line("axis", {kLeft, kBottom}, {kRight, kBottom});
    svg.line("axis", {kLeft, kTop}, {kLeft, kBottom});
    svg.text("", {kRight, kBottom + 40}, fmt::format("cost, {}{}", frontier_.cost_unit, scale(cost_)), Anchor::kEnd);
    svg.text("", {kLeft - 60, kTop - 12}, fmt::format("p95 wait, seconds{}", scale(wait_)));
  }
  static std::string_view scale(const Axis& axis) { return axis.is_log ? " (logarithmic)" : ""; }

  void objective(Svg& svg) const {
    if (!frontier_.objective_s) return;
    const double y = wait_.at(*frontier_.objective_s);
    svg.line("goal", {kLeft, y}, {kRight, y});
    svg.text("goaltext", {kRight, y - 6}, fmt::format("objective: {:g} s", *frontier_.objective_s), Anchor::kEnd);
  }

  // From one setting of the frontier to the next: until the dearer one is paid, the cheaper one's wait holds.
  void line(Svg& svg) const {
    std::vector<Point> points;
    for (const FrontierPoint* point : by_cost(frontier_)) {
      if (point->is_frontier) points.push_back(at(*point));
    }
    svg.steps("frontline", points);
  }

  void dot(Svg& svg, const FrontierPoint& point) const {
    svg.open(fmt::format("{}: {:.4g} {}, p95 wait {:.3f} s", point.settings, point.cost, frontier_.cost_unit,
                         point.p95_wait_s));
    svg.circle(point.is_frontier ? "front" : "other", at(point), point.is_frontier ? 4 : 3);
    if (point.is_chosen) svg.circle("chosen", at(point), 8);
    if (point.is_today) svg.circle("today", at(point), point.is_chosen ? 12 : 8);
    svg.close();
  }

  Point at(const FrontierPoint& point) const { return {cost_.at(point.cost), wait_.at(point.p95_wait_s)}; }

  const Frontier& frontier_;
  Axis cost_;
  Axis wait_;
};

std::string mark(const FrontierPoint& point) {
  if (point.is_chosen && point.is_today) return "chosen, today";
  if (point.is_chosen) return "chosen";
  return point.is_today ? "today" : "";
}

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
    if (!point->is_frontier && !point->is_chosen && !point->is_today) continue;
    const bool is_met = !frontier.objective_s || point->p95_wait_s <= *frontier.objective_s;
    const std::string marked = mark(*point);
    fmt::format_to(std::back_inserter(out), "{:>14.6g}  {:>8.3f} s  {:<9} {}{}\n", point->cost, point->p95_wait_s,
                   is_met ? "" : "too slow", point->settings, marked.empty() ? "" : "  <- " + marked);
  }
  return out;
}

std::string to_svg(const Frontier& frontier) { return Chart{frontier}.draw(); }

}  // namespace tenfold::report
