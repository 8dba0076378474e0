// How long requests waited, over the time at which they arrived: for more requests than can have a row each.
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/scene.hpp"

namespace tenfold::report {

namespace {

constexpr double kHeight = 200;
constexpr double kStrip = 6;  // of failures, above

}  // namespace

bool Bands::are_apt_for(const Burst& burst) {
  // Of what came at once a column would be all; there the order of arrival tells more.
  constexpr std::size_t kMostRows = 300;
  constexpr double kLeastSpread = 0.1;
  const double spread = seconds(burst.last_arrival - burst.began);
  return burst.arrivals > kMostRows && spread >= kLeastSpread * burst.makespan_s();
}

Bands::Bands(const Scene& scene) : scene_{scene} {
  for (const WaitColumn& column : scene.burst.waits.all()) longest_s_ = std::max(longest_s_, column.waits.max_s());
}

double Bands::height() const { return kHeight; }

void Bands::draw(Svg& svg, double top) const {
  const Axis axis{.high = std::max(1e-3, longest_s_), .low_px = top + kHeight, .high_px = top + kStrip};
  for (const double tick : axis.ticks(5)) {
    svg.line("grid", {kChartLeft, axis.at(tick)}, {kChartRight, axis.at(tick)});
    svg.text("small", {kChartLeft - 6, axis.at(tick) + 4}, fmt::format("{:g}", tick), Anchor::kEnd);
  }
  svg.text("", {kChartLeft, top - 6}, "seconds waited, by arrival");
  Point at{kChartLeft + 176, top - 6};
  at = svg.legend("half", at, "half of them");
  at = svg.legend("most", at, "90 %");
  at = svg.legend("queued", at, "the longest");
  svg.legend("cold", at, "for a cold start, on average");
  const std::vector<WaitColumn>& columns = scene_.burst.waits.all();
  for (std::size_t n = 0; n < columns.size(); ++n) {
    if (columns[n].requests > 0) column(svg, n, axis);
  }
}

void Bands::column(Svg& svg, std::size_t n, const Axis& axis) const {
  const WaitColumn& column = scene_.burst.waits.all()[n];
  const core::TimePoint began = scene_.burst.waits.begin_of(n);
  const core::TimePoint ended = began + scene_.burst.waits.width();
  const double x = scene_.x(began);
  const double width = scene_.x(ended) - x;
  const double half_s = column.waits.percentile_s(0.5);
  const double most_s = column.waits.percentile_s(0.9);
  const double cold_s = column.cold_s / static_cast<double>(column.requests);
  svg.open(
      fmt::format("{:.3f} to {:.3f} s: {} arrived; half waited up to {:.3f} s, 90 % up to {:.3f} s, the longest {:.3f} "
                  "s; {} failed, {} left",
                  seconds(began - scene_.burst.began), seconds(ended - scene_.burst.began), column.requests, half_s,
                  most_s, column.waits.max_s(), column.failed, column.left));
  double below = 0;
  const std::array<std::pair<std::string_view, double>, 3> parts{
      {{"half", half_s}, {"most", most_s}, {"queued", column.waits.max_s()}}};
  for (const auto& [klass, until] : parts) {
    if (until > below) {
      svg.rect(klass, {.x = x, .y = axis.at(until), .width = width, .height = axis.at(below) - axis.at(until)});
    }
    below = std::max(below, until);
  }
  if (cold_s > 0)
    svg.rect("cold", {.x = x, .y = axis.at(cold_s), .width = width, .height = axis.at(0) - axis.at(cold_s)});
  const double top = axis.high_px - kStrip;
  if (column.left > 0) svg.rect("left", {.x = x, .y = top, .width = width, .height = kStrip});
  if (column.failed > 0) svg.rect("bad", {.x = x, .y = top, .width = width, .height = kStrip});
  svg.close();
}

}  // namespace tenfold::report
