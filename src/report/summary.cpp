#include "report/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/estimate.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

using boost::json::object;
using boost::json::value;

object to_object(const Percentiles& p) {
  return {{"mean_s", p.mean_s}, {"p50_s", p.p50_s}, {"p90_s", p.p90_s},
          {"p95_s", p.p95_s},   {"p99_s", p.p99_s}, {"max_s", p.max_s}};
}

object to_object(const std::vector<ClassSummary>& classes) {
  object made;
  for (const ClassSummary& c : classes) {
    made[c.name] = {{"requests", c.requests}, {"answered", c.answered},    {"rejected", c.rejected},
                    {"left", c.left},         {"wait", to_object(c.wait)}, {"total", to_object(c.total)}};
  }
  return made;
}

object to_object(const Summary& s) {
  return {
      {"policy", s.policy},
      {"wait", to_object(s.wait)},
      {"total", to_object(s.total)},
      {"p_wait", s.p_wait},
      {"makespan_s", s.makespan_s},
      {"mean_completion_s", s.mean_completion_s},
      {"replica_seconds", s.replica_seconds},
      {"answered", s.answered},
      {"rejected", s.rejected},
      {"left", s.left},
      {"requests", s.requests},
      {"decisions", s.decisions},
      {"starts", s.starts},
      {"most_replicas", s.most_replicas},
      {"cost", s.cost ? value(*s.cost) : value(nullptr)},
      {"cost_unit", s.cost ? value(s.cost_unit) : value(nullptr)},
      {"simulated_requests_per_s", s.simulated_requests_per_s ? value(*s.simulated_requests_per_s) : value(nullptr)},
      {"classes", to_object(s.classes)}};
}

// The numbers of all runs at the same place, each in its own run's object.
std::vector<double> numbers_at(const std::vector<const value*>& places) {
  std::vector<double> numbers;
  for (const value* place : places) {
    if (place && place->is_number()) numbers.push_back(place->to_number<double>());
  }
  return numbers;
}

// Of runs' objects one with the means, or the half widths, of their numbers; all else is the first's. A class that not
// every run has is estimated from those that have it.
object estimates_of(const std::vector<const object*>& runs, double Estimate::* part) {
  object made;
  for (const object* run : runs) {
    for (const auto& [key, first] : *run) {
      if (made.contains(key)) continue;
      std::vector<const value*> places;
      std::vector<const object*> objects;
      for (const object* other : runs) {
        places.push_back(other->if_contains(key));
        if (places.back() && places.back()->is_object()) objects.push_back(&places.back()->get_object());
      }
      const std::vector<double> numbers = numbers_at(places);
      if (!objects.empty()) {
        made[key] = estimates_of(objects, part);
      } else if (numbers.empty()) {
        made[key] = first;
      } else {
        const double estimated = estimate(numbers).*part;
        made[key] = std::isfinite(estimated) ? value(estimated) : value(nullptr);
      }
    }
  }
  return made;
}

object to_object(const Replications& runs) {
  std::vector<object> objects;
  objects.reserve(runs.size());
  for (const Summary& run : runs) objects.push_back(to_object(run));
  std::vector<const object*> all;
  all.reserve(objects.size());
  for (const object& each : objects) all.push_back(&each);
  object made = estimates_of(all, &Estimate::mean);
  made["seeds"] = runs.size();
  made["half_width_95"] = estimates_of(all, &Estimate::half_width);
  return made;
}

// A row of the table: what it shows of a run, and whether less of it is better. Nothing is shown as "-".
struct Row {
  std::string_view name;
  std::optional<double> (*get)(const Summary&);
  int digits = 3;
  bool is_judged = true;
};

template <Percentiles Summary::* Of, double Percentiles::* Value>
std::optional<double> time_of(const Summary& s) {
  // Of nothing there is no best.
  return (s.*Of).count == 0 ? std::nullopt : std::optional{s.*Of.*Value};
}
template <auto Member>
std::optional<double> member_of(const Summary& s) {
  return static_cast<double>(s.*Member);
}

constexpr std::array kRows{
    Row{"wait mean, s", time_of<&Summary::wait, &Percentiles::mean_s>},
    Row{"wait p50, s", time_of<&Summary::wait, &Percentiles::p50_s>},
    Row{"wait p90, s", time_of<&Summary::wait, &Percentiles::p90_s>},
    Row{"wait p95, s", time_of<&Summary::wait, &Percentiles::p95_s>},
    Row{"wait p99, s", time_of<&Summary::wait, &Percentiles::p99_s>},
    Row{"wait max, s", time_of<&Summary::wait, &Percentiles::max_s>},
    Row{"total mean, s", time_of<&Summary::total, &Percentiles::mean_s>},
    Row{"total p50, s", time_of<&Summary::total, &Percentiles::p50_s>},
    Row{"total p95, s", time_of<&Summary::total, &Percentiles::p95_s>},
    Row{"total p99, s", time_of<&Summary::total, &Percentiles::p99_s>},
    Row{"total max, s", time_of<&Summary::total, &Percentiles::max_s>},
    Row{"fraction that waited", member_of<&Summary::p_wait>},
    Row{"makespan, s", member_of<&Summary::makespan_s>},
    Row{"mean completion, s", member_of<&Summary::mean_completion_s>},
    Row{"replica-seconds", member_of<&Summary::replica_seconds>, 1},
    Row{"rejected", member_of<&Summary::rejected>, 0},
    Row{"left", member_of<&Summary::left>, 0},
    Row{"requests", member_of<&Summary::requests>, 0, false},
    Row{"most replicas", member_of<&Summary::most_replicas>, 0, false},
    Row{"decisions", member_of<&Summary::decisions>, 0, false},
};

