#include "sim/tune.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

// Seeds that finalists are judged by, and those that they have not seen.
constexpr std::uint64_t kFirst = 5;
constexpr std::uint64_t kJudging = 20;
constexpr std::uint64_t kUnseen = 40;
constexpr double kShareOfUnseen = 0.95;
// What is dearer than the best by more is not worth judging: means differ from single runs by less.
constexpr double kWorthJudging = 1.03;
constexpr std::size_t kMostJudged = 60;

double target_of(const core::Settings& settings, core::PolicyKind policy) {
  if (policy == core::PolicyKind::kSlo) return std::chrono::duration<double>{settings.scale.slo.target}.count();
  if (policy == core::PolicyKind::kKnative) return settings.scale.knative.container_concurrency_target_percentage;
  const auto& rules = settings.scale.rules;
  const auto found = std::ranges::find(rules, core::RuleKind::kHttp, &core::ScaleRule::kind);
  return found == rules.end() ? core::kDefaultConcurrentRequests : found->target;
}

core::Duration pace_of(const core::Settings& settings, core::PolicyKind policy) {
  if (policy == core::PolicyKind::kHpa) return settings.scale.hpa.sync_period;
  if (policy == core::PolicyKind::kKnative) return settings.scale.knative.stable_window;
  return {};
}

// Azure takes whole numbers of concurrent requests.
std::vector<double> targets_of(core::PolicyKind policy, const Objective& objective) {
  switch (policy) {
    case core::PolicyKind::kAca:
    case core::PolicyKind::kHpa:
      return {1, 2, 3, 5, 10, 20};
    case core::PolicyKind::kKnative:
      return {40, 55, 70, 85, 100};
    case core::PolicyKind::kSlo:
      break;
  }
  const double bound_s = objective.bound_s;
  return {bound_s, bound_s * 0.8, bound_s * 0.5, bound_s * 0.25};
}

std::vector<core::Duration> paces_of(core::PolicyKind policy) {
  if (policy == core::PolicyKind::kHpa) return {15s, 5s, 1s};
  if (policy == core::PolicyKind::kKnative) return {60s, 30s, 10s};
  return {};
}

std::vector<std::uint32_t> counts_up_to(std::uint32_t most, std::uint32_t least) {
  std::vector<std::uint32_t> counts;
  for (const std::uint32_t n :
       {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 12U, 14U, 16U, 20U, 25U, 30U, 50U, 100U, 200U, 500U, 1000U}) {
    if (n >= least && n < most) counts.push_back(n);
  }
  counts.push_back(most);
  return counts;
}

// What runs of one scenario came to, whichever thread they ran on.
class Runner {
 public:
  struct Job {
    Choice choice;
    std::uint64_t seed = 0;
  };
  struct Outcome {
    Trial trial;
    std::string error;
    bool was_interrupted = false;
  };

  Runner(const config::AppConfig& app, const Scenario& scenario, const Objective& objective, const TuneOptions& options)
      : app_{app}, scenario_{scenario}, objective_{objective}, options_{options} {}

