#include "sim/tune.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "journal/print.hpp"

namespace tenfold::sim {

namespace {

core::ScaleRule* http_rule(std::vector<core::ScaleRule>& rules) {
  const auto found = std::ranges::find(rules, core::RuleKind::kHttp, &core::ScaleRule::kind);
  return found == rules.end() ? nullptr : &*found;
}

double target_of(const core::Settings& settings, core::PolicyKind policy) {
  if (policy == core::PolicyKind::kSlo) return std::chrono::duration<double>{settings.scale.slo.target}.count();
  if (policy == core::PolicyKind::kKnative) return settings.scale.knative.container_concurrency_target_percentage;
  const auto& rules = settings.scale.rules;
  const auto found = std::ranges::find(rules, core::RuleKind::kHttp, &core::ScaleRule::kind);
  return found == rules.end() ? core::kDefaultConcurrentRequests : found->target;
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

std::vector<std::uint32_t> counts_up_to(std::uint32_t most, std::uint32_t least) {
  std::vector<std::uint32_t> counts;
  for (const std::uint32_t n : {0U, 1U, 2U, 3U, 4U, 6U, 8U, 10U, 12U, 16U, 20U, 30U, 50U, 100U, 200U, 500U, 1000U}) {
    if (n >= least && n < most) counts.push_back(n);
  }
  counts.push_back(most);
  return counts;
}

class Search {
 public:
  Search(const config::AppConfig& app, const Scenario& scenario, const Objective& objective, const TuneHooks& hooks)
      : app_{app}, scenario_{scenario}, objective_{objective}, hooks_{hooks} {}

  std::expected<Tuning, std::string> run() {
    const Choice today = today_choice();
    const auto first = attempt(today);
    if (!first) return std::unexpected(error_);
    tuning_.today = *first;
    for (std::size_t k = 0; k < core::kPolicyKinds && !is_over(); ++k) search(static_cast<core::PolicyKind>(k), today);
    if (!error_.empty()) return std::unexpected(error_);
    tuning_.best = *best_;
    tuning_.was_interrupted = was_interrupted_;
    return std::move(tuning_);
  }

 private:
  Choice today_choice() const {
    const core::Settings& s = app_.core;
    return {.policy = s.scale.policy,
            .min_replicas = s.scale.min_replicas,
            .max_replicas = s.scale.max_replicas,
            .concurrency = s.replica.concurrency,
            .cpu = s.replica.cpu,
            .target = target_of(s, s.scale.policy)};
  }

  bool is_over() const { return was_interrupted_ || !error_.empty(); }

  // Rough first: targets and the least replicas; then one setting after the other.
  void search(core::PolicyKind policy, const Choice& today) {
    std::optional<Trial> best;
    Choice base = today;
    base.policy = policy;
    base.max_replicas = std::min(base.max_replicas, most_useful(base.cpu));
    for (const double target : targets_of(policy, objective_)) {
      base.target = target;
      for (const std::uint32_t min : {0U, 1U, 2U, 4U, 8U}) {
        base.min_replicas = std::min(min, base.max_replicas);
        consider(base, best);
        if (is_over()) return;
      }
    }
    for (bool helps = true; helps && !is_over();) {
      const Choice before = best->choice;
      descend(best, &Choice::min_replicas, counts_up_to(best->choice.max_replicas, 0));
      descend(best, &Choice::max_replicas,
              counts_up_to(std::max(today.max_replicas, 2 * best->choice.max_replicas),
                           std::max(1U, best->choice.min_replicas)));
      descend(best, &Choice::target, targets_of(policy, objective_));
      // Slots of a replica that computes only share its CPU: the wait would move into the slot, and be no shorter.
      const bool computes = app_.core.machine.cores > 0;
      if (computes) descend(best, &Choice::cpu, {0.25, 0.5, 0.75, 1.0, 2.0});
      if (!computes && !app_.core.replica.is_concurrency_auto) descend(best, &Choice::concurrency, {1, 2, 4, 8});
      helps = best->choice != before;
    }
  }

  template <class T>
  void descend(std::optional<Trial>& best, T Choice::* setting, const std::vector<T>& values) {
    for (const T value : values) {
      Choice choice = best->choice;
      choice.*setting = value;
      choice.min_replicas = std::min(choice.min_replicas, choice.max_replicas);
      consider(choice, best);
      if (is_over()) return;
    }
  }

  // Replicas that compute and want more than the cores only move the wait into the slot.
  std::uint32_t most_useful(double cpu) const {
    const double cores = app_.core.machine.cores;
    if (cores <= 0) return core::kMaxReplicas;
    return std::max(1U, static_cast<std::uint32_t>(cores / std::min(1.0, cpu) + 1e-9));
  }

  void consider(const Choice& choice, std::optional<Trial>& best) {
    if (choice.max_replicas > most_useful(choice.cpu)) return;
    const auto trial = attempt(choice);
    if (trial && (!best || is_better(*trial, *best))) best = trial;
  }

  bool is_better(const Trial& a, const Trial& b) const {
    if (a.is_met != b.is_met) return a.is_met;
    if (a.is_met) return std::pair{a.cost, a.measure_s} < std::pair{b.cost, b.measure_s};
    return std::tuple{a.rejected, a.measure_s, a.cost} < std::tuple{b.rejected, b.measure_s, b.cost};
  }

  std::optional<Trial> attempt(const Choice& choice) {
    if (const auto known = known_.find(choice); known != known_.end()) return known->second;
    const config::AppConfig app = with(app_, choice);
    Scenario scenario = scenario_;
    scenario.service_scale = std::min(1.0, app_.core.replica.cpu) / std::min(1.0, choice.cpu);
    const auto result =
        run_scenario(app, scenario, {.progress = [this](const Result&) {
                       return !hooks_.progress || hooks_.progress(tuning_.trials.size(), best_.value_or(Trial{}));
                     }});
    if (!result) {
      error_ = result.error();
      return std::nullopt;
    }
    if (result->was_interrupted) {
      was_interrupted_ = true;
      return std::nullopt;
    }
    const Trial trial{.choice = choice,
                      .cost = hooks_.cost(*result, app),
                      .measure_s = objective_.measure(*result),
                      .p95_wait_s = result->wait.percentile_s(0.95),
                      .mean_total_s = result->total.mean_s(),
                      .replica_s = result->replica_s,
                      .rejected = result->rejected,
                      .is_met = objective_.is_met(*result)};
    known_.emplace(choice, trial);
    tuning_.trials.push_back(trial);
    if (!best_ || is_better(trial, *best_)) best_ = trial;
    if (hooks_.progress && !hooks_.progress(tuning_.trials.size(), *best_)) was_interrupted_ = true;
    return trial;
  }

  const config::AppConfig& app_;
  const Scenario& scenario_;
  const Objective& objective_;
  const TuneHooks& hooks_;
  std::map<Choice, Trial> known_;
  std::optional<Trial> best_;
  Tuning tuning_;
  std::string error_;
  bool was_interrupted_ = false;
};

}  // namespace

config::AppConfig with(const config::AppConfig& app, const Choice& choice) {
  config::AppConfig made = app;
  core::ScaleSettings& scale = made.core.scale;
  scale.policy = choice.policy;
  scale.min_replicas = choice.min_replicas;
  scale.max_replicas = choice.max_replicas;
  made.core.replica.concurrency = choice.concurrency;
  made.core.replica.cpu = choice.cpu;
  switch (choice.policy) {
    case core::PolicyKind::kSlo:
      scale.slo.target = std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>{choice.target});
      break;
    case core::PolicyKind::kKnative:
      scale.knative.container_concurrency_target_percentage = choice.target;
      break;
    case core::PolicyKind::kAca:
    case core::PolicyKind::kHpa:
      if (core::ScaleRule* rule = http_rule(scale.rules)) {
        rule->target = choice.target;
      } else if (choice.target != core::kDefaultConcurrentRequests || !scale.rules.empty()) {
        scale.rules.push_back({.name = "http", .kind = core::RuleKind::kHttp, .target = choice.target});
      }
      break;
  }
  return made;
}

std::string to_words(const Choice& choice) {
  const std::string_view name = journal::to_word(choice.policy);
  const std::string target = choice.policy == core::PolicyKind::kSlo ? fmt::format("{:g} ms", choice.target * 1000)
                             : choice.policy == core::PolicyKind::kKnative ? fmt::format("{:g} %", choice.target)
                                                                           : fmt::format("target {:g}", choice.target);
  const std::string replicas = choice.min_replicas == choice.max_replicas
                                   ? fmt::format("{} replicas", choice.max_replicas)
                                   : fmt::format("{} to {} replicas", choice.min_replicas, choice.max_replicas);
  return fmt::format("{} {}, {} of {} slot{} and {:g} CPU", name, target, replicas, choice.concurrency,
                     choice.concurrency == 1 ? "" : "s", choice.cpu);
}

std::expected<Tuning, std::string> tune(const config::AppConfig& app, const Scenario& scenario,
                                        const Objective& objective, const TuneHooks& hooks) {
  return Search{app, scenario, objective, hooks}.run();
}

}  // namespace tenfold::sim
