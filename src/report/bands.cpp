// How long requests waited, over the time at which they arrived: for more requests than can have a row each.
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/requests.hpp"
#include "report/scene.hpp"

namespace tenfold::report {

namespace {

constexpr double kHeight = 200;
constexpr double kStrip = 6;  // of failures, above
constexpr std::size_t kColumns = 220;

}  // namespace

bool Bands::are_apt_for(const Burst& burst) {
  // Of what came at once a column would be all; there the order of arrival tells more.
  constexpr std::size_t kMostRows = 300;
  constexpr double kLeastSpread = 0.1;
  const double spread = seconds(burst.last_arrival - burst.began);
  return burst.requests.size() > kMostRows && spread >= kLeastSpread * burst.makespan_s();
}

Bands::Bands(const Scene& scene) : scene_{scene} {
  const Burst& burst = scene.burst;
  const double width = burst.makespan_s() / kColumns;
  std::vector<std::vector<double>> waits(kColumns);
  columns_.resize(kColumns);
  for (const RequestStory& request : burst.requests) {
    const double place = width > 0 ? seconds(request.arrived - burst.began) / width : 0;
    const std::size_t n = std::min(kColumns - 1, static_cast<std::size_t>(place));
    Column& column = columns_[n];
    const core::TimePoint until = request.dispatched.value_or(scene.end_of(request));
    waits[n].push_back(seconds(until - request.arrived));
    column.cold_s += seconds(request.cold_start);
    if (has_failed(request)) ++column.failed;
    if (request.end == End::kCancelled) ++column.left;
  }
  for (std::size_t n = 0; n < kColumns; ++n) {
    if (waits[n].empty()) continue;
    std::ranges::sort(waits[n]);
    Column& column = columns_[n];
    column.requests = waits[n].size();
    column.p50_s = rank_of(waits[n], 0.5);
    column.p90_s = rank_of(waits[n], 0.9);
    column.max_s = waits[n].back();
    column.cold_s /= static_cast<double>(column.requests);
    longest_s_ = std::max(longest_s_, column.max_s);
  }
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
  const double width = (kChartRight - kChartLeft) / kColumns;
  for (std::size_t n = 0; n < columns_.size(); ++n) {
    if (columns_[n].requests > 0) column(svg, columns_[n], axis, kChartLeft + width * static_cast<double>(n), width, n);
  }
}

void Bands::column(Svg& svg, const Column& column, const Axis& axis, double x, double width, std::size_t n) const {
  const double span = scene_.burst.makespan_s() / kColumns;
  const auto from = static_cast<double>(n) * span;
  svg.open(fmt::format(
      "{:.3f} to {:.3f} s: {} arrived; half waited up to {:.3f} s, 90 % up to {:.3f} s, the longest {:.3f} "
      "s; {} failed, {} left",
      from, from + span, column.requests, column.p50_s, column.p90_s, column.max_s, column.failed, column.left));
  double below = 0;
  const std::array<std::pair<std::string_view, double>, 3> parts{
      {{"half", column.p50_s}, {"most", column.p90_s}, {"queued", column.max_s}}};
  for (const auto& [klass, until] : parts) {
    if (until > below) {
      svg.rect(klass, {.x = x, .y = axis.at(until), .width = width, .height = axis.at(below) - axis.at(until)});
    }
    below = std::max(below, until);
  }
  if (column.cold_s > 0) {
    svg.rect("cold",
             {.x = x, .y = axis.at(column.cold_s), .width = width, .height = axis.at(0) - axis.at(column.cold_s)});
  }
  const double top = axis.high_px - kStrip;
  if (column.left > 0) svg.rect("left", {.x = x, .y = top, .width = width, .height = kStrip});
  if (column.failed > 0) svg.rect("bad", {.x = x, .y = top, .width = width, .height = kStrip});
  svg.close();
}

}  // namespace tenfold::report
