#include "report/svg.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "report/words.hpp"

namespace tenfold::report {

namespace {

// Colours after Okabe and Ito (2008), told apart also by the colour-blind; the second set is for dark ground. The names
// are scoped by the document's class, so that several charts may stand in one page.
constexpr std::string_view kStyle = R"(<style>
.tf text{font:12px system-ui,"DejaVu Sans",sans-serif;fill:#24292f}.tf .title{font-size:16px;font-weight:600}
.tf .small{font-size:11px;fill:#57606a}.tf .ground{fill:#fff}.tf .grid{stroke:#d8dee4;stroke-width:1}
.tf .axis{stroke:#8c959f;stroke-width:1}.tf .queued{fill:#c3cad2}.tf .cold{fill:#e69f00}.tf .run{fill:#0072b2}
.tf .bad{fill:#d55e00}.tf .left{fill:#cc79a7}.tf .life{fill:#dff0ea}.tf .ready{fill:#5fbf9f}.tf .drain{fill:#a9b1ba}
.tf .half{fill:#57606a}.tf .most{fill:#8c959f}.tf .flag{fill:#8250df}.tf .flagline{stroke:#8250df;stroke-width:1}
.tf .wish{stroke:#8250df;fill:none;stroke-width:1.5;stroke-dasharray:3 2}.tf .wline{stroke:#6e7781;fill:none;stroke-width:1.5}.tf .rline{stroke:#0072b2;fill:none;stroke-width:1.5}
.tf .wfill{fill:#6e7781}.tf .goal{stroke:#d55e00;stroke-width:1.5;stroke-dasharray:6 4}.tf .goaltext{fill:#b34e00}
.tf .other{fill:#afb8c1}.tf .front{fill:#0072b2}.tf .frontline{stroke:#0072b2;fill:none;stroke-width:1.5}
.tf .second{fill:none;stroke:#8250df;stroke-width:3;stroke-dasharray:2 2}.tf .chosen{fill:none;stroke:#007a5a;stroke-width:3}.tf .today{fill:none;stroke:#d55e00;stroke-width:3;stroke-dasharray:6 3}
@media screen and (prefers-color-scheme:dark){.tf text{fill:#e6edf3}.tf .small{fill:#9da7b1}.tf .ground{fill:#0d1117}
.tf .grid{stroke:#2b323b}.tf .axis{stroke:#6e7681}.tf .queued{fill:#4b535d}.tf .cold{fill:#f0b442}.tf .run{fill:#56b4e9}
.tf .bad{fill:#ff7b3a}.tf .left{fill:#e29bc3}.tf .life{fill:#16302a}.tf .ready{fill:#2f8f70}.tf .drain{fill:#5a636e}
.tf .half{fill:#b1bac4}.tf .most{fill:#768390}.tf .flag{fill:#b694f5}.tf .flagline{stroke:#b694f5}
.tf .wish{stroke:#b694f5}.tf .wline{stroke:#9da7b1}.tf .rline{stroke:#56b4e9}.tf .wfill{fill:#9da7b1}.tf .goal{stroke:#ff7b3a}
.tf .goaltext{fill:#ff9a66}.tf .other{fill:#4b535d}.tf .front{fill:#56b4e9}.tf .frontline{stroke:#56b4e9}
.tf .second{stroke:#b694f5}.tf .chosen{stroke:#3fd0a4}.tf .today{stroke:#ff7b3a}}
</style>
)";

std::string_view anchor_text(Anchor anchor) {
  switch (anchor) {
    case Anchor::kStart:
      break;
    case Anchor::kMiddle:
      return R"( text-anchor="middle")";
    case Anchor::kEnd:
      return R"( text-anchor="end")";
  }
  return {};
}

// Coordinates to a tenth of a pixel, without a needless zero: charts have thousands of them.
std::string px(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string step_commands(const std::vector<Point>& points) {
  std::string d = "M" + px(points.front().x) + " " + px(points.front().y);
  for (std::size_t i = 1; i < points.size(); ++i) d += "H" + px(points[i].x) + "V" + px(points[i].y);
  return d;
}

std::vector<double> log_ticks(const Axis& axis, int count) {
  const double decades = std::log10(axis.high / axis.low);
  const bool has_room = decades * 3 <= count;
  std::vector<double> ticks;
  for (int power = static_cast<int>(std::floor(std::log10(axis.low))); power <= std::ceil(std::log10(axis.high));
       ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor > 1 && !has_room) continue;
      const double tick = factor * std::pow(10, power);
      if (tick >= axis.low * 0.999 && tick <= axis.high * 1.001) ticks.push_back(tick);
    }
  }
  return ticks;
}

}  // namespace

double Axis::at(double value) const {
  const double inside = std::clamp(value, low, high);
  if (high <= low) return low_px;
  const double share = is_log ? std::log(inside / low) / std::log(high / low) : (inside - low) / (high - low);
  return low_px + share * (high_px - low_px);
}

std::vector<double> Axis::ticks(int count) const {
  if (high <= low) return {low};
  if (is_log) return log_ticks(*this, count);
  const double raw = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10);
  std::vector<double> ticks;
  // Plus zero, for there is a negative one.
  for (double i = std::ceil(low / step - 1e-9) + 0.0; i * step <= high + step * 1e-9; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string_view svg_style() { return kStyle; }

Svg::Svg(double width, double height, std::string_view title, std::string_view description, Colours colours,
         std::string_view klass) {
  out_ = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" class="tf{4}{5}" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">
<title>{2}</title><desc>{3}</desc>
)",
      px(width), px(height), escape_xml(title), escape_xml(description), klass.empty() ? "" : " ", klass);
  if (colours == Colours::kOwn) out_ += kStyle;
  rect("ground", {.width = width, .height = height});
}

void Svg::rect(std::string_view klass, const Box& box) {
  fmt::format_to(std::back_inserter(out_), R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>)", klass,
                 px(box.x), px(box.y), px(std::max(0.0, box.width)), px(std::max(0.0, box.height)));
  out_ += '\n';
}

void Svg::line(std::string_view klass, Point from, Point to) {
  fmt::format_to(std::back_inserter(out_), R"(<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>)", klass, px(from.x),
                 px(from.y), px(to.x), px(to.y));
  out_ += '\n';
}

void Svg::text(std::string_view klass, Point at, std::string_view text, Anchor anchor) {
  fmt::format_to(std::back_inserter(out_), R"(<text class="{}" x="{}" y="{}"{}>{}</text>)", klass, px(at.x), px(at.y),
                 anchor_text(anchor), escape_xml(text));
  out_ += '\n';
}

void Svg::circle(std::string_view klass, Point at, double radius) {
  fmt::format_to(std::back_inserter(out_), R"(<circle class="{}" cx="{}" cy="{}" r="{}"/>)", klass, px(at.x), px(at.y),
                 px(radius));
  out_ += '\n';
}

void Svg::path(std::string_view klass, const std::vector<Point>& points) {
  if (points.empty()) return;
  std::string d = "M";
  for (const Point& point : points) d += (d.size() > 1 ? "L" : "") + px(point.x) + " " + px(point.y);
  out_ += fmt::format("<path class=\"{}\" d=\"{}\"/>\n", klass, d);
}

void Svg::steps(std::string_view klass, const std::vector<Point>& points) {
  if (points.empty()) return;
  out_ += fmt::format("<path class=\"{}\" d=\"{}\"/>\n", klass, step_commands(points));
}

void Svg::area(std::string_view klass, const std::vector<Point>& points, double floor_y) {
  if (points.empty()) return;
  out_ += fmt::format("<path class=\"{}\" d=\"{}V{}H{}Z\"/>\n", klass, step_commands(points), px(floor_y),
                      px(points.front().x));
}

void Svg::open(std::string_view tip) { out_ += "<g><title>" + escape_xml(tip) + "</title>\n"; }
void Svg::close() { out_ += "</g>\n"; }
void Svg::open_link(std::string_view target, std::string_view tip) {
  out_ += fmt::format("<a href=\"{}\"><title>{}</title>\n", escape_xml(target), escape_xml(tip));
}
void Svg::close_link() { out_ += "</a>\n"; }

Point Svg::legend(std::string_view klass, Point at, std::string_view meaning) {
  constexpr double kSquare = 11;
  constexpr double kLetter = 6.3;  // a little more than the mean width of one
  rect(klass, {.x = at.x, .y = at.y - kSquare + 1, .width = kSquare, .height = kSquare});
  text("small", {at.x + kSquare + 5, at.y}, meaning);
  return {at.x + kSquare + 22 + kLetter * static_cast<double>(meaning.size()), at.y};
}

std::string Svg::finish() {
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace tenfold::report
