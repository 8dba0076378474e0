#include "sim/tune.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <tuple>
#include <utility>

#include "sim/search_space.hpp"
#include "sim/trial_runner.hpp"

namespace tenfold::sim {

namespace {

// Seeds that finalists are judged by, and those that they have not seen.
constexpr std::uint64_t kFirst = 5;
constexpr std::uint64_t kJudging = 20;
constexpr std::uint64_t kUnseen = 40;
constexpr double kShareOfUnseen = 0.95;
// What is dearer than the best by more is not worth judging: means differ from single runs by less.
constexpr double kWorthJudging = 1.03;
constexpr std::size_t kMostJudged = 60;
// So many of those that lost the race are judged to the end, for one that meets the objective too.
constexpr std::size_t kMostRunnersUp = 3;

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

// A finalist and the runs that it is judged by.
struct Contender {
  Finalist finalist;
  std::vector<Replication> runs;
  bool is_judged_to_the_end = false;
};

bool is_better(const Contender& a, const Contender& b) { return is_better(a.finalist, b.finalist); }

// Under the same seeds: it is dearer, or as dear, beyond the scatter of the differences.
bool has_lost(const Contender& contender, const Contender& best) {
  if (!best.finalist.is_met) return false;
  std::vector<double> dearer;
  for (std::size_t i = 0; i < std::min(contender.runs.size(), best.runs.size()); ++i)
    dearer.push_back(contender.runs[i].cost - best.runs[i].cost);
  const Estimate difference = estimate(dearer);
  return difference.mean - difference.half_width >= 0;
}

class Search {
 public:
  Search(const config::AppConfig& app, const Scenario& scenario, const Objective& objective, const TuneOptions& options)
      : today_{choice_of(app)},
        seed_{scenario.seed},
        objective_{objective},
        options_{options},
        space_{app, scenario, objective, options.is_for_aca},
        runner_{app, scenario, objective, options} {}

  std::expected<Tuning, std::string> run() {
    attempt({today_});
    if (tuning_.trials.empty()) return std::unexpected(error_);
    tuning_.today = tuning_.trials.front();
    for (const core::PolicyKind policy : space_.policies()) search(policy);
    judge_all();
    refine();
    choose();
    if (!error_.empty()) return std::unexpected(error_);
    tuning_.was_interrupted = was_interrupted_;
    return std::move(tuning_);
  }

 private:
  bool is_over() const { return was_interrupted_ || !error_.empty(); }

  // ---- one run of each choice

  // Rough first: targets and the least replicas; then one setting after the other.
  void search(core::PolicyKind policy) {
    std::optional<Trial> best = best_of(space_.grid(policy));
    while (best && !is_over()) {
      const Choice before = best->choice;
      for (const Dimension dimension : kDimensions) {
        const auto found = best_of(space_.neighbours(best->choice, dimension));
        if (found && is_better(*found, *best)) best = found;
      }
      if (best->choice == before) return;
    }
  }

  // As chosen, though another may stand for it: the search goes on from there under the same policy.
  std::optional<Trial> best_of(const std::vector<Choice>& choices) {
    std::optional<Trial> best;
    attempt(choices);
    for (const Choice& choice : choices) {
      const Trial* trial = known(choice);
      if (!trial || (best && !is_better(*trial, *best))) continue;
      best = *trial;
      best->choice = choice;
    }
    return best;
  }

  const Trial* known(const Choice& choice) const {
    const auto found = known_.find(space_.representative(choice));
    return found == known_.end() ? nullptr : &found->second;
  }

