#include "sim/search_space.hpp"

#include <algorithm>
#include <set>

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

bool follows_rules(core::PolicyKind policy) {
  return policy == core::PolicyKind::kAca || policy == core::PolicyKind::kHpa;
}

std::vector<core::Duration> paces_of(core::PolicyKind policy) {
  if (policy == core::PolicyKind::kHpa) return {15s, 5s, 1s};
  if (policy == core::PolicyKind::kKnative) return {60s, 30s, 10s};
  return {};
}

// From `least` to `most`, both among them: coarse ones, and each that is near to the present one.
std::vector<std::uint32_t> counts_between(std::uint32_t least, std::uint32_t most, std::uint32_t present) {
  constexpr std::uint32_t kNear = 4;
  std::set<std::uint32_t> counts{least, most};
  for (const std::uint32_t n : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 8U, 10U, 12U, 16U, 20U, 25U, 30U, 50U, 100U, 200U, 500U})
    counts.insert(std::clamp(n, least, most));
  for (std::uint32_t n = present - std::min(present, kNear); n <= present + kNear; ++n)
    counts.insert(std::clamp(n, least, most));
  return {counts.begin(), counts.end()};
}

template <class T>
std::vector<Choice> with_each(const Choice& choice, T Choice::* setting, const std::vector<T>& values) {
  std::vector<Choice> made;
  for (const T value : values) {
    Choice& other = made.emplace_back(choice);
    other.*setting = value;
    other.min_replicas = std::min(other.min_replicas, other.max_replicas);
  }
  return made;
}

}  // namespace

SearchSpace::SearchSpace(const config::AppConfig& app, const Scenario& scenario, const Objective& objective,
                         bool is_for_aca)
    : app_{app},
      today_{choice_of(app)},
      bound_s_{objective.bound_s},
      has_own_cores_{scenario.has_own_cores},
      computes_{computes(app, scenario)},
      is_for_aca_{is_for_aca} {}

std::vector<core::PolicyKind> SearchSpace::policies() const {
  if (is_for_aca_) return {core::PolicyKind::kAca};
  return {core::PolicyKind::kAca, core::PolicyKind::kHpa, core::PolicyKind::kKnative, core::PolicyKind::kSlo};
}

std::vector<Choice> SearchSpace::grid(core::PolicyKind policy) const {
  Choice base = choice_under(app_, policy);
  base.max_replicas = std::min(base.max_replicas, most_useful(base.cpu));
  std::vector<Choice> made;
  for (const double target : targets_of(base)) {
    base.target = target;
    for (const std::uint32_t min : {0U, 1U, 2U, 4U, 8U}) {
      base.min_replicas = std::min(min, base.max_replicas);
      made.push_back(base);
    }
  }
  return made;
}

std::vector<Choice> SearchSpace::neighbours(const Choice& c, Dimension dimension) const {
  switch (dimension) {
    case Dimension::kMin:
      return with_each(c, &Choice::min_replicas, counts_between(0, c.max_replicas, c.min_replicas));
    case Dimension::kMax:
      return with_each(c, &Choice::max_replicas,
                       counts_between(std::max(1U, c.min_replicas), most_tried(c), c.max_replicas));
    case Dimension::kTarget:
      return with_each(c, &Choice::target, targets_of(c));
    case Dimension::kMetric:
      return with_each_metric(c);
    case Dimension::kPace:
      return with_each(c, &Choice::pace, paces_of(c.policy));
    case Dimension::kCpu:
      return with_each(c, &Choice::cpu, useful_cpus());
    case Dimension::kSlots:
      return with_each(c, &Choice::concurrency, useful_slots(c.cpu));
  }
  return {};
}

Choice SearchSpace::representative(const Choice& choice) const {
  if (choice.min_replicas < choice.max_replicas) return choice;
  const Choice idle = is_for_aca_ ? choice_under(app_, core::PolicyKind::kAca) : today_;
  Choice made = choice;
  made.policy = idle.policy;
  made.metric = idle.metric;
  made.target = idle.target;
  made.pace = idle.pace;
  return made;
}

// Azure takes whole numbers of concurrent requests.
std::vector<double> SearchSpace::targets_of(const Choice& choice) const {
  switch (choice.policy) {
    case core::PolicyKind::kAca:
    case core::PolicyKind::kHpa:
      if (choice.metric == core::RuleKind::kCpu) return {40, 50, 60, 70, 80, 90};
      return {1, 2, 3, 5, 10, 20};
    case core::PolicyKind::kKnative:
      return {40, 55, 70, 85, 100};
    case core::PolicyKind::kPerRequest:
      return {600, 300, 60, 10, 1};
    case core::PolicyKind::kSlo:
      break;
  }
  return {bound_s_, bound_s_ * 0.8, bound_s_ * 0.5, bound_s_ * 0.25};
}

// Another metric's targets mean something else: each of them is tried with it.
std::vector<Choice> SearchSpace::with_each_metric(const Choice& choice) const {
  if (!computes_ || !follows_rules(choice.policy)) return {};
  Choice other = choice;
  other.metric = choice.metric == core::RuleKind::kCpu ? core::RuleKind::kHttp : core::RuleKind::kCpu;
  return with_each(other, &Choice::target, targets_of(other));
}

std::uint32_t SearchSpace::most_useful(double cpu) const {
  const double cores = app_.core.machine.cores;
  if (cores <= 0 || has_own_cores_) return core::kMaxReplicas;
  return std::max(1U, static_cast<std::uint32_t>(cores / std::min(1.0, cpu) + 1e-9));
}

std::uint32_t SearchSpace::most_tried(const Choice& c) const {
  const std::uint32_t most = std::max(app_.core.scale.max_replicas, 2 * c.max_replicas);
  return std::max({1U, c.min_replicas, std::min(most_useful(c.cpu), most)});
}

// With their memory none may have less than the app asks for.
std::vector<double> SearchSpace::useful_cpus() const {
  if (!computes_) return {};
  std::vector<double> cpus;
  for (const double cpu : {0.25, 0.5, 0.75, 1.0, 2.0, 4.0}) {
    const std::uint64_t memory = static_cast<std::uint64_t>(cpu * 0x1p31);
    if (core::to_number(app_.core.replica.memory) <= memory) cpus.push_back(cpu);
  }
  return cpus;
}

// A request is one thread: more of them than CPUs would share one, and be no quicker than one after the other.
std::vector<std::uint32_t> SearchSpace::useful_slots(double cpu) const {
  if (is_for_aca_ || app_.core.replica.is_concurrency_auto) return {};
  std::vector<std::uint32_t> slots;
  for (const std::uint32_t n : {1U, 2U, 4U, 8U}) {
    if (!computes_ || n <= std::max(1.0, cpu)) slots.push_back(n);
  }
  return slots;
}

}  // namespace tenfold::sim
