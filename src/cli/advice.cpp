#include "cli/advice.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <expected>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/again.hpp"
#include "config/app_config.hpp"
#include "core/words.hpp"
#include "report/words.hpp"

namespace tenfold::cli {

namespace {

// Each simulation reads the whole journal: of more requests that takes too long to be done unasked.
constexpr std::uint64_t kMostRequests = 20'000;
constexpr std::chrono::seconds kLongest{2};
// Smaller differences are none.
constexpr double kMatters = 0.1;

// What is changed of how it was.
struct Variant {
  std::string words;  // "under slo"
  std::string flags;  // of `simulate`, beside those of the scenario
  std::optional<core::PolicyKind> policy;
  std::optional<double> cores;
  std::optional<std::uint32_t> min_replicas;
};

struct Outcome {
  double makespan_s = 0;
  double wait_p95_s = 0;
};

bool differs(double value, double from) { return std::abs(value - from) > kMatters * from; }

class Adviser {
 public:
  Adviser(report::Story& story, const std::string& directory)
      : story_{story}, burst_{*story.burst}, again_{again(story, directory)} {}

  // Why nothing can be said; empty where it can.
  std::string advise() {
    const auto taken = sim::take_over(app_, again_.scenario);
    if (!taken) return fmt::format("No other settings were tried: {}.", taken.error());
    const auto as_it_was = run({});
    if (!as_it_was) return as_it_was.error();
    const double measured = burst_.makespan_s();
    if (differs(as_it_was->makespan_s, measured)) {
      return fmt::format(
          "No other settings were tried: simulated as it was, this ends after {:.2f} s and not after {:.2f} s, so the "
          "simulation lacks something that mattered ({}).",
          as_it_was->makespan_s, measured, again_.command);
    }
    for (const Variant& variant : variants()) {
      const auto outcome = run(variant);
      if (!outcome) return outcome.error();
      compare(variant, *outcome, *as_it_was);
    }
    return {};
  }

 private:
  std::vector<Variant> variants() const {
    using core::PolicyKind;
    std::vector<Variant> all;
    for (const PolicyKind policy :
         {PolicyKind::kSlo, PolicyKind::kAca, PolicyKind::kHpa, PolicyKind::kKnative, PolicyKind::kPerRequest}) {
      if (policy == app_.core.scale.policy) continue;
      const std::string word{core::to_word(policy)};
      const std::string what = policy == PolicyKind::kAca ? "on Azure as documented" : "under " + word;
      all.push_back({.words = what, .flags = " --policy " + word, .policy = policy});
    }
    const double cores = app_.core.machine.cores;
    const auto most = static_cast<double>(app_.core.scale.max_replicas * app_.core.replica.concurrency);
    if (cores > 0 && cores < most) {
      all.push_back(
          {.words = fmt::format("with {:g} cores", most), .flags = fmt::format(" --cores {:g}", most), .cores = most});
    }
    if (app_.core.scale.min_replicas < app_.core.scale.max_replicas) {
      const std::uint32_t max = app_.core.scale.max_replicas;
      all.push_back({.words = fmt::format("with {} from the beginning", report::counted(max, "replica")),
                     .flags = fmt::format(" --min-replicas {}", max),
                     .min_replicas = max});
    }
    return all;
  }

  std::expected<Outcome, std::string> run(const Variant& variant) const {
    config::AppConfig app = app_;
    if (variant.policy) app.core.scale.policy = *variant.policy;
    if (variant.cores) app.core.machine.cores = *variant.cores;
    if (variant.min_replicas) app.core.scale.min_replicas = *variant.min_replicas;
    if (const auto finished = config::finish(app); !finished)
      return std::unexpected(fmt::format("No other settings were tried: {}.", finished.error()));
    const sim::RunHooks hooks{.progress = [this](const sim::Result&) { return Clock::now() < until_; }};
    const auto result = sim::run_scenario(app, again_.scenario, hooks);
    if (!result) return std::unexpected(fmt::format("No other settings were tried: {}.", result.error()));
    if (result->was_interrupted) return std::unexpected("What else was to be tried took too long.");
    return Outcome{.makespan_s = report::seconds(result->makespan), .wait_p95_s = result->wait.percentile_s(0.95)};
  }

  // Both against what was measured and against its own simulation, so that a mistake of that is no advice.
  void compare(const Variant& variant, const Outcome& outcome, const Outcome& as_it_was) {
    const auto matters = [](double value, double measured, double simulated) {
      return differs(value, measured) && differs(value, simulated);
    };
    std::string sentence;
    if (matters(outcome.makespan_s, burst_.makespan_s(), as_it_was.makespan_s)) {
      sentence = fmt::format("{} this would have ended after {:.3f} s instead of {:.3f} s", variant.words,
                             outcome.makespan_s, burst_.makespan_s());
    } else if (matters(outcome.wait_p95_s, burst_.wait.p95_s, as_it_was.wait_p95_s)) {
      sentence = fmt::format("{} 95 % would have waited no longer than {:.3f} s instead of {:.3f} s", variant.words,
                             outcome.wait_p95_s, burst_.wait.p95_s);
    }
    if (sentence.empty()) return;
    story_.advice.push_back({.sentence = sentence,
                             .command = again_.command + variant.flags,
                             .makespan_s = outcome.makespan_s,
                             .wait_p95_s = outcome.wait_p95_s});
  }

  using Clock = std::chrono::steady_clock;

  report::Story& story_;
  const report::Burst& burst_;
  config::AppConfig app_;
  Again again_;
  Clock::time_point until_ = Clock::now() + kLongest;
};

}  // namespace

void add_advice(report::Story& story, const std::string& directory) {
  // Of what did not wait there is nothing to be said, and what has not ended is not known.
  if (!story.burst || story.burst->wait.max_s == 0 || story.burst->unfinished > 0) return;
  if (story.records_lost > 0 || story.damaged_places > 0) return;
  if (const std::string why = settings_unknown(story); !why.empty()) {
    story.no_advice = fmt::format("No other settings were tried: {}.", why);
  } else if (story.requests > kMostRequests) {
    story.no_advice =
        fmt::format("No other settings were tried: {} requests are more than {}.", story.requests, kMostRequests);
  } else {
    story.no_advice = Adviser{story, directory}.advise();
  }
}

}  // namespace tenfold::cli
