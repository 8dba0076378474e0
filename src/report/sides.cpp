#include "report/sides.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/words.hpp"
#include "report/config_words.hpp"
#include "report/moments.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

using boost::json::object;
using boost::json::value;

// Two numbers are the same to a reader where they differ by less than this part.
constexpr double kAlike = 0.01;
// And where they differ by less than this, in seconds.
constexpr double kNothing = 0.0005;

// What of a side is compared. Of the burst: from its first arrival to its last end.
struct Facts {
  const Side* side = nullptr;
  const Burst* burst = nullptr;
  std::uint64_t failed_by_tenfold = 0;
  std::uint64_t failed_by_program = 0;
  std::uint64_t started = 0;
  std::uint32_t most_ready = 0;
  std::uint64_t decisions = 0;
  double replica_seconds = 0;
  double work_s = 0;      // in slots, of all that was answered
  double busy_slots = 0;  // on average
  // Of the first replica that was started after the first arrival.
  std::optional<double> first_start_s;
  std::optional<double> first_cold_start_s;
};

bool is_within(const Burst& burst, core::TimePoint at) { return at >= burst.began && at <= burst.ended; }

void add_replica(Facts& facts, const ReplicaStory& replica) {
  const Burst& burst = *facts.burst;
  const core::TimePoint from = std::max(replica.started.value_or(facts.side->story.began), burst.began);
  const core::TimePoint until = std::min(replica.exited.value_or(facts.side->story.ended), burst.ended);
  if (until > from) facts.replica_seconds += seconds(until - from);
  if (!replica.started || !is_within(burst, *replica.started)) return;
  ++facts.started;
  const double start_s = seconds(*replica.started - burst.began);
  if (facts.first_start_s && *facts.first_start_s <= start_s) return;
  facts.first_start_s = start_s;
  facts.first_cold_start_s.reset();
  if (replica.ready) facts.first_cold_start_s = seconds(*replica.ready - *replica.started);
}

// The most that were ready while the burst went on, those before it included.
std::uint32_t most_ready_of(const Story& story, const Burst& burst) {
  std::uint32_t most = 0;
  std::uint32_t held = 0;
  for (const ReplicaPoint& point : replica_counts(story)) {
    if (point.at > burst.ended) break;
    if (point.at >= burst.began) most = std::max({most, held, point.ready});
    held = point.ready;
  }
  return std::max(most, held);
}

Facts facts_of(const Side& side) {
  const Burst& burst = *side.story.burst;
  Facts facts{.side = &side, .burst = &burst};
  for (const auto& [reason, count] : burst.rejects) facts.failed_by_tenfold += count;
  for (const auto& [status, count] : burst.own_errors) facts.failed_by_program += count;
  for (const ReplicaStory& replica : side.story.replicas) add_replica(facts, replica);
  facts.most_ready = most_ready_of(side.story, burst);
  facts.decisions = static_cast<std::uint64_t>(
      std::ranges::count_if(side.story.decisions, [&](const DecisionStory& d) { return is_within(burst, d.at); }));
  facts.work_s = burst.service.mean_s * static_cast<double>(burst.service.count);
  if (burst.makespan_s() > 0) facts.busy_slots = facts.work_s / burst.makespan_s();
  return facts;
}

// A line of the table. Where a side has nothing to show there is nothing.
struct Row {
  std::string_view name;
  std::optional<double> (*get)(const Facts&);
  int digits = 3;
};

template <Percentiles Burst::* Of, double Percentiles::* Value>
std::optional<double> time_of(const Facts& facts) {
  const Percentiles& times = facts.burst->*Of;
  return times.count == 0 ? std::nullopt : std::optional{times.*Value};
}
template <auto Member>
std::optional<double> fact_of(const Facts& facts) {
  if constexpr (requires { (facts.*Member).has_value(); }) {
    return facts.*Member;
  } else {
    return static_cast<double>(facts.*Member);
  }
}