// Where a table is as wide as its longest cells.
class Table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string write() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line = fmt::format("{:<{}}", row.front(), widths.front());
      for (std::size_t i = 1; i < row.size(); ++i) {
        line += std::string(2 + widths[i] - width_of(row[i]), ' ') + row[i];
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
    }
    return out;
  }
  // The first row is the head, and the first column the names; what is marked as the best is bold.
  std::string write_html() const {
    std::string out = "<table class=\"sides\">\n";
    for (const auto& row : rows_) {
      const bool is_head = &row == &rows_.front();
      out += fmt::format("<tr><th class=\"words\">{}</th>", escape_xml(row.front()));
      for (std::size_t i = 1; i < row.size(); ++i) {
        // What has no mark keeps the room of one, so that digits stand below each other.
        const std::string shown =
            row[i].ends_with(' ') ? escape_xml(row[i].substr(0, row[i].size() - 1)) + "&nbsp;" : escape_xml(row[i]);
        out += is_head                 ? fmt::format("<th>{}</th>", shown)
               : row[i].ends_with('*') ? fmt::format("<td><b>{}</b></td>", shown)
                                       : fmt::format("<td>{}</td>", shown);
      }
      out += "</tr>\n";
    }
    return out + "</table>\n";
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

// What the row shows of some runs: nothing where a run has nothing to show.
std::optional<Estimate> shown_of(const Row& row, std::span<const Summary> runs) {
  std::vector<double> values;
  for (const Summary& run : runs) {
    const auto value = row.get(run);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return estimate(values);
}

std::vector<std::string> cells_of(const Row& row, std::span<const std::span<const Summary>> columns) {
  std::vector<std::string> cells{std::string{row.name}};
  std::vector<std::string> means{""};
  std::optional<double> best;
  for (const std::span<const Summary> runs : columns) {
    const auto shown = shown_of(row, runs);
    if (shown) best = std::min(best.value_or(shown->mean), shown->mean);
    means.push_back(shown ? fmt::format("{:.{}f}", shown->mean, row.digits) : "-");
    const bool has_width = shown && runs.size() > 1;
    cells.push_back(has_width ? fmt::format("{} ±{:.{}f}", means.back(), shown->half_width, row.digits) : means.back());
  }
  const bool has_best = row.is_judged && columns.size() > 1 && best;
  const std::string mark = has_best ? fmt::format("{:.{}f}", *best, row.digits) : "";
  // A column for the mark keeps the digits below each other.
  for (std::size_t i = 1; i < cells.size(); ++i) cells[i] += has_best && means[i] == mark ? "*" : " ";
  return cells;
}

Table table_of(std::span<const std::span<const Summary>> columns) {
  Table table;
  std::vector<std::string> head{""};
  for (const std::span<const Summary> runs : columns) head.push_back(runs.front().policy + ' ');
  table.add(std::move(head));
  for (const Row& row : kRows) table.add(cells_of(row, columns));
  const auto priced = std::ranges::find_if(columns, [](auto runs) { return runs.front().cost.has_value(); });
  if (priced != columns.end()) {
    const std::string& unit = priced->front().cost_unit;
    const std::string name = unit.empty() ? "cost" : "cost, " + unit;
    table.add(cells_of({.name = name, .get = [](const Summary& s) { return s.cost; }, .digits = 6}, columns));
  }
  return table;
}

std::string text_of(std::span<const std::span<const Summary>> columns) {
  std::string out = table_of(columns).write();
  if (columns.size() > 1) out += "* the best of its row\n";
  const std::size_t seeds = columns.empty() ? 1 : columns.front().size();
  if (seeds > 1) out += fmt::format("means of {} seeds, ± half of the 95 % confidence interval\n", seeds);
  return out;
}

// One column for each.
std::vector<std::span<const Summary>> columns_of(std::span<const Summary> summaries) {
  std::vector<std::span<const Summary>> columns;
  for (const Summary& summary : summaries) columns.emplace_back(&summary, 1);
  return columns;
}

}  // namespace

Summary summarize(const Story& story, std::string policy) {
  Summary summary{.policy = std::move(policy)};
  summary.replica_seconds = story.replica_seconds;
  summary.decisions = story.decisions.size();
  for (const ReplicaPoint& point : replica_counts(story)) {
    summary.most_replicas = std::max(summary.most_replicas, point.starting + point.ready);
  }
  if (!story.burst) return summary;
  const Burst& burst = *story.burst;
  summary.wait = burst.wait;
  summary.total = burst.total;
  summary.p_wait = burst.p_wait;
  summary.makespan_s = burst.makespan_s();
  summary.mean_completion_s = burst.mean_completion_s;
  summary.requests = burst.arrivals;
  for (const auto& [reason, count] : burst.rejects) summary.rejected += count;
  summary.left = burst.cancelled;
  summary.answered = burst.total.count;
  return summary;
}

std::string to_table(std::span<const Summary> summaries) { return text_of(columns_of(summaries)); }

std::string to_html_table(std::span<const Summary> summaries) { return table_of(columns_of(summaries)).write_html(); }

std::string to_table(std::span<const Replications> all) {
  return text_of(std::vector<std::span<const Summary>>{all.begin(), all.end()});
}

std::string to_json(const Summary& summary) { return boost::json::serialize(to_object(summary)); }

std::string to_json(std::span<const Summary> summaries) {
  boost::json::array made;
  for (const Summary& summary : summaries) made.push_back(to_object(summary));
  return boost::json::serialize(made);
}

std::string to_replicated_json(const Replications& runs) { return boost::json::serialize(to_object(runs)); }

std::string to_replicated_json(std::span<const Replications> all) {
  boost::json::array made;
  for (const Replications& runs : all) made.push_back(to_object(runs));
  return boost::json::serialize(made);
}

}  // namespace tenfold::report
