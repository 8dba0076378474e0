// The chart of a story: panels below each other over one axis of time. First the requests in the order of their
// arrival, then each replica's life with what it served, then what waited and ran, then how many replicas there were.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "report/decision_effect.hpp"
#include "report/moments.hpp"
#include "report/scene.hpp"

namespace tenfold::report {

namespace {

constexpr std::size_t kMostPoints = 1600;  // of a line: two for each pixel
constexpr double kHead = 56;               // and a line for each of the subtitle's
constexpr double kLine = 16;
constexpr std::size_t kSubtitle = 140;  // characters in a line
constexpr std::ptrdiff_t kManyFlags = 200;
constexpr double kApart = 8;  // many flags, in pixels
constexpr double kGap = 38;   // between panels, with the lower one's name in it
constexpr double kCounts = 90;
constexpr double kMark = 4;  // the width of an end that came while the request waited

// Where the bars of a request end: the moments of its life on the axis of time.
struct Bars {
  core::TimePoint arrived{};
  core::TimePoint cold_from{};
  core::TimePoint cold_until{};
  core::TimePoint dispatched{};
  core::TimePoint ended{};
};

class Chart {
 public:
  Chart(const Story& story, const Burst& burst)
      : scene_{story,
               burst,
               {.high = std::max(1e-6, burst.makespan_s()), .low_px = kChartLeft, .high_px = kChartRight}},
        has_bands_{Bands::are_apt_for(burst)},
        bands_{scene_},
        lanes_{scene_} {
    for (const ReplicaStory& replica : story.replicas) replicas_[replica.id] = &replica;
  }
  Chart(const Chart&) = delete;  // the lanes look at the scene
  Chart& operator=(const Chart&) = delete;

  std::string draw() {
    const double requests_height =
        has_bands_ ? bands_.height() : std::clamp(static_cast<double>(rows()) * 3, 60.0, 420.0);
    const std::vector<std::string> subtitle = subtitle_lines();
    const double head = kHead + kLine * static_cast<double>(subtitle.size());
    const double requests_y = head + 22;
    const double lanes_y = requests_y + requests_height + kGap;
    const double load_y = lanes_y + lanes_.height() + kGap;
    const double counts_y = load_y + kCounts + kGap;
    const double bottom = counts_y + kCounts;

    Svg svg{kChartWidth, bottom + 46, title(), headline_of(scene_.story)};
    svg.text("title", {kChartLeft, 26}, title());
    for (std::size_t i = 0; i < subtitle.size(); ++i)
      svg.text("small", {kChartLeft, 44 + kLine * static_cast<double>(i)}, subtitle[i]);
    legend(svg, head);
    grid(svg, requests_y, requests_height);
    grid(svg, lanes_y, lanes_.height());
    grid(svg, load_y, kCounts);
    grid(svg, counts_y, kCounts);
    if (has_bands_) {
      bands_.draw(svg, requests_y);
    } else {
      requests(svg, requests_y, requests_height);
    }
    lanes_.draw(svg, lanes_y);
    load(svg, load_y);
    counts(svg, counts_y);
    flags(svg, counts_y);
    time_axis(svg, bottom);
    return svg.finish();
  }

 private:
  std::size_t rows() const { return scene_.burst.requests.size(); }
  static std::string title() { return "Who waited, how long, and why"; }

  std::string subtitle() const {
    std::string text =
        scene_.story.origin == Origin::kSimulation ? "simulated: " + scene_.story.command : scene_.story.command;
    return fmt::format("{}{}{}; wait p95 {:.3f} s, makespan {:.3f} s, {:.2f} replica-seconds", text,
                       text.empty() ? "" : ", ", headline_of(scene_.story), scene_.burst.wait.p95_s,
                       scene_.burst.makespan_s(), scene_.story.replica_seconds);
  }

  // All of it, in as many lines as it takes.
  std::vector<std::string> subtitle_lines() const {
    std::vector<std::string> lines;
    const std::string text = wrapped(subtitle(), kSubtitle, 0);
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }

  static void legend(Svg& svg, double y) {
    Point at{kChartLeft, y - 4};
    at = svg.legend("queued", at, "queued");
    at = svg.legend("cold", at, "cold start");
    at = svg.legend("run", at, "running");
    at = svg.legend("bad", at, "refused or failed");
    at = svg.legend("left", at, "client left");
    at = svg.legend("life", at, "replica idle");
    svg.legend("drain", at, "draining");
  }

  void grid(Svg& svg, double y, double height) const {
    for (const double tick : scene_.time.ticks(8))
      svg.line("grid", {scene_.time.at(tick), y}, {scene_.time.at(tick), y + height});
    svg.line("axis", {kChartLeft, y + height}, {kChartRight, y + height});
  }