constexpr std::array kRows{
    Row{"requests", [](const Facts& f) { return std::optional{static_cast<double>(f.burst->arrivals)}; }, 0},
    Row{"arrived within, s",
        [](const Facts& f) { return std::optional{seconds(f.burst->last_arrival - f.burst->began)}; }},
    Row{"answered", [](const Facts& f) { return std::optional{static_cast<double>(f.burst->total.count)}; }, 0},
    Row{"refused by Tenfold", fact_of<&Facts::failed_by_tenfold>, 0},
    Row{"failed by the program", fact_of<&Facts::failed_by_program>, 0},
    Row{"client left", [](const Facts& f) { return std::optional{static_cast<double>(f.burst->cancelled)}; }, 0},
    Row{"makespan, s", [](const Facts& f) { return std::optional{f.burst->makespan_s()}; }},
    Row{"wait mean, s", time_of<&Burst::wait, &Percentiles::mean_s>},
    Row{"wait p50, s", time_of<&Burst::wait, &Percentiles::p50_s>},
    Row{"wait p95, s", time_of<&Burst::wait, &Percentiles::p95_s>},
    Row{"wait p99, s", time_of<&Burst::wait, &Percentiles::p99_s>},
    Row{"wait max, s", time_of<&Burst::wait, &Percentiles::max_s>},
    Row{"service p50, s", time_of<&Burst::service, &Percentiles::p50_s>},
    Row{"total p95, s", time_of<&Burst::total, &Percentiles::p95_s>},
    Row{"replicas started", fact_of<&Facts::started>, 0},
    Row{"most ready", fact_of<&Facts::most_ready>, 0},
    Row{"first start after, s", fact_of<&Facts::first_start_s>},
    Row{"first cold start, s", fact_of<&Facts::first_cold_start_s>},
    Row{"busy slots, mean", fact_of<&Facts::busy_slots>, 2},
    Row{"replica-seconds", fact_of<&Facts::replica_seconds>, 2},
    Row{"decisions", fact_of<&Facts::decisions>, 0},
};

std::string number(std::optional<double> shown, int digits) {
  return shown ? fmt::format("{:.{}f}", *shown, digits) : "-";
}

// "of A", "of B - A" and "of B / A": nothing where there is none, and no ratio of what is the same.
std::string difference_text(const Row& row, std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return {};
  std::string text = fmt::format("{:+.{}f}", *b - *a, row.digits);
  // What is nothing as printed has no sign.
  return text.find_first_of("123456789") == std::string::npos ? "0" : text;
}
std::string ratio_text(std::optional<double> a, std::optional<double> b) {
  if (!a || !b || *a <= 0 || *b <= 0 || std::abs(*b - *a) < kAlike * *a) return {};
  return fmt::format("x {:.3g}", *b / *a);
}

// Which of the two has more of it, and how much: "0.400 s less".
std::string more_or_less(double a, double b) {
  if (std::abs(b - a) < kNothing) return "as much";
  return fmt::format("{:.3f} s {}", std::abs(b - a), b > a ? "more" : "less");
}

bool is_alike(double a, double b) {
  return std::abs(b - a) <= kNothing || std::abs(b - a) <= kAlike * std::max(std::abs(a), std::abs(b));
}

// Which differences make up the others.
class Explainer {
 public:
  Explainer(const Facts& a, const Facts& b) : a_{a}, b_{b} {}

  std::vector<std::string> explain() {
    load();
    settings();
    starts();
    waits();
    answers();
    makespan();
    failures();
    return std::move(lines_);
  }

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    lines_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  static std::string load_text(const Facts& facts) {
    const Burst& burst = *facts.burst;
    const core::Duration within = burst.last_arrival - burst.began;
    return counted(burst.arrivals, "request") +
           (within == core::Duration::zero() ? " at once" : " within " + span_text(within));
  }

  void load() {
    const std::string a = load_text(a_);
    const bool is_same =
        a_.burst->arrivals == b_.burst->arrivals &&
        is_alike(seconds(a_.burst->last_arrival - a_.burst->began), seconds(b_.burst->last_arrival - b_.burst->began));
    if (is_same) return say("Both had to serve the same number in the same time: {}.", a);
    say("They had not the same to serve: A {}, B {}. No difference below is that of the settings alone.", a,
        load_text(b_));
  }

  void settings() {
    const std::vector<std::string> changes =
        changes_between(a_.side->story.settings.front().settings, b_.side->story.settings.front().settings);
    if (changes.empty()) return say("Both ran under the same settings.");
    say("Settings, A -> B: {}.", fmt::join(changes, ", "));
  }

