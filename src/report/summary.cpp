#include "report/summary.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tenfold::report {

namespace {

using boost::json::object;
using boost::json::value;

object to_object(const Percentiles& p) {
  return {{"mean_s", p.mean_s}, {"p50_s", p.p50_s}, {"p90_s", p.p90_s},
          {"p95_s", p.p95_s},   {"p99_s", p.p99_s}, {"max_s", p.max_s}};
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
      {"simulated_requests_per_s", s.simulated_requests_per_s ? value(*s.simulated_requests_per_s) : value(nullptr)}};
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
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line = fmt::format("{:<{}}", row.front(), widths.front());
      for (std::size_t i = 1; i < row.size(); ++i) line += fmt::format("  {:>{}}", row[i], widths[i]);
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

std::vector<std::string> cells_of(const Row& row, std::span<const Summary> summaries) {
  std::vector<std::string> cells{std::string{row.name}};
  std::optional<double> best;
  for (const Summary& summary : summaries) {
    const auto shown = row.get(summary);
    if (shown) best = std::min(best.value_or(*shown), *shown);
    cells.push_back(shown ? fmt::format("{:.{}f}", *shown, row.digits) : "-");
  }
  const bool has_best = row.is_judged && summaries.size() > 1 && best;
  const std::string mark = has_best ? fmt::format("{:.{}f}", *best, row.digits) : "";
  // A column for the mark keeps the digits below each other.
  for (std::size_t i = 1; i < cells.size(); ++i) cells[i] += has_best && cells[i] == mark ? "*" : " ";
  return cells;
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
  summary.requests = burst.requests.size();
  for (const auto& [reason, count] : burst.rejects) summary.rejected += count;
  summary.left = burst.cancelled;
  summary.answered = burst.total.count;
  return summary;
}

std::string to_table(std::span<const Summary> summaries) {
  Table table;
  std::vector<std::string> head{""};
  for (const Summary& summary : summaries) head.push_back(summary.policy + ' ');
  table.add(std::move(head));
  for (const Row& row : kRows) table.add(cells_of(row, summaries));
  const auto priced = std::ranges::find_if(summaries, [](const Summary& s) { return s.cost.has_value(); });
  if (priced != summaries.end()) {
    const std::string name = priced->cost_unit.empty() ? "cost" : "cost, " + priced->cost_unit;
    table.add(cells_of({.name = name, .get = [](const Summary& s) { return s.cost; }, .digits = 6}, summaries));
  }
  std::string out = table.write();
  if (summaries.size() > 1) out += "* the best of its row\n";
  return out;
}

std::string to_json(const Summary& summary) { return boost::json::serialize(to_object(summary)); }

std::string to_json(std::span<const Summary> summaries) {
  boost::json::array all;
  for (const Summary& summary : summaries) all.push_back(to_object(summary));
  return boost::json::serialize(all);
}

}  // namespace tenfold::report