  void time_axis(Svg& svg, double y) const {
    for (const double tick : scene_.time.ticks(8)) {
      svg.line("axis", {scene_.time.at(tick), y}, {scene_.time.at(tick), y + 4});
      svg.text("small", {scene_.time.at(tick), y + 18}, fmt::format("{:.6g}", tick), Anchor::kMiddle);
    }
    svg.text("small", {kChartRight, y + 36}, "seconds since the first arrival", Anchor::kEnd);
  }

  Bars bars_of(const RequestStory& request) const {
    const core::TimePoint ended = request.ended.value_or(scene_.story.ended);
    Bars bars{.arrived = request.arrived, .dispatched = request.dispatched.value_or(ended), .ended = ended};
    bars.cold_from = bars.cold_until = bars.dispatched;
    if (request.cold_start <= core::Duration::zero() || !request.dispatched) return bars;
    const auto replica = replicas_.find(request.replica);
    if (replica != replicas_.end() && replica->second->ready) bars.cold_until = *replica->second->ready;
    bars.cold_until = std::clamp(bars.cold_until, bars.arrived, bars.dispatched);
    bars.cold_from = std::max(bars.arrived, bars.cold_until - request.cold_start);
    return bars;
  }

  static std::string tip_of(const RequestStory& request, const Bars& bars) {
    std::string text =
        fmt::format("request {}: waited {}", core::to_number(request.id), span_text(bars.dispatched - bars.arrived));
    if (request.dispatched) {
      text += fmt::format(", ran {} on replica {}", span_text(bars.ended - bars.dispatched),
                          core::to_number(request.replica));
    }
    return request.status == 0 ? text : fmt::format("{}, status {}", text, request.status);
  }

  void requests(Svg& svg, double top, double height) const {
    std::string name = "requests, in the order of their arrival";
    const Burst& burst = scene_.burst;
    if (burst.stride > 1) name += fmt::format(" (one of each {} is drawn, of {})", burst.stride, burst.arrivals);
    svg.text("", {kChartLeft, top - 6}, name);
    const std::size_t count = rows();
    const double row = height / static_cast<double>(count);
    svg.text("small", {kChartLeft - 6, top + 10}, "1", Anchor::kEnd);
    if (burst.arrivals > 1)
      svg.text("small", {kChartLeft - 6, top + height}, fmt::format("{}", burst.arrivals), Anchor::kEnd);
    for (std::size_t i = 0; i < count; ++i) {
      request(svg, burst.requests[i], top + row * static_cast<double>(i), row > 2.5 ? std::min(row - 1, 12.0) : row);
    }
  }

  void request(Svg& svg, const RequestStory& request, double y, double height) const {
    const Bars bars = bars_of(request);
    svg.open(tip_of(request, bars));
    if (bars.cold_from > bars.arrived) scene_.bar(svg, "queued", bars.arrived, bars.cold_from, y, height);
    if (bars.cold_until > bars.cold_from) scene_.bar(svg, "cold", bars.cold_from, bars.cold_until, y, height);
    if (bars.dispatched > bars.cold_until) scene_.bar(svg, "queued", bars.cold_until, bars.dispatched, y, height);
    if (request.dispatched) {
      scene_.bar(svg, Scene::end_class(request), bars.dispatched, bars.ended, y, height);
    } else if (request.end != End::kOpen) {
      svg.rect(Scene::end_class(request),
               {.x = scene_.x(bars.ended) - kMark / 2, .y = y, .width = kMark, .height = height});
    }
    svg.close();
  }

  // A count's axis: from zero, labelled at its top and at its middle.
  static Axis count_axis(Svg& svg, double top, std::uint32_t most) {
    const Axis axis{.high = std::max(1.0, static_cast<double>(most)), .low_px = top + kCounts, .high_px = top};
    for (const double tick : axis.ticks(3)) {
      if (tick != std::floor(tick)) continue;
      svg.line("grid", {kChartLeft, axis.at(tick)}, {kChartRight, axis.at(tick)});
      svg.text("small", {kChartLeft - 6, axis.at(tick) + 4}, fmt::format("{:g}", tick), Anchor::kEnd);
    }
    return axis;
  }

  // The points of a count over the burst; of very many, the most within each pixel's share.
  std::vector<Point> curve(std::uint32_t LoadPoint::* value, const Axis& axis) const {
    const std::size_t stride = (scene_.burst.load.size() + kMostPoints - 1) / kMostPoints;
    std::vector<Point> points{{kChartLeft, axis.at(0)}};
    for (std::size_t i = 0; i < scene_.burst.load.size(); i += stride) {
      std::uint32_t most = 0;
      for (std::size_t j = i; j < std::min(i + stride, scene_.burst.load.size()); ++j) {
        most = std::max(most, scene_.burst.load[j].*value);
      }
      points.push_back({scene_.x(scene_.burst.load[i].at), axis.at(most)});
    }
    points.push_back({kChartRight, points.back().y});
    return points;
  }