  static std::string start_text(const Facts& facts) {
    if (!facts.first_start_s) return fmt::format("started none and had {} ready at most", facts.most_ready);
    std::string text =
        fmt::format("started {}, the first {:.3f} s after the first arrival", facts.started, *facts.first_start_s);
    if (facts.first_cold_start_s) text += fmt::format(" and ready {:.3f} s later", *facts.first_cold_start_s);
    return text + fmt::format(", and had {} ready at most", facts.most_ready);
  }
  void starts() {
    const std::string a = start_text(a_);
    const std::string b = start_text(b_);
    if (a == b) {
      say("Of replicas both {}.", a);
    } else {
      say("Of replicas A {}; B {}.", a, b);
    }
  }

  void waits() {
    const Burst& a = *a_.burst;
    const Burst& b = *b_.burst;
    if (a.wait.count == 0 || b.wait.count == 0) return;
    if (is_alike(a.wait.mean_s, b.wait.mean_s))
      return say("Requests waited alike: {:.3f} s and {:.3f} s on average.", a.wait.mean_s, b.wait.mean_s);
    say("A request waited {:.3f} s on average in A and {:.3f} s in B, {}: {} for a replica that was starting, {} for "
        "a slot of one that was ready.",
        a.wait.mean_s, b.wait.mean_s, more_or_less(a.wait.mean_s, b.wait.mean_s),
        more_or_less(a.cold_mean_s, b.cold_mean_s),
        more_or_less(a.wait.mean_s - a.cold_mean_s, b.wait.mean_s - b.cold_mean_s));
  }

  // Of those that were answered: what is not in the slot is their wait.
  void answers() {
    const Burst& a = *a_.burst;
    const Burst& b = *b_.burst;
    if (a.total.count == 0 || b.total.count == 0 || is_alike(a.total.mean_s, b.total.mean_s)) return;
    say("From arrival to answer it took {:.3f} s in A and {:.3f} s in B, {}: {} before the slot, {} in it.",
        a.total.mean_s, b.total.mean_s, more_or_less(a.total.mean_s, b.total.mean_s),
        more_or_less(a.total.mean_s - a.service.mean_s, b.total.mean_s - b.service.mean_s),
        more_or_less(a.service.mean_s, b.service.mean_s));
  }

  void makespan() {
    const double a = a_.burst->makespan_s();
    const double b = b_.burst->makespan_s();
    if (a_.busy_slots <= 0 || b_.busy_slots <= 0 || is_alike(a, b)) return;
    say("All ended after {:.3f} s in A and {:.3f} s in B: A had {:.2f} s of work in slots, {:.2f} of them busy on "
        "average; B {:.2f} s, {:.2f} of them busy.",
        a, b, a_.work_s, a_.busy_slots, b_.work_s, b_.busy_slots);
  }

  static std::string failure_text(const Facts& facts) {
    std::vector<std::string> parts;
    parts.reserve(facts.burst->rejects.size() + facts.burst->own_errors.size() + 1);
    for (const auto& [reason, count] : facts.burst->rejects)
      parts.push_back(fmt::format("{} refused ({})", count, core::to_word(reason)));
    for (const auto& [status, count] : facts.burst->own_errors)
      parts.push_back(fmt::format("{} answered {} by the program", count, status));
    if (facts.burst->cancelled > 0) parts.push_back(fmt::format("{} whose clients left", facts.burst->cancelled));
    return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
  }
  void failures() {
    const std::string a = failure_text(a_);
    const std::string b = failure_text(b_);
    if (a == "none" && b == "none") return;
    say("Failed: of A {}; of B {}.", a, b);
  }

  const Facts& a_;
  const Facts& b_;
  std::vector<std::string> lines_;
};

std::string introduction(std::string_view letter, const Side& side) {
  const bool is_simulated = side.story.origin == Origin::kSimulation;
  return fmt::format("{}  {}: {}{}, {}", letter, side.name, is_simulated ? "simulated, " : "", headline_of(side.story),
                     settings_text(side.story.settings.front().settings));
}