  // Simulates those that were not yet, under the scenario's seed.
  void attempt(const std::vector<Choice>& choices) {
    std::vector<TrialRunner::Job> jobs;
    for (const Choice& one : choices) {
      const bool is_today = tuning_.trials.empty();
      const Choice choice = is_today ? one : space_.representative(one);
      if (known_.contains(choice) || (!space_.is_sensible(choice) && !is_today)) continue;
      if (std::ranges::find(jobs, choice, &TrialRunner::Job::choice) == jobs.end())
        jobs.push_back({.choice = choice, .seed = seed_});
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
  std::vector<Trial> simulate(const std::vector<TrialRunner::Job>& jobs) {
    std::vector<Trial> trials;
    if (is_over() || jobs.empty()) return trials;
    const auto outcomes = runner_.run(jobs, [this] {
      return !options_.progress || options_.progress(tuning_.trials.size(), best_trial_.value_or(Trial{}));
    });
    for (const TrialRunner::Outcome& outcome : outcomes) {
      was_interrupted_ = was_interrupted_ || outcome.was_interrupted;
      if (!outcome.error.empty()) error_ = outcome.error;
      if (is_over()) break;
      trials.push_back(outcome.trial);
    }
    return trials;
  }

  // ---- many runs of the best

  // From the cheapest on, until what comes is too dear to win.
  void judge_all() {
    std::vector<Trial> candidates = tuning_.trials;
    std::ranges::stable_sort(candidates, [](const Trial& a, const Trial& b) { return is_better(a, b); });
    for (const Trial& candidate : candidates) {
      const Contender* best = best_contender();
      if (is_over() || contenders_.size() >= kMostJudged) return;
      if (best && best->finalist.is_met && candidate.cost > best->finalist.trial.cost * kWorthJudging) return;
      if (!candidate.is_met && best) return;
      judge_one(candidate);
    }
  }

  // From the best finalist each setting once more, as long as that helps.
  void refine() {
    while (!is_over() && contenders_.size() < 2 * kMostJudged) {
      const Contender* best = best_contender();
      if (!best || !best->finalist.is_met) return;
      const Choice before = best->finalist.trial.choice;
      for (const Dimension dimension : kDimensions) {
        const std::vector<Choice> choices = space_.neighbours(best_contender()->finalist.trial.choice, dimension);
        attempt(choices);
        for (const Choice& choice : choices) {
          const Trial* trial = known(choice);
          if (!trial || !trial->is_met || is_over()) continue;
          if (trial->cost < best_contender()->finalist.trial.cost) judge_one(*trial);
        }
      }
      if (best_contender()->finalist.trial.choice == before) return;
    }
  }

  // A few seeds first: most that fail or are too dear do so there.
  void judge_one(const Trial& trial) {
    const bool was_judged = std::ranges::any_of(
        contenders_, [&trial](const Contender& c) { return c.finalist.trial.choice == trial.choice; });
    if (was_judged) return;
    Contender made{.finalist = {.trial = trial}};
    judge_by(kFirst, made);
    const Contender* best = best_contender();
    if (!best || !has_lost(made, *best)) judge_to_the_end(made);
    if (!is_over()) contenders_.push_back(std::move(made));
  }

  void judge_to_the_end(Contender& contender) {
    contender.is_judged_to_the_end = true;
    Finalist& finalist = contender.finalist;
    if (finalist.judged.met < finalist.judged.seeds) return;
    judge_by(kJudging, contender);
    if (!finalist.judged.is_met) return;
    std::vector<Replication> others;
    replicate(finalist.trial.choice, seed_ + kJudging, kUnseen, others);
    finalist.unseen = judge(others, objective_);
    finalist.is_met =
        static_cast<double>(finalist.unseen.met) >= kShareOfUnseen * static_cast<double>(finalist.unseen.seeds);
  }

  void judge_by(std::uint64_t seeds, Contender& contender) {
    replicate(contender.finalist.trial.choice, seed_, seeds, contender.runs);
    contender.finalist.judged = judge(contender.runs, objective_);
  }

  // Until there are so many, under `first` and the seeds after it.
  void replicate(const Choice& choice, std::uint64_t first, std::uint64_t seeds, std::vector<Replication>& made) {
    std::vector<TrialRunner::Job> jobs;
    for (std::uint64_t n = made.size(); n < seeds; ++n) jobs.push_back({.choice = choice, .seed = first + n});
    for (const Trial& trial : simulate(jobs))
      made.push_back({.cost = trial.cost, .measure_s = trial.measure_s, .is_met = trial.is_met});
  }

  const Contender* best_contender() const {
    const auto best =
        std::ranges::min_element(contenders_, [](const Contender& a, const Contender& b) { return is_better(a, b); });
    return best == contenders_.end() ? nullptr : &*best;
  }

  // Where nobody was judged, for an interruption, the best by one seed.
  void choose() {
    const Contender* best = best_contender();
    tuning_.best = best ? best->finalist : Finalist{.trial = *best_trial_};
    tuning_.runner_up = runner_up();
  }

  // Of another policy if there is one.
  std::optional<Finalist> runner_up() {
    std::vector<Contender*> others;
    for (Contender& contender : contenders_) {
      if (contender.finalist.trial.choice != tuning_.best.trial.choice) others.push_back(&contender);
    }
    std::ranges::stable_sort(others, {}, [this](const Contender* c) {
      const Finalist& f = c->finalist;
      const bool is_same_policy = f.trial.choice.policy == tuning_.best.trial.choice.policy;
      return std::tuple{is_same_policy, f.judged.met < f.judged.seeds, f.judged.cost.mean};
    });
    if (others.empty()) return std::nullopt;
    for (Contender* contender : others | std::views::take(kMostRunnersUp)) {
      if (!contender->is_judged_to_the_end) judge_to_the_end(*contender);
      if (contender->finalist.is_met) return contender->finalist;
    }
    return others.front()->finalist;
  }

  Choice today_;
  std::uint64_t seed_ = 1;
  const Objective& objective_;
  const TuneOptions& options_;
  SearchSpace space_;
  TrialRunner runner_;
  std::map<Choice, Trial> known_;
  std::optional<Trial> best_trial_;
  std::vector<Contender> contenders_;
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
