// The scale policies judged, by simulation: slo as it is, beside the best of all others for each case.
//
//   bench_policies [NAME...] [--json FILE]      all cases, or those whose family or name contains one of NAME
//
// A policy is as quick as slo if its 95th percentile of the wait is within the case's target, or no worse than slo's
// where slo misses it. The bound is what the requests take in their slots, or the minimum of replicas: nobody does with
// less. Each figure is the mean of five seeds, and with the seed goes the instant at which polls look.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "policies/judge.hpp"

namespace {

using namespace tenfold;
using namespace tenfold::bench;

constexpr double kWorse = 1.05;

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

bool is_missed(const Case& c, const Run& run) { return run.p95_s > seconds(c.target) * 1.0005; }

std::string cell(const std::optional<Run>& run) { return run ? fmt::format("{:.0f}", run->replica_s) : "-"; }

std::string times(double ratio) { return std::isfinite(ratio) && ratio > 0 ? fmt::format("{:.2f}", ratio) : "-"; }

void print_head(const std::string& family) {
  fmt::print("{:44}{:>9} {:>8}{:>7}{:>10}{:>10}{:>10}{:>8}  {}\n", family, "slo", "p95", "bound", "constant", "default",
             "tuned", "slo is", "of");
}

const Run& cheapest(const Judged& j) {
  const std::optional<Run>* best = nullptr;
  for (const auto* one : {&j.constant, &j.at_defaults, &j.tuned})
    if (*one && (!best || (*one)->replica_s < (*best)->replica_s)) best = one;
  static const Run none{.words = "none is as quick"};
  return best ? **best : none;
}

void print_row(const Case& c, const Judged& j) {
  const double ratio = j.slo.replica_s / j.best_s();
  fmt::print("{:44}{:>9.0f} {:>7.3f}{}{:>7}{:>10}{:>10}{:>10}{:>8}  {}{}\n", c.name, j.slo.replica_s, j.slo.p95_s,
             is_missed(c, j.slo) ? '!' : ' ', times(j.slo.bound_s > 0 ? j.slo.replica_s / j.slo.bound_s : 0),
             cell(j.constant), cell(j.at_defaults), cell(j.tuned), times(ratio), cheapest(j).words,
             ratio > kWorse ? " WORSE" : "");
  std::fflush(stdout);
}

// Over cases.
struct Score {
  int cases = 0;
  int worse = 0;   // than the best of the others by more than 5 %
  int missed = 0;  // the target, where a constant count meets it
};

void count(const Case& c, const Judged& j, Score& score) {
  ++score.cases;
  score.worse += j.slo.replica_s > kWorse * j.best_s() ? 1 : 0;
  score.missed += is_missed(c, j.slo) && j.is_reachable ? 1 : 0;
}

std::string to_json(const Run& r) {
  return fmt::format(R"({{"setting": "{}", "replica_seconds": {}, "p95_wait_s": {}, "starts": {}, "bound": {}}})",
                     r.words, r.replica_s, r.p95_s, r.starts, r.bound_s);
}

// Names and settings have neither quotes nor backslashes.
std::string to_json(const Case& c, const Judged& j) {
  std::string others;
  for (const auto& [name, run] :
       {std::pair{"constant", &j.constant}, std::pair{"default", &j.at_defaults}, std::pair{"tuned", &j.tuned}})
    if (*run) others += fmt::format(R"(, "{}": {})", name, to_json(**run));
  return fmt::format(R"("{}, {}": {{"slo": {}{}}})", c.family, c.name, to_json(j.slo), others);
}

struct Arguments {
  std::vector<std::string> names;
  std::string json;
};

std::optional<Arguments> read_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "--json") {
      arguments.names.push_back(words[i]);
    } else if (++i < words.size()) {
      arguments.json = words[i];
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

bool is_chosen(const Case& c, const std::vector<std::string>& names) {
  const auto is_in = [&](const std::string& name) { return c.name.contains(name) || c.family.contains(name); };
  return names.empty() || std::ranges::any_of(names, is_in);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = read_arguments({argv + 1, argv + argc});
  if (!arguments) {
    fmt::print(stderr, "bench_policies: --json needs the file's name\n");
    return 2;
  }
  Score score;
  std::string family;
  std::string json;
  for (const Case& c : all_cases()) {
    if (!is_chosen(c, arguments->names)) continue;
    if (c.family != family) print_head(family = c.family);
    const Judged judged = judge(c);
    print_row(c, judged);
    count(c, judged, score);
    json += (json.empty() ? "" : ",\n") + to_json(c, judged);
  }
  fmt::print(
      "{} cases: slo, untuned, takes more than 5 % above the best of the others, tuned for the case, in {}; "
      "it misses a target that a constant count meets in {}\n",
      score.cases, score.worse, score.missed);
  if (arguments->json.empty()) return 0;
  std::ofstream out{arguments->json};
  out << '{' << json << "}\n";
  if (out.good()) return 0;
  fmt::print(stderr, "bench_policies: {} cannot be written\n", arguments->json);
  return 1;
}
