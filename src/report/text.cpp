// The story for people.
#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>

#include <fmt/format.h>

#include "journal/print.hpp"
#include "report/story.hpp"

namespace tenfold::report {

namespace {

double seconds(core::Duration span) { return std::chrono::duration<double>{span}.count(); }

std::string span_text(core::Duration span) {
  const double s = seconds(span);
  return s < 1 ? fmt::format("{:.1f} ms", s * 1000) : fmt::format("{:.2f} s", s);
}

std::string clock_text(const Story& story, core::TimePoint at) {
  const std::int64_t ns = at.time_since_epoch().count() + story.unix_time_at_zero_ns;
  const std::time_t whole = ns / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return fmt::format("{}.{:03} UTC", text.data(), ns / 1'000'000 % 1000);
}

std::string names(std::vector<core::ReplicaId> replicas) {
  std::ranges::sort(replicas);
  std::vector<std::uint32_t> numbers;
  numbers.reserve(replicas.size());
  for (const core::ReplicaId id : replicas) numbers.push_back(core::to_number(id));
  return fmt::format("replica{} {}", numbers.size() == 1 ? "" : "s", fmt::join(numbers, ", "));
}

// How many of a distribution lie in each of the columns, as a row of blocks.
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
  for (const std::uint32_t height : columns) {
    const std::uint32_t eighths = top == 0 ? 0 : (height * 8 + top - 1) / top;
    line += kBlocks[std::min<std::uint32_t>(eighths, 8)];
  }
  return line;
}

class Writer {
 public:
  explicit Writer(const Story& story) : story_{story} {}

