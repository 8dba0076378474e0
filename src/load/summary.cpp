#include "load/summary.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "load/rows.hpp"
#include "report/words.hpp"

namespace tenfold::load {

namespace {

// How many replicas' shares are shown at most, and how much of a wrong answer.
constexpr std::size_t kMostShares = 40;
constexpr std::size_t kBodyShown = 200;

class Text {
 public:
  explicit Text(const Summary& summary) : summary_{summary}, result_{summary.result} {}

  std::string write() {
    add("sent       {}{}{}\n", report::counted(result_.sent, "request"), summary_.how.empty() ? "" : ", ",
        summary_.how);
    if (result_.warm_up > 0) add("warm-up    {} before, not counted\n", report::counted(result_.warm_up, "request"));
    for (const auto& [status, count] : result_.statuses) add("status     {} x {}\n", status, count);
    for (const auto& [error, count] : result_.errors) add("no answer  {}: {}\n", count, error);
    for (const auto& [difference, count] : result_.failed_expectations) add("wrong      {}: {}\n", count, difference);
    for (const auto& [kind, wrong] : result_.wrong_answers)
      add("first      {}: {}\n", kind, shown_body(wrong, kBodyShown));
    times();
    replicas();
    for (const Threshold& threshold : summary_.thresholds) verdict(threshold);
    return std::move(out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void times() {
    if (result_.time.count() == 0) return;
    const Unit unit = unit_of(result_);
    add("{:<10}", unit.name);
    for (const Column& column : kColumns) add(" {:>8}", column.name);
    out_ += '\n';
    for (const Row& row : rows_of(result_)) {
      add("{:<10}", row.name);
      for (const Column& column : kColumns) add(" {:8.3f}", unit.per_second * column.of(*row.times));
      out_ += '\n';
    }
    add("makespan   {:.3f} s, {:.1f} answers a second\n", result_.makespan_s(), result_.rate_per_s());
  }

  void replicas() {
    if (result_.replicas.empty()) return;
    out_ += "replicas  ";
    std::size_t shown = 0;
    for (const auto& [replica, count] : result_.replicas) {
      if (++shown > kMostShares) break;
      add(" {}: {}", replica, count);
    }
    if (shown > kMostShares) add(" and {} more", result_.replicas.size() - kMostShares);
    out_ += '\n';
  }

  void verdict(const Threshold& threshold) {
    const Verdict verdict = judge(threshold, result_);
    add("{}    {}: {}\n", verdict.is_crossed ? "crossed" : "kept   ", threshold.text, value_text(threshold, verdict));
  }

  const Summary& summary_;
  const Result& result_;
  std::string out_;
};

boost::json::object times_json(const Histogram& times) {
  return {{"count", times.count()},          {"min_s", times.min_s()},
          {"mean_s", times.mean_s()},        {"p50_s", times.quantile_s(0.5)},
          {"p90_s", times.quantile_s(0.9)},  {"p95_s", times.quantile_s(0.95)},
          {"p99_s", times.quantile_s(0.99)}, {"p99_9_s", times.quantile_s(0.999)},
          {"max_s", times.max_s()}};
}

template <class Map>
boost::json::object counts_json(const Map& map) {
  boost::json::object object;
  for (const auto& [key, count] : map) object[fmt::format("{}", key)] = count;
  return object;
}

boost::json::array thresholds_json(const Summary& summary) {
  boost::json::array array;
  for (const Threshold& threshold : summary.thresholds) {
    const Verdict verdict = judge(threshold, summary.result);
    array.push_back({{"threshold", threshold.text},
                     {"value", verdict.value ? boost::json::value(*verdict.value) : nullptr},
                     {"crossed", verdict.is_crossed}});
  }
  return array;
}

boost::json::object wrong_json(const Result& result) {
  boost::json::object object;
  for (const auto& [kind, wrong] : result.wrong_answers) {
    object[kind] = {{"status", wrong.status}, {"at_s", core::to_seconds(wrong.at)}, {"body", as_utf8(wrong.body)}};
  }
  return object;
}

}  // namespace

bool is_crossed(const Summary& summary) {
  return std::ranges::any_of(summary.thresholds,
                             [&](const Threshold& threshold) { return judge(threshold, summary.result).is_crossed; });
}

bool is_good(const Summary& summary) {
  if (std::ranges::none_of(summary.thresholds, &Threshold::is_of_errors)) return summary.result.is_good();
  return !summary.result.was_interrupted && !is_crossed(summary);
}

std::string to_text(const Summary& summary) { return Text{summary}.write(); }

std::string to_json(const Summary& summary) {
  const Result& result = summary.result;
  boost::json::object parts;
  for (std::size_t i = 0; i < kParts; ++i) {
    if (result.parts[i].count() > 0) parts[to_word(static_cast<Part>(i))] = times_json(result.parts[i]);
  }
  return boost::json::serialize(boost::json::object{{"sent", result.sent},
                                                    {"ok", is_good(summary)},
                                                    {"interrupted", result.was_interrupted},
                                                    {"warm_up", result.warm_up},
                                                    {"status", counts_json(result.statuses)},
                                                    {"errors", counts_json(result.errors)},
                                                    {"failed", result.failed},
                                                    {"failed_expectations", counts_json(result.failed_expectations)},
                                                    {"wrong_answers", wrong_json(result)},
                                                    {"replicas", counts_json(result.replicas)},
                                                    {"time", times_json(result.time)},
                                                    {"parts", std::move(parts)},
                                                    {"makespan_s", result.makespan_s()},
                                                    {"throughput_per_s", result.rate_per_s()},
                                                    {"bytes_sent", result.bytes_sent},
                                                    {"bytes_received", result.bytes_received},
                                                    {"thresholds", thresholds_json(summary)}});
}

}  // namespace tenfold::load