  // In the order of the jobs. `go_on` is asked now and then, by one thread at a time.
  std::vector<Outcome> run(const std::vector<Job>& jobs, const std::function<bool()>& go_on) {
    std::vector<Outcome> outcomes(jobs.size());
    std::atomic<std::size_t> next = 0;
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

 private:
  Outcome run_one(const Job& job, const std::function<bool()>& go_on) const {
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

  const config::AppConfig& app_;
  const Scenario& scenario_;
  const Objective& objective_;
  const TuneOptions& options_;
};

bool is_better(const Trial& a, const Trial& b) {
  if (a.is_met != b.is_met) return a.is_met;
  if (a.is_met) return std::pair{a.cost, a.measure_s} < std::pair{b.cost, b.measure_s};
  return std::tuple{a.rejected, a.measure_s, a.cost} < std::tuple{b.rejected, b.measure_s, b.cost};
}

bool is_better(const Finalist& a, const Finalist& b) {
  if (a.is_met != b.is_met) return a.is_met;
  if (a.is_met) return a.judged.cost.mean < b.judged.cost.mean;
  return std::pair{b.judged.met, a.judged.mean_s} < std::pair{a.judged.met, b.judged.mean_s};
}

class Search {
 public:
  Search(const config::AppConfig& app, const Scenario& scenario, const Objective& objective, const TuneOptions& options)
      : app_{app},
        scenario_{scenario},
        objective_{objective},
        options_{options},
        runner_{app, scenario, objective, options},
        computes_{computes(app, scenario)} {}

  std::expected<Tuning, std::string> run() {
    const Choice today = today_choice();
    attempt({today});
    if (tuning_.trials.empty()) return std::unexpected(error_);
    tuning_.today = tuning_.trials.front();
    for (const core::PolicyKind policy : policies()) search(policy, today);
    judge_all();
    refine();
    if (!error_.empty()) return std::unexpected(error_);
    choose();
    tuning_.was_interrupted = was_interrupted_;
    return std::move(tuning_);
  }

 private:
  std::vector<core::PolicyKind> policies() const {
    if (options_.is_for_aca) return {core::PolicyKind::kAca};
    return {core::PolicyKind::kAca, core::PolicyKind::kHpa, core::PolicyKind::kKnative, core::PolicyKind::kSlo};
  }

  Choice today_choice() const {
    const core::Settings& s = app_.core;
    return {.policy = s.scale.policy,
            .min_replicas = s.scale.min_replicas,
            .max_replicas = s.scale.max_replicas,
            .concurrency = s.replica.concurrency,
            .cpu = s.replica.cpu,
            .target = target_of(s, s.scale.policy),
            .pace = pace_of(s, s.scale.policy)};
  }

  bool is_over() const { return was_interrupted_ || !error_.empty(); }

  // Rough first: targets and the least replicas; then one setting after the other.
  void search(core::PolicyKind policy, const Choice& today) {
    Choice base = today;
    base.policy = policy;
    base.pace = pace_of(app_.core, policy);
    base.max_replicas = std::min(base.max_replicas, most_useful(base.cpu));
    std::vector<Choice> grid;
    for (const double target : targets_of(policy, objective_)) {
      base.target = target;
      for (const std::uint32_t min : {0U, 1U, 2U, 4U, 8U}) {
        base.min_replicas = std::min(min, base.max_replicas);
        grid.push_back(base);
      }
    }
    std::optional<Trial> best = best_of(grid);
    while (best && !is_over()) {
      const Choice before = best->choice;
      for (const Setting setting : kSettings) {
        const auto found = best_of(neighbours(best->choice, setting));
        if (found && is_better(*found, *best)) best = found;
      }
      if (best->choice == before) return;
    }
  }

  // The settings that are tried one after the other.
  enum class Setting : std::uint8_t { kMin, kMax, kTarget, kPace, kCpu, kSlots };
  static constexpr std::array kSettings{Setting::kMin,  Setting::kMax, Setting::kTarget,
                                        Setting::kPace, Setting::kCpu, Setting::kSlots};

  // The choices that differ in this setting.
  std::vector<Choice> neighbours(const Choice& c, Setting setting) const {
    switch (setting) {
      case Setting::kMin:
        return with_each(c, &Choice::min_replicas, counts_up_to(c.max_replicas, 0));
      case Setting::kMax:
        return with_each(c, &Choice::max_replicas, counts_up_to(most_tried(c), std::max(1U, c.min_replicas)));
      case Setting::kTarget:
        return with_each(c, &Choice::target, targets_of(c.policy, objective_));
      case Setting::kPace:
        return with_each(c, &Choice::pace, paces_of(c.policy));
      case Setting::kCpu:
        return with_each(c, &Choice::cpu, useful_cpus());
      case Setting::kSlots:
        return with_each(c, &Choice::concurrency, useful_slots(c.cpu));
    }
    return {};
  }

  std::uint32_t most_tried(const Choice& c) const {
    const std::uint32_t most = std::max(app_.core.scale.max_replicas, 2 * c.max_replicas);
    return std::max({1U, c.min_replicas, std::min(most_useful(c.cpu), most)});
  }

  template <class T>
  static std::vector<Choice> with_each(const Choice& choice, T Choice::* setting, const std::vector<T>& values) {
    std::vector<Choice> made;
    for (const T value : values) {
      made.push_back(choice);
      made.back().*setting = value;
      made.back().min_replicas = std::min(made.back().min_replicas, made.back().max_replicas);
    }
    return made;
  }

  // Without a core for each, replicas that compute only move the wait into the slot.
  std::uint32_t most_useful(double cpu) const {
    const double cores = app_.core.machine.cores;
    if (cores <= 0 || scenario_.has_own_cores) return core::kMaxReplicas;
    return std::max(1U, static_cast<std::uint32_t>(cores / std::min(1.0, cpu) + 1e-9));
  }

  // With their memory none may have less than the app asks for.
  std::vector<double> useful_cpus() const {
    if (!computes_) return {};
    std::vector<double> cpus;
    for (const double cpu : {0.25, 0.5, 0.75, 1.0, 2.0, 4.0}) {
      const std::uint64_t memory = static_cast<std::uint64_t>(cpu * 0x1p31);
      if (core::to_number(app_.core.replica.memory) <= memory) cpus.push_back(cpu);
    }
    return cpus;
  }

  // A request is one thread: more of them than CPUs would share one, and be no quicker than one after the other.
  std::vector<std::uint32_t> useful_slots(double cpu) const {
    if (options_.is_for_aca || app_.core.replica.is_concurrency_auto) return {};
    std::vector<std::uint32_t> slots;
    for (const std::uint32_t n : {1U, 2U, 4U, 8U}) {
      if (!computes_ || n <= std::max(1.0, cpu)) slots.push_back(n);
    }
    return slots;
  }

  std::optional<Trial> best_of(const std::vector<Choice>& choices) {
    std::optional<Trial> best;
    attempt(choices);
    for (const Choice& choice : choices) {
      const auto known = known_.find(choice);
      if (known != known_.end() && (!best || is_better(known->second, *best))) best = known->second;
    }
    return best;
  }

  // Simulates those that were not yet, under the scenario's seed.
  void attempt(const std::vector<Choice>& choices) {
    std::vector<Runner::Job> jobs;
    for (const Choice& choice : choices) {
      const bool is_today = tuning_.trials.empty();
      if (known_.contains(choice) || (choice.max_replicas > most_useful(choice.cpu) && !is_today)) continue;
      const bool is_listed =
          std::ranges::any_of(jobs, [&choice](const Runner::Job& job) { return job.choice == choice; });
      if (!is_listed) jobs.push_back({.choice = choice, .seed = scenario_.seed});
    }
    for (const Trial& trial : simulate(jobs)) {
      known_.emplace(trial.choice, trial);
      tuning_.trials.push_back(trial);
      if (!best_trial_ || is_better(trial, *best_trial_)) best_trial_ = trial;
      if (options_.progress && !options_.progress(tuning_.trials.size(), *best_trial_)) {
        was_interrupted_ = true;
        return;
      }
    }
  }

  // As far as none was interrupted or wrong.
  std::vector<Trial> simulate(const std::vector<Runner::Job>& jobs) {
    std::vector<Trial> trials;
    if (is_over() || jobs.empty()) return trials;
    const auto outcomes = runner_.run(jobs, [this] {
      return !options_.progress || options_.progress(tuning_.trials.size(), best_trial_.value_or(Trial{}));
    });
    for (const Runner::Outcome& outcome : outcomes) {
      was_interrupted_ = was_interrupted_ || outcome.was_interrupted;
      if (!outcome.error.empty()) error_ = outcome.error;
      if (is_over()) break;
      trials.push_back(outcome.trial);
    }
    return trials;
  }

  // ---- finalists

  // From the cheapest on, until what comes is too dear to win.
  void judge_all() {
    std::vector<Trial> candidates = tuning_.trials;
    std::ranges::stable_sort(candidates, [](const Trial& a, const Trial& b) { return is_better(a, b); });
    for (const Trial& candidate : candidates) {
      const Finalist* best = best_finalist();
      if (is_over() || finalists_.size() >= kMostJudged) return;
      if (best && best->is_met && candidate.cost > best->trial.cost * kWorthJudging) return;
      if (!candidate.is_met && best) return;
      judge_one(candidate);
    }
  }

  // From the best finalist each setting once more, as long as that helps.
  void refine() {
    while (!is_over() && finalists_.size() < 2 * kMostJudged) {
      const Finalist* best = best_finalist();
      if (!best || !best->is_met) return;
      const Choice before = best->trial.choice;
      for (const Setting setting : kSettings) {
        const std::vector<Choice> choices = neighbours(best_finalist()->trial.choice, setting);
        attempt(choices);
        for (const Choice& choice : choices) {
          const auto known = known_.find(choice);
          if (known == known_.end() || !known->second.is_met) continue;
          if (known->second.cost < best_finalist()->trial.cost && !is_over()) judge_one(known->second);
        }
      }
      if (best_finalist()->trial.choice == before) return;
    }
  }

  void judge_one(const Trial& trial) {
    const bool was_judged =
        std::ranges::any_of(finalists_, [&trial](const Finalist& f) { return f.trial.choice == trial.choice; });
    if (was_judged) return;
    Finalist made{.trial = trial};
    // A few first: most that fail do so there.
    std::vector<Replication> replications;
    for (const std::uint64_t seeds : {kFirst, kJudging}) {
      replicate(trial.choice, scenario_.seed, seeds, replications);
      if (is_over()) return;
      made.judged = judge(replications, objective_);
      if (made.judged.met < made.judged.seeds) break;
    }
    if (made.judged.is_met && made.judged.seeds == kJudging) {
      std::vector<Replication> others;
      replicate(trial.choice, scenario_.seed + kJudging, kUnseen, others);
      made.unseen = judge(others, objective_);
      if (is_over()) return;
      made.is_met = static_cast<double>(made.unseen.met) >= kShareOfUnseen * static_cast<double>(made.unseen.seeds);
    }
    finalists_.push_back(made);
  }

  // Until there are so many, under `first` and the seeds after it.
  void replicate(const Choice& choice, std::uint64_t first, std::uint64_t seeds, std::vector<Replication>& made) {
    std::vector<Runner::Job> jobs;
    for (std::uint64_t n = made.size(); n < seeds; ++n) jobs.push_back({.choice = choice, .seed = first + n});
    for (const Trial& trial : simulate(jobs))
      made.push_back({.cost = trial.cost, .measure_s = trial.measure_s, .is_met = trial.is_met});
  }

  const Finalist* best_finalist() const {
    const auto best =
        std::ranges::min_element(finalists_, [](const Finalist& a, const Finalist& b) { return is_better(a, b); });
    return best == finalists_.end() ? nullptr : &*best;
  }

  // Where nobody was judged, for an interruption, the best by one seed. The runner-up is the best of another policy if
  // there is one.
  void choose() {
    std::ranges::stable_sort(finalists_, [](const Finalist& a, const Finalist& b) { return is_better(a, b); });
    tuning_.best = finalists_.empty() ? Finalist{.trial = *best_trial_} : finalists_.front();
    if (finalists_.size() < 2) return;
    const auto other = std::ranges::find_if(
        finalists_, [this](const Finalist& f) { return f.trial.choice.policy != tuning_.best.trial.choice.policy; });
    tuning_.runner_up = other == finalists_.end() ? finalists_[1] : *other;
  }

  const config::AppConfig& app_;
  const Scenario& scenario_;
  const Objective& objective_;
  const TuneOptions& options_;
  Runner runner_;
  bool computes_ = false;
  std::map<Choice, Trial> known_;
  std::optional<Trial> best_trial_;
  std::vector<Finalist> finalists_;
  Tuning tuning_;
  std::string error_;
  bool was_interrupted_ = false;
};

}  // namespace

std::expected<Tuning, std::string> tune(const config::AppConfig& app, const Scenario& scenario,
                                        const Objective& objective, const TuneOptions& options) {
  return Search{app, scenario, objective, options}.run();
}

}  // namespace tenfold::sim