  void load(Svg& svg, double top) const {
    const LoadFacts& facts = scene_.burst.load_facts;
    const Axis axis = count_axis(svg, top, std::max(facts.deepest_queue, facts.most_running));
    svg.steps("wline", curve(&LoadPoint::waiting, axis));
    svg.steps("rline", curve(&LoadPoint::running, axis));
    svg.text("", {kChartLeft, top - 6}, "requests");
    Point at{kChartLeft + 76, top - 6};
    at = svg.legend("wfill", at, fmt::format("waiting, {} at most", facts.deepest_queue));
    svg.legend("run", at, fmt::format("running, {} at most", facts.most_running));
  }

  void counts(Svg& svg, double top) const {
    const std::vector<ReplicaPoint> all = replica_counts(scene_.story);
    std::uint32_t most = 0;
    for (const ReplicaPoint& p : all) {
      if (p.at <= scene_.burst.ended) most = std::max(most, p.starting + p.ready + p.draining);
    }
    for (const DecisionStory& d : scene_.story.decisions) {
      if (is_shown(d)) most = std::max(most, d.decision.desired);
    }
    const Axis axis = count_axis(svg, top, most);
    const auto stack = [&](std::string_view klass, auto height) {
      std::vector<Point> points{{kChartLeft, axis.at(0)}};
      for (const ReplicaPoint& p : all) {
        if (p.at > scene_.burst.ended) break;
        points.push_back({scene_.x(std::max(p.at, scene_.burst.began)), axis.at(height(p))});
      }
      points.push_back({kChartRight, points.back().y});
      svg.area(klass, points, axis.at(0));
    };
    stack("drain", [](const ReplicaPoint& p) { return p.ready + p.starting + p.draining; });
    stack("cold", [](const ReplicaPoint& p) { return p.ready + p.starting; });
    stack("ready", [](const ReplicaPoint& p) { return p.ready; });
    svg.text("", {kChartLeft, top - 6}, "replicas");
    Point at{kChartLeft + 76, top - 6};
    at = svg.legend("ready", at, "ready");
    at = svg.legend("cold", at, "starting");
    at = svg.legend("drain", at, "draining");
    svg.legend("flag", at, "wanted, and the decisions");
    wished(svg, axis);
  }

  bool is_shown(const DecisionStory& d) const { return d.at >= scene_.burst.began && d.at <= scene_.burst.ended; }

  // What was wanted, as a line over what there was.
  void wished(Svg& svg, const Axis& axis) const {
    std::vector<Point> points;
    double held = 0;
    for (const DecisionStory& d : scene_.story.decisions) {
      if (d.at > scene_.burst.ended) break;
      if (is_shown(d) && points.empty()) points.push_back({kChartLeft, axis.at(held)});
      held = d.decision.desired > 0 || d.decision.cause == core::DecisionCause::kRule ? d.decision.desired : held;
      if (is_shown(d)) points.push_back({scene_.x(d.at), axis.at(held)});
    }
    if (points.empty() && held > 0) points.push_back({kChartLeft, axis.at(held)});
    if (points.empty()) return;
    points.push_back({kChartRight, points.back().y});
    svg.steps("wish", points);
  }

  // Decisions that changed something: a mark each, whose sentence shows when the pointer rests on it.
  void flags(Svg& svg, double top) const {
    constexpr double kRadius = 4;
    const auto is_flag = [this](const DecisionStory& d) { return is_shown(d) && changes_count(d.decision); };
    const bool are_many = std::ranges::count_if(scene_.story.decisions, is_flag) > kManyFlags;
    double next = kChartLeft;
    for (const DecisionStory& d : scene_.story.decisions) {
      const double x = scene_.x(d.at);
      if (!is_flag(d) || (are_many && x < next)) continue;
      next = x + kApart;
      svg.open(fmt::format("{:.3f} s: {}", seconds(d.at - scene_.burst.began),
                           to_sentence(d.decision, scene_.story.settings[d.settings].settings, scene_.burst.began)));
      svg.line("flagline", {x, top}, {x, top + kCounts});
      svg.circle("flag", {x, top}, kRadius);
      svg.close();
    }
  }

  Scene scene_;
  bool has_bands_ = false;
  Bands bands_;
  Lanes lanes_;
  std::unordered_map<core::ReplicaId, const ReplicaStory*> replicas_;
};

std::string empty_chart(const Story& story) {
  Svg svg{kChartWidth, 80, "No request arrived", headline_of(story)};
  svg.text("title", {kChartLeft, 46}, "No request arrived: there is nothing to draw");
  return svg.finish();
}

}  // namespace

std::string to_svg(const Story& story) { return story.burst ? Chart{story, *story.burst}.draw() : empty_chart(story); }

}  // namespace tenfold::report
