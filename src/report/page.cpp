// The story as one HTML file that needs nothing else: no scripts, no fonts, no network.
#include <iterator>

#include <fmt/format.h>

#include "journal/print.hpp"
#include "report/cost.hpp"
#include "report/moments.hpp"
#include "report/page_frame.hpp"
#include "report/story.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

class Page {
 public:
  explicit Page(const Story& story) : story_{story} {}

  std::string write() {
    add("<h1>{}</h1>\n<p>", escape_xml(headline_of(story_)));
    for (const std::string& sentence : introduction_of(story_)) add("{} ", escape_xml(sentence));
    out_ += "</p>\n";
    if (story_.burst) add("<figure>\n{}</figure>\n", to_svg(story_));
    moments();
    if (story_.burst) times(*story_.burst);
    replicas();
    cost();
    advice();
    return page_of("Tenfold: what happened", out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  core::TimePoint zero() const { return story_.burst ? story_.burst->began : story_.began; }

  void moments() {
    out_ +=
        "<h2>What happened</h2>\n<div class=\"wide\"><table><tr><th>second</th><th class=\"words\">what</th></tr>\n";
    for (const Moment& moment : moments_of(story_)) {
      add("<tr><td>{:.3f}</td><td class=\"words\">{}</td></tr>\n", seconds(moment.at - zero()),
          escape_xml(moment.text));
    }
    out_ += "</table></div>\n";
    for (const std::string& explanation : explanations_of(story_)) add("<p>{}</p>\n", escape_xml(explanation));
  }

  void times(const Burst& burst) {
    out_ += "<h2>Times, in seconds</h2>\n<div class=\"wide\"><table><tr><th class=\"words\"></th>";
    for (const std::string_view name : {"count", "mean", "p50", "p90", "p95", "p99", "max"}) add("<th>{}</th>", name);
    out_ += "</tr>\n";
    const auto row = [this](std::string_view name, const Percentiles& p) {
      add("<tr><td class=\"words\">{}</td><td>{}</td>", name, p.count);
      for (const double value : {p.mean_s, p.p50_s, p.p90_s, p.p95_s, p.p99_s, p.max_s}) add("<td>{:.3f}</td>", value);
      out_ += "</tr>\n";
    };
    row("wait", burst.wait);
    row("service", burst.service);
    row("total", burst.total);
    add("</table></div>\n<p>Makespan {:.3f} s; the mean answer came {:.3f} s after the first arrival; {:.1f} % of "
        "those that "
        "got a "
        "slot waited for it.</p>\n",
        burst.makespan_s(), burst.mean_completion_s, 100 * burst.p_wait);
    ends(burst);
  }

  void ends(const Burst& burst) {
    out_ += "<p>Answers:";
    for (const auto& [status, count] : burst.statuses) add(" {} with status {}.", count, status);
    for (const auto& [status, count] : burst.own_errors) {
      add(" {} with status {} came from the program itself.", count, status);
    }
    for (const auto& [reason, count] : burst.rejects) {
      add(" Tenfold refused {}: {}.", count, journal::to_word(reason));
    }
    if (burst.missing > 0) add(" How {} ended is not in the journal.", burst.missing);
    if (burst.cancelled > 0) add(" {} clients left before theirs.", burst.cancelled);
    if (burst.went_on > 0) add(" {} went on in their slots when nobody waited for them any more.", burst.went_on);
    if (burst.retried > 0) add(" {} requests were tried again.", burst.retried);
    if (burst.unfinished > 0) add(" {} requests are still under way.", burst.unfinished);
    out_ += "</p>\n";
  }

  void replicas() {
    out_ += "<h2>Replicas</h2>\n<div class=\"wide\"><table><tr><th>replica</th>";
    for (const std::string_view name :
         {"started", "ready", "cold start", "drained", "gone", "replica-seconds", "answered"}) {
      add("<th>{}</th>", name);
    }
    out_ += "<th class=\"words\">how it ended</th></tr>\n";
    for (const ReplicaStory& replica : story_.replicas) {
      add("<tr><td>{}</td>", core::to_number(replica.id));
      cell(replica.started, zero());
      cell(replica.ready, zero());
      cell(replica.started ? replica.ready : std::nullopt, replica.started.value_or(zero()));
      cell(replica.drained, zero());
      cell(replica.exited, zero());
      add("<td>{:.2f}</td><td>{}</td><td class=\"words\">{}</td></tr>\n", replica.seconds, replica.answered,
          escape_xml(replica.exit));
    }
    add("</table></div>\n<p>{:.2f} replica-seconds altogether. Times are seconds since the {}.</p>\n",
        story_.replica_seconds, story_.burst ? "first arrival" : "beginning");
  }

  void cost() {
    const std::vector<std::string> sentences = cost_sentences(story_);
    if (sentences.empty()) return;
    out_ += "<h2>Cost</h2>\n<p>";
    for (const std::string& sentence : sentences) add("{} ", escape_xml(sentence));
    out_ += "</p>\n";
  }

  void advice() {
    if (story_.advice.empty()) return;
    out_ +=
        "<h2>What else would have come of it</h2>\n<p>The same requests, decided by the same core in simulation.</p>\n";
    for (const AdviceStory& each : story_.advice)
      add("<p>{}<br><code>{}</code></p>\n", escape_xml(each.sentence), escape_xml(each.command));
  }

  void cell(const std::optional<core::TimePoint>& time, core::TimePoint since) {
    if (time) {
      add("<td>{:.3f}</td>", seconds(*time - since));
    } else {
      out_ += "<td></td>";
    }
  }

  const Story& story_;
  std::string out_;
};

}  // namespace

std::string to_html(const Story& story) { return Page{story}.write(); }

}  // namespace tenfold::report
