// What the charts are made of: an SVG document, and axes that turn values into its coordinates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::report {

struct Point {
  double x = 0;
  double y = 0;
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

// One direction of a chart. Logarithmic where values differ by too much to be seen side by side; then what is at or
// below `low`, such as a zero, lies at its edge.
struct Axis {
  double low = 0;
  double high = 1;
  double low_px = 0;
  double high_px = 1;
  bool is_log = false;

  double at(double value) const;
  // Round values within the axis: about `count` of them, 1, 2 or 5 times a power of ten.
  std::vector<double> ticks(int count) const;
};

// Where the colours of a document come from.
enum class Colours : std::uint8_t {
  kOwn,   // it has them, and stands alone
  kPage,  // the page that it is part of has them, once: svg_style
};
// A style element with the colours of all documents.
std::string_view svg_style();

enum class Anchor : std::uint8_t { kStart, kMiddle, kEnd };

// Builds an SVG 1.1 document. Classes name the colours (see svg.cpp), which follow the reader's light or dark scheme.
// All text is escaped.
class Svg {
 public:
  // `title` is also what a screen reader reads, with `description`. `klass` is the document's, beside those of the
  // colours.
  Svg(double width, double height, std::string_view title, std::string_view description,
      Colours colours = Colours::kOwn, std::string_view klass = {});

  void rect(std::string_view klass, const Box& box);
  void line(std::string_view klass, Point from, Point to);
  void text(std::string_view klass, Point at, std::string_view text, Anchor anchor = Anchor::kStart);
  void circle(std::string_view klass, Point at, double radius);
  // Through the points, in their order.
  void path(std::string_view klass, const std::vector<Point>& points);
  // From one point to the next along x first, then along y, as a count changes.
  void steps(std::string_view klass, const std::vector<Point>& points);
  // The same, filled down to `floor_y`.
  void area(std::string_view klass, const std::vector<Point>& points, double floor_y);

  // What is drawn until `close` belongs together; `tip` shows when the pointer rests on it.
  void open(std::string_view tip);
  // And likewise, as a link to `target`.
  void open_link(std::string_view target, std::string_view tip);
  void close();
  void close_link();

  // A filled square and its meaning, at `at`; returns where the next may begin.
  Point legend(std::string_view klass, Point at, std::string_view meaning);

  std::string finish();

 private:
  std::string out_;
};

}  // namespace tenfold::report
