#include "sim/trial_runner.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace tenfold::sim {

std::vector<TrialRunner::Outcome> TrialRunner::run(const std::vector<Job>& jobs,
                                                   const std::function<bool()>& go_on) const {
  std::vector<Outcome> outcomes(jobs.size());
  std::atomic<std::size_t> next = 0;
  // Guards the caller's `go_on`: an answer is wanted at once, which no message would give.
  std::mutex mutex;
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) {
      outcomes[i] = run_one(jobs[i], [&] {
        const std::scoped_lock lock{mutex};
        return go_on();
      });
    }
  };
  const std::size_t others = std::min<std::size_t>(std::max(1U, options_.jobs), jobs.size()) - 1;
  std::vector<std::jthread> threads;
  threads.reserve(others);
  for (std::size_t i = 0; i < others; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return outcomes;
}

TrialRunner::Outcome TrialRunner::run_one(const Job& job, const std::function<bool()>& go_on) const {
  const config::AppConfig app = with(app_, job.choice);
  Scenario scenario = scenario_;
  scenario.seed = job.seed;
  const auto result = run_scenario(app, scenario, {.progress = [&go_on](const Result&) { return go_on(); }});
  if (!result) return {.error = result.error()};
  if (result->was_interrupted) return {.was_interrupted = true};
  return {.trial = {.choice = job.choice,
                    .cost = options_.cost(*result, app),
                    .measure_s = objective_.measure(*result),
                    .p95_wait_s = result->wait.percentile_s(0.95),
                    .mean_total_s = result->total.mean_s(),
                    .replica_s = result->replica_s,
                    .rejected = result->rejected,
                    .is_met = objective_.is_met(*result)}};
}

}  // namespace tenfold::sim