  std::string write() {
    head();
    if (!story_.burst) {
      line("No request arrived.");
      decisions(story_.began, story_.ended);
      return std::move(out_);
    }
    const Burst& burst = *story_.burst;
    moments(burst);
    chart(burst);
    times(burst);
    shares(burst);
    ends(burst);
    return std::move(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  void head() {
    line("Tenfold {} served `{}` at {} for {}.", story_.version, story_.command, story_.endpoint,
         span_text(story_.ended - story_.began));
    if (story_.records_lost > 0) line("The journal has gaps: {} records were lost.", story_.records_lost);
    if (story_.bursts > 1) {
      line("{} requests in {} bursts; this is the story of the largest.", story_.requests, story_.bursts);
    }
    out_ += '\n';
  }

  // What happened when, in seconds since the first arrival.
  void moments(const Burst& burst) {
    line("{} request{} from {}", burst.requests.size(), burst.requests.size() == 1 ? "" : "s",
         clock_text(story_, burst.began));
    out_ += '\n';
    std::vector<std::pair<core::TimePoint, std::string>> all;
    const auto at = [&all](core::TimePoint time, std::string text) { all.emplace_back(time, std::move(text)); };
    arrivals(burst, at);
    if (burst.deepest_queue > 0)
      at(burst.deepest_at, fmt::format("the queue is deepest: {} wait", burst.deepest_queue));
    for (const DecisionStory& decision : story_.decisions) {
      if (decision.at >= burst.began && is_told(burst, decision)) at(decision.at, to_sentence(decision.decision));
    }
    replicas(burst, at);
    if (const auto empty = queue_empty_at(burst)) at(*empty, "the queue is empty: the last one that waited has a slot");
    at(burst.ended, burst.unfinished > 0 ? fmt::format("the journal ends; {} are still under way", burst.unfinished)
                                         : "the last request ends");
    std::ranges::stable_sort(all, {}, &std::pair<core::TimePoint, std::string>::first);
    for (const auto& [time, text] : all) line("  {:9.3f} s  {}", seconds(time - burst.began), text);
    explain_scale(burst);
    out_ += '\n';
  }

  template <class At>
  void arrivals(const Burst& burst, At at) {
    std::vector<core::ReplicaId> first;
    for (const RequestStory& request : burst.requests) {
      if (request.dispatched == request.arrived && std::ranges::find(first, request.replica) == first.end())
        first.push_back(request.replica);
    }
    const std::string within =
        burst.requests.size() == 1 ? "" : " within " + span_text(burst.last_arrival - burst.began);
    const std::string slots =
        first.empty() ? "none found a free slot"
                      : fmt::format("{} took a free slot on arrival ({})", burst.took_slots_at_once, names(first));
    at(burst.began, fmt::format("{} arrive{}; {}", burst.requests.size(), within, slots));
  }

  // Of decisions after the burst only those that changed something.
  static bool is_told(const Burst& burst, const DecisionStory& decision) {
    const core::RecordDecision& d = decision.decision;
    return decision.at <= burst.ended || d.starts > 0 || d.drains > 0 || d.cause == core::DecisionCause::kBackoff;
  }

  template <class At>
  void replicas(const Burst& burst, At at) {
    for (const ReplicaStory& replica : story_.replicas) {
      const std::uint32_t n = core::to_number(replica.id);
      if (replica.ready && replica.started && *replica.ready >= burst.began) {
        at(*replica.ready,
           fmt::format("replica {} is ready, {} after its start", n, span_text(*replica.ready - *replica.started)));
      }
      if (replica.exited && *replica.exited >= burst.began) {
        at(*replica.exited, fmt::format("replica {} is gone: it {}", n, replica.exit.empty() ? "ended" : replica.exit));
      }
    }
  }

  static std::optional<core::TimePoint> queue_empty_at(const Burst& burst) {
    std::optional<core::TimePoint> empty;
    for (std::size_t i = 1; i < burst.load.size(); ++i) {
      if (burst.load[i].waiting == 0 && burst.load[i - 1].waiting > 0) empty = burst.load[i].at;
    }
    return empty;
  }

  void explain_scale(const Burst& burst) {
    const bool has_started = std::ranges::any_of(story_.decisions, [&](const DecisionStory& d) {
      return d.at >= burst.began && d.at <= burst.ended && d.decision.starts > 0;
    });
    const bool has_looked = std::ranges::any_of(story_.decisions, [&](const DecisionStory& d) {
      return d.at >= burst.began && d.at <= burst.ended && d.decision.cause == core::DecisionCause::kRule;
    });
    if (has_started) return;
    out_ += '\n';
    if (has_looked) {
      line("No replica was started: the decisions above say why.");
    } else {
      line("No replica was started: the scale rule did not look between the first arrival and the last answer.");
    }
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
    if (span > 0)
      line("  makespan {:.3f} s, {:.1f} answers a second", span, static_cast<double>(burst.total.count) / span);
    out_ += '\n';
  }

  void shares(const Burst& burst) {
    std::uint32_t most = 0;
    for (const auto& [id, share] : burst.shares) most = std::max(most, share);
    for (const auto& [id, share] : burst.shares) {
      std::string bar;
      for (std::uint32_t i = 0; i < (share * 40 + most - 1) / most; ++i) bar += "█";
      line("  replica {:<4} {:>6} answered {:5.1f} %  {}", core::to_number(id), share,
           100.0 * share / static_cast<double>(burst.total.count), bar);
    }
    if (!burst.shares.empty()) out_ += '\n';
  }

  void ends(const Burst& burst) {
    std::string statuses;
    for (const auto& [status, count] : burst.statuses)
      statuses += fmt::format("{}{} x {}", statuses.empty() ? "" : ", ", status, count);
    line("  answers  {}", statuses.empty() ? "none" : statuses);
    for (const auto& [reason, count] : burst.rejects) line("  refused  {}: {}", count, journal::to_word(reason));
    if (burst.cancelled > 0) line("  left     {} clients before their answer", burst.cancelled);
    if (burst.retried > 0) line("  retried  {} on another replica", burst.retried);
    if (burst.cold_started > 0) line("  waited   {} for a replica that was starting", burst.cold_started);
    if (burst.rejects.empty() && burst.cancelled == 0 && burst.unfinished == 0) line("  errors   none");
  }

  void decisions(core::TimePoint from, core::TimePoint until) {
    for (const DecisionStory& decision : story_.decisions) {
      if (decision.at >= from && decision.at <= until && is_change(decision.decision)) {
        line("  {:9.3f} s  {}", seconds(decision.at - from), to_sentence(decision.decision));
      }
    }
  }
  static bool is_change(const core::RecordDecision& d) {
    return d.starts > 0 || d.drains > 0 || d.cause != core::DecisionCause::kRule;
  }

  const Story& story_;
  std::string out_;
};

}  // namespace

std::string to_text(const Story& story) { return Writer{story}.write(); }

}  // namespace tenfold::report
