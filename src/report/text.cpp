// The story for people at a terminal.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "journal/print.hpp"
#include "report/moments.hpp"
#include "report/story.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// How many replicas' shares are shown at most.
constexpr std::size_t kMostShares = 40;

// The most of a value in each of the columns of time, as a row of blocks.
std::string sparkline(const Burst& burst, std::uint32_t LoadPoint::* value, std::uint32_t top) {
  constexpr std::size_t kWidth = 60;
  constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::array<std::uint32_t, kWidth> columns{};
  const double span = std::max(1e-9, burst.makespan_s());
  std::uint32_t held = 0;
  std::size_t next = 0;
  for (std::size_t column = 0; column < kWidth; ++column) {
    const double until = span * static_cast<double>(column + 1) / kWidth;
    columns[column] = held;
    for (; next < burst.load.size() && seconds(burst.load[next].at - burst.began) <= until; ++next) {
      held = burst.load[next].*value;
      columns[column] = std::max(columns[column], held);
    }
  }
  std::string line;
  for (const std::uint64_t height : columns) {
    const std::uint64_t eighths = top == 0 ? 0 : (height * 8 + top - 1) / top;
    line += kBlocks[std::min<std::uint64_t>(eighths, 8)];
  }
  return line;
}

class Writer {
 public:
  explicit Writer(const Story& story) : story_{story} {}

  std::string write() {
    for (const std::string& sentence : introduction_of(story_)) line("{}", sentence);
    out_ += '\n';
    line("{}", headline_of(story_));
    if (story_.burst) out_ += '\n';
    moments();
    if (!story_.burst) return std::move(out_);
    const Burst& burst = *story_.burst;
    out_ += '\n';
    chart(burst);
    times(burst);
    shares(burst);
    ends(burst);
    bursts();
    return std::move(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  // What happened when, in seconds since the first arrival.
  void moments() {
    const core::TimePoint zero = story_.burst ? story_.burst->began : story_.began;
    for (const Moment& moment : moments_of(story_)) line("  {:9.3f} s  {}", seconds(moment.at - zero), moment.text);
    const std::vector<std::string> explanations = explanations_of(story_);
    if (!explanations.empty()) out_ += '\n';
    for (const std::string& explanation : explanations) line("{}", explanation);
  }

  void chart(const Burst& burst) {
    std::uint32_t most_running = 0;
    for (const LoadPoint& point : burst.load) most_running = std::max(most_running, point.running);
    line("  waiting  {} {} at most", sparkline(burst, &LoadPoint::waiting, burst.deepest_queue), burst.deepest_queue);
    line("  running  {} {} at most", sparkline(burst, &LoadPoint::running, most_running), most_running);
    line("           0 s{:>57}", fmt::format("{:.3f} s", burst.makespan_s()));
    out_ += '\n';
  }

  void times(const Burst& burst) {
    line("  seconds    count     mean      p50      p90      p95      p99      max");
    const auto row = [this](std::string_view name, const Percentiles& p) {
      line("  {:<8} {:>7} {:8.3f} {:8.3f} {:8.3f} {:8.3f} {:8.3f} {:8.3f}", name, p.count, p.mean_s, p.p50_s, p.p90_s,
           p.p95_s, p.p99_s, p.max_s);
    };
    row("wait", burst.wait);
    row("service", burst.service);
    row("total", burst.total);
    const double span = burst.makespan_s();
    if (span > 0 && burst.total.count > 0) {
      line("  makespan {:.3f} s, {:.1f} answers a second; the mean answer came {:.3f} s after the first arrival", span,
           static_cast<double>(burst.total.count) / span, burst.mean_completion_s);
    }
    if (burst.wait.count > 0) line("  {:.1f} % of those that got a slot waited for it", 100 * burst.p_wait);
    line("  {:.2f} replica-seconds in {}", story_.replica_seconds, span_text(story_.ended - story_.began));
    out_ += '\n';
  }

  void shares(const Burst& burst) {
    std::uint64_t most = 0;
    for (const auto& [id, share] : burst.shares) most = std::max<std::uint64_t>(most, share);
    std::size_t shown = 0;
    for (const auto& [id, share] : burst.shares) {
      if (++shown > kMostShares) break;
      std::string bar;
      for (std::uint64_t i = 0; i < (std::uint64_t{share} * 40 + most - 1) / most; ++i) bar += "█";
      line("  replica {:<4} {:>6} answered {:5.1f} %  {}", core::to_number(id), share,
           100.0 * share / static_cast<double>(burst.total.count), bar);
    }
    if (shown > kMostShares) line("  and {} more replicas", burst.shares.size() - kMostShares);
    if (!burst.shares.empty()) out_ += '\n';
  }

  void ends(const Burst& burst) {
    std::string statuses;
    for (const auto& [status, count] : burst.statuses)
      statuses += fmt::format("{}{} x {}", statuses.empty() ? "" : ", ", status, count);
    line("  answers  {}", statuses.empty() ? "none" : statuses);
    for (const auto& [status, count] : burst.own_errors)
      line("  errors   {} x {} by the program itself", count, status);
    for (const auto& [reason, count] : burst.rejects) {
      line("  refused  {} by Tenfold: {}", count, journal::to_word(reason));
    }
    if (burst.cancelled > 0) line("  left     {} clients before their answer", burst.cancelled);
    if (burst.went_on > 0) {
      line(
          "  went on  {} in their slots when nobody waited for them any more: the program does not say that it cancels",
          burst.went_on);
    }
    if (burst.retried > 0) line("  retried  {} on another replica", burst.retried);
    if (burst.cold_started > 0) line("  waited   {} for a replica that was starting", burst.cold_started);
    if (story_.busy > 0) {
      line("  busy     {} by replicas that live and took no connection: what came waited on",
           story_.busy == 1 ? "once" : fmt::format("{} times", story_.busy));
    }
    if (burst.missing > 0) line("  missing  {}: how they ended is not in the journal", burst.missing);
    if (has_no_errors(burst)) line("  errors   none");
  }

  void bursts() {
    const std::vector<std::string> lines = bursts_of(story_);
    if (lines.empty()) return;
    line("\nAll bursts, between which the service was empty for more than {}:", span_text(story_.pause));
    for (const std::string& each : lines) line("{}", each);
  }

  static bool has_no_errors(const Burst& burst) {
    return burst.own_errors.empty() && burst.rejects.empty() && burst.cancelled + burst.unfinished + burst.missing == 0;
  }

  const Story& story_;
  std::string out_;
};

}  // namespace

std::string to_text(const Story& story) { return Writer{story}.write(); }

}  // namespace tenfold::report
