// What settings cost and what they give: the choice that tuning leaves to a person, as a table and as a chart.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tenfold::report {

// One setting that was tried.
struct FrontierPoint {
  std::string settings;  // in words: "slo, 2 to 6 replicas"
  double cost = 0;
  double p95_wait_s = 0;
  double mean_total_s = 0;  // from arrival to answer
  double replica_seconds = 0;
  bool is_frontier = false;  // nothing that was tried is both cheaper and quicker
  bool is_chosen = false;
  bool is_today = false;
  bool is_runner_up = false;  // the best of those that were not chosen
};

struct Frontier {
  std::string title;
  std::string cost_unit;              // "replica-seconds", "USD"
  std::optional<double> objective_s;  // the p95 wait that was asked for
  std::vector<FrontierPoint> points;
};

// What is said of some of the settings: of those that were chosen, of today's.
struct FrontierNote {
  std::string name;
  std::string settings;
  std::vector<std::string> lines;
};

// What a page tells besides the frontier.
struct FrontierPage {
  Frontier frontier;
  std::vector<FrontierNote> notes;
  std::size_t left_out = 0;  // settings that were tried and are no points: they refused requests
  std::string yaml;          // the chosen settings, ready to use
  std::string az;            // the command that sets them; may be empty
};

// Sets `is_frontier`: of those that nothing tried beats in both, one for each pair of cost and wait.
void mark_frontier(std::vector<FrontierPoint>& points);

// The frontier, what was chosen and today's settings, from the cheapest on; all else was beaten by one of them.
std::string to_table(const Frontier& frontier);

// A scatter of cost against p95 wait with the frontier's line, the objective's line, and marks around the chosen
// settings, the runner-up and today's. An axis is logarithmic where the values differ by more than fifty times.
std::string to_svg(const Frontier& frontier);

// A page that needs nothing else: the notes, the chart, and a table of what each dot is, to which the dots lead. It is
// readable at 400 px and on paper.
std::string to_html(const FrontierPage& page);

}  // namespace tenfold::report
