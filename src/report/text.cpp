// The story for people at a terminal.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "journal/print.hpp"
#include "report/cost.hpp"
#include "report/moments.hpp"
#include "report/requests.hpp"
#include "report/story.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

// A replica that waited for CPU for less of the time that it wanted it had what it wanted.
constexpr double kWorthTelling = 0.1;
// How many replicas' shares are shown at most.
constexpr std::size_t kMostShares = 40;
constexpr std::uint64_t kBar = 24;  // characters of the largest
// And of classes.
constexpr std::size_t kMostClasses = 10;

// The most of a value in each of the columns of time, as a row of blocks.
std::string sparkline(const Burst& burst, std::uint32_t LoadPoint::* value, std::uint32_t top, std::size_t width) {
  constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::vector<std::uint32_t> columns(width);
  const double span = std::max(1e-9, burst.makespan_s());
  std::uint32_t held = 0;
  std::size_t next = 0;
  for (std::size_t column = 0; column < width; ++column) {
    const double until = span * static_cast<double>(column + 1) / static_cast<double>(width);
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
  Writer(const Story& story, std::size_t width) : story_{story}, width_{width} {}

  std::string write() {
    for (const std::string& sentence : introduction_of(story_)) paragraph(sentence);
    out_ += '\n';
    line("{}", headline_of(story_));
    if (story_.burst) out_ += '\n';
    moments();
    if (!story_.burst) return std::move(out_);
    const Burst& burst = *story_.burst;
    out_ += '\n';
    chart(burst);
    times(burst);
    classes(burst);
    shares(burst);
    slowest(burst);
    failed(burst);
    ends(burst);
    cost();
    bursts();
    advice();
    return std::move(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  void paragraph(const std::string& text, std::size_t indent = 0) { line("{}", wrapped(text, width_, indent)); }

  // What happened when, in seconds since the first arrival.
  void moments() {
    const core::TimePoint zero = story_.burst ? story_.burst->began : story_.began;
    for (const Moment& moment : moments_of(story_)) {
      constexpr std::size_t kTime = 15;
      paragraph(fmt::format("  {:9.3f} s  {}", seconds(moment.at - zero), moment.text), kTime);
    }
    const std::vector<std::string> explanations = explanations_of(story_);
    if (!explanations.empty()) out_ += '\n';
    for (const std::string& explanation : explanations) paragraph(explanation);
  }

  void chart(const Burst& burst) {
    const LoadFacts& load = burst.load_facts;
    constexpr std::size_t kBeside = 24;  // characters
    const std::size_t width = std::clamp<std::size_t>(width_ - std::min(width_, kBeside), 20, 60);
    line("  waiting  {} {} at most", sparkline(burst, &LoadPoint::waiting, load.deepest_queue, width),
         load.deepest_queue);
    line("  running  {} {} at most", sparkline(burst, &LoadPoint::running, load.most_running, width),
         load.most_running);
    line("           0 s{:>{}}", fmt::format("{:.3f} s", burst.makespan_s()), width - 3);
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
    for (const auto& [id, share] : burst.shares) most = std::max(most, share);
    std::size_t shown = 0;
    for (const auto& [id, share] : burst.shares) {
      if (++shown > kMostShares) break;
      std::string bar;
      for (std::uint64_t i = 0; i < (share * kBar + most - 1) / most; ++i) bar += "█";
      line("  replica {:<4} {:>6} answered {:5.1f} %  {}{}", core::to_number(id), share,
           100.0 * static_cast<double>(share) / static_cast<double>(burst.total.count), bar, use_text(id));
    }
    if (shown > kMostShares) line("  and {} more replicas", burst.shares.size() - kMostShares);
    if (!burst.shares.empty()) out_ += '\n';
  }

  // What is to be said of a replica besides its share.
  std::string use_text(core::ReplicaId id) const {
    const auto replica = std::ranges::find(story_.replicas, id, &ReplicaStory::id);
    if (replica == story_.replicas.end()) return {};
    std::string text;
    if (replica->failed > 0) text += fmt::format("  {} failed", replica->failed);
    if (replica->sampled > core::Duration::zero()) {
      constexpr double kMebi = 1024.0 * 1024.0;
      text += fmt::format("  {:.0f} % CPU, {:.0f} MiB", 100 * seconds(replica->cpu) / seconds(replica->sampled),
                          static_cast<double>(core::to_number(replica->most_memory)) / kMebi);
      const double wanted_s = seconds(replica->cpu + replica->cpu_wait);
      const double waited = wanted_s > 0 ? seconds(replica->cpu_wait) / wanted_s : 0;
      if (waited >= kWorthTelling)
        text += fmt::format(", waited for CPU {:.0f} % of the time it wanted it", 100 * waited);
    }
    return text;
  }

  // Where requests have more than one class.
  void classes(const Burst& burst) {
    const std::vector<GroupStory>& groups = burst.classes;
    if (groups.size() < 2) return;
    line("  class       count   failed  wait p50      p95  serv.p50      p95  total p95");
    for (std::size_t i = 0; i < std::min(kMostClasses, groups.size()); ++i) {
      const GroupStory& g = groups[i];
      line("  {:<8} {:>8} {:>8} {:9.3f} {:8.3f} {:9.3f} {:8.3f} {:10.3f}", g.name.empty() ? "(none)" : g.name,
           g.requests, g.failed, g.wait.p50_s, g.wait.p95_s, g.service.p50_s, g.service.p95_s, g.total.p95_s);
    }
    if (groups.size() > kMostClasses) line("  and {} more classes", groups.size() - kMostClasses);
    out_ += '\n';
  }

  // A line of a table, cut where it is too long.
  void row(std::string text) {
    while (width_of(text) > width_ && width_ > 1) {
      text.pop_back();
      if (width_of(text) == width_ - 1) text += "…";
    }
    line("{}", text);
  }

  void rows(std::string_view what, const std::vector<RequestStory>& requests) {
    line("  {}", what);
    row(request_head());
    for (const RequestStory& request : requests) row(request_row(story_, request));
    out_ += '\n';
  }

  // Only where some were slower than others: all that is to be said of a few stands above.
  void slowest(const Burst& burst) {
    if (burst.arrivals <= Burst::kNamed) return;
    rows(story_.has_journal ? "the slowest (`--request N` tells one's life, `--requests` lists all)" : "the slowest",
         burst.slowest);
  }

  void failed(const Burst& burst) {
    if (burst.failed.empty()) return;
    const bool are_some = burst.failures > burst.failed.size();
    rows(are_some ? fmt::format("the first of {} that failed", burst.failures) : "those that failed", burst.failed);
  }

  // A line of what became of the burst; its words begin below each other.
  template <class... Args>
  void fact(fmt::format_string<Args...> format, Args&&... args) {
    constexpr std::size_t kName = 11;
    paragraph("  " + fmt::format(format, std::forward<Args>(args)...), kName);
  }

  void ends(const Burst& burst) {
    std::string statuses;
    for (const auto& [status, count] : burst.statuses)
      statuses += fmt::format("{}{} x {}", statuses.empty() ? "" : ", ", status, count);
    fact("answers  {}", statuses.empty() ? "none" : statuses);
    for (const auto& [status, count] : burst.own_errors) fact("errors   {} x {} by the program itself", count, status);
    for (const auto& [reason, count] : burst.rejects) {
      fact("refused  {} by Tenfold: {}", count, journal::to_word(reason));
    }
    if (burst.cancelled > 0) fact("left     {} clients before their answer", burst.cancelled);
    if (burst.went_on > 0) {
      fact("went on  {} in their slots when nobody waited for them any more: the program does not say that it cancels",
           burst.went_on);
    }
    if (burst.retried > 0) fact("retried  {} on another replica", burst.retried);
    if (burst.cold_started > 0) fact("waited   {} for a replica that was starting", burst.cold_started);
    if (story_.busy > 0) {
      fact("busy     {} by replicas that live and took no connection: what came waited on",
           story_.busy == 1 ? "once" : fmt::format("{} times", story_.busy));
    }
    if (burst.missing > 0) fact("missing  {}: how they ended is not in the journal", burst.missing);
    if (has_no_errors(burst)) fact("errors   none");
  }

  void cost() {
    const std::vector<std::string> sentences = cost_sentences(story_);
    if (sentences.empty()) return;
    out_ += '\n';
    for (const std::string& sentence : sentences) paragraph(sentence);
  }

  void bursts() {
    const std::vector<std::string> lines = bursts_of(story_);
    if (lines.empty()) return;
    line("\nAll bursts, between which the service was empty for more than {}:", span_text(story_.pause));
    for (const std::string& each : lines) line("{}", each);
  }

  void advice() {
    if (!story_.advice.empty()) line("\nThe same requests, decided by the same core in simulation:");
    for (const AdviceStory& each : story_.advice) {
      paragraph("  " + each.sentence, 4);
      line("    {}", each.command);
    }
    if (!story_.no_advice.empty()) paragraph("\n" + story_.no_advice);
  }

  static bool has_no_errors(const Burst& burst) {
    return burst.own_errors.empty() && burst.rejects.empty() && burst.cancelled + burst.unfinished + burst.missing == 0;
  }

  const Story& story_;
  std::size_t width_;
  std::string out_;
};

}  // namespace

std::string to_text(const Story& story, std::size_t width) { return Writer{story, width}.write(); }

}  // namespace tenfold::report
