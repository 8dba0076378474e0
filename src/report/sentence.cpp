// Decisions in words.
#include <cmath>

#include <fmt/format.h>

#include "report/story.hpp"

namespace tenfold::report {

namespace {

std::string replicas(std::uint32_t count) { return fmt::format("{} replica{}", count, count == 1 ? "" : "s"); }

// What changed, or why nothing did.
std::string outcome(const core::RecordDecision& d) {
  if (d.starts > 0) return fmt::format("started {}", d.starts);
  if (d.drains > 0) return fmt::format("sent {} away", d.drains);
  return "nothing to start or stop";
}

std::string rule(const core::RecordDecision& d) {
  std::string text =
      fmt::format("{:.2f} requests in flight on average since the last look, at {:g} for each replica, ask for {}",
                  d.metric, d.target, d.recommended);
  if (d.stabilized > d.recommended)
    text += fmt::format("; kept at {} by the largest recommendation of the stabilization window", d.stabilized);
  if (d.stabilized < d.recommended) text += fmt::format("; {} in this step, from {}", d.stabilized, d.current);
  if (d.desired > d.stabilized) text += fmt::format("; min is {}", d.desired);
  if (d.desired < d.stabilized) text += fmt::format("; max is {}", d.desired);
  return text;
}

}  // namespace

std::string to_sentence(const core::RecordDecision& d) {
  switch (d.cause) {
    case core::DecisionCause::kInitial:
      return fmt::format("the service begins with {}", replicas(d.desired));
    case core::DecisionCause::kRule:
      return fmt::format("{}: {} wanted, {} there, {}", rule(d), d.desired, d.current, outcome(d));
    case core::DecisionCause::kActivation:
      return "a request came and no replica was there: started 1";
    case core::DecisionCause::kReplaced:
      return fmt::format("a replica was lost, {} wanted: {}", d.desired, outcome(d));
    case core::DecisionCause::kBackoff:
      return fmt::format("{} failed start{} in a row: the next is tried in {:.1f} s", d.failures,
                         d.failures == 1 ? "" : "s", std::chrono::duration<double>{d.pause}.count());
    case core::DecisionCause::kShutdown:
      return fmt::format("shutting down: {} running, {} waiting", d.running, d.waiting);
  }
  return {};
}

}  // namespace tenfold::report