// As wide as its longest cells.
std::string table_of(const Facts& a, const Facts& b, std::size_t width) {
  std::vector<std::array<std::string, 5>> rows{{"", "A", "B", "B - A", "B / A"}};
  for (const Row& row : kRows) {
    const auto first = row.get(a);
    const auto second = row.get(b);
    if (!first && !second) continue;
    rows.push_back({std::string{row.name}, number(first, row.digits), number(second, row.digits),
                    difference_text(row, first, second), ratio_text(first, second)});
  }
  std::array<std::size_t, 5> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::size_t columns = 3;
  for (std::size_t all = widths[0] + widths[1] + widths[2] + 4; columns < widths.size(); ++columns) {
    all += 2 + widths[columns];
    if (all > width) break;
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i < columns; ++i) line += fmt::format("  {:>{}}", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

object to_object(const Percentiles& p) {
  return {{"mean_s", p.mean_s}, {"p50_s", p.p50_s}, {"p90_s", p.p90_s},
          {"p95_s", p.p95_s},   {"p99_s", p.p99_s}, {"max_s", p.max_s}};
}

value to_value(std::optional<double> number) { return number ? value(*number) : value(nullptr); }

object to_object(const Facts& facts) {
  const Burst& burst = *facts.burst;
  const Story& story = facts.side->story;
  return {{"name", facts.side->name},
          {"simulated", story.origin == Origin::kSimulation},
          {"policy", core::to_word(story.settings.front().settings.scale.policy)},
          {"requests", burst.arrivals},
          {"arrivals_within_s", seconds(burst.last_arrival - burst.began)},
          {"answered", burst.total.count},
          {"failed_by_tenfold", facts.failed_by_tenfold},
          {"failed_by_program", facts.failed_by_program},
          {"left", burst.cancelled},
          {"makespan_s", burst.makespan_s()},
          {"wait", to_object(burst.wait)},
          {"service", to_object(burst.service)},
          {"total", to_object(burst.total)},
          {"wait_for_start_mean_s", burst.cold_mean_s},
          {"busy_slots_mean", facts.busy_slots},
          {"replicas_started", facts.started},
          {"most_ready", facts.most_ready},
          {"first_start_s", to_value(facts.first_start_s)},
          {"first_cold_start_s", to_value(facts.first_cold_start_s)},
          {"replica_seconds", facts.replica_seconds},
          {"decisions", facts.decisions}};
}

// What `b` has more than `a`, number by number.
object difference_of(const object& a, const object& b) {
  object made;
  for (const auto& [key, first] : a) {
    const value& second = b.at(key);
    if (first.is_object()) made[key] = difference_of(first.get_object(), second.get_object());
    if (first.is_number() && second.is_number()) made[key] = second.to_number<double>() - first.to_number<double>();
  }
  return made;
}

}  // namespace

std::vector<std::string> explain_difference(const Side& a, const Side& b) {
  const Facts first = facts_of(a);
  const Facts second = facts_of(b);
  return Explainer{first, second}.explain();
}

Summary summarize(const Side& side) {
  const Facts facts = facts_of(side);
  Summary summary = summarize(side.story, side.name);
  summary.replica_seconds = facts.replica_seconds;
  summary.decisions = facts.decisions;
  summary.starts = facts.started;
  return summary;
}

std::string to_sides_text(const Side& a, const Side& b, std::size_t width) {
  constexpr std::size_t kIndent = 3;
  const Facts first = facts_of(a);
  const Facts second = facts_of(b);
  std::string out = wrapped(introduction("A", a), width, kIndent) + '\n';
  out += wrapped(introduction("B", b), width, kIndent) + "\n\n";
  out += table_of(first, second, width) + '\n';
  for (const std::string& line : Explainer{first, second}.explain()) out += wrapped(line, width, 0) + '\n';
  return out;
}

std::string to_sides_json(const Side& a, const Side& b) {
  const Facts first = facts_of(a);
  const Facts second = facts_of(b);
  const object one = to_object(first);
  const object other = to_object(second);
  boost::json::array explanations;
  for (const std::string& line : Explainer{first, second}.explain()) explanations.emplace_back(line);
  return boost::json::serialize(object{
      {"a", one}, {"b", other}, {"difference", difference_of(one, other)}, {"explanations", std::move(explanations)}});
}

}  // namespace tenfold::report
