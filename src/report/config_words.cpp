#include "report/config_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "journal/print.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

std::string slots_text(const core::ReplicaSettings& replica) {
  return replica.is_concurrency_auto ? "slots by measurement" : counted(replica.concurrency, "slot");
}

std::string rule_text(const core::ScaleRule& rule) {
  const std::string name = rule.name.empty() ? "" : fmt::format(" '{}'", rule.name);
  if (rule.kind == core::RuleKind::kSchedule) return fmt::format("{}{}", journal::to_word(rule.kind), name);
  return fmt::format("{}{} at {:g}", journal::to_word(rule.kind), name, rule.target);
}

// What the policy goes by.
std::string rules_text(const core::ScaleSettings& scale) {
  if (scale.policy == core::PolicyKind::kPerRequest)
    return fmt::format("an idle replica stays for {}", setting_text(scale.per_request.keep_alive));
  std::vector<std::string> rules;
  const bool is_slo = scale.policy == core::PolicyKind::kSlo;
  if (is_slo) rules.push_back(fmt::format("95th percentile of the wait within {}", setting_text(scale.slo.target)));
  for (const core::ScaleRule& rule : scale.rules) rules.push_back(rule_text(rule));
  if (rules.empty()) rules.push_back(fmt::format("http at {:g}", core::kDefaultConcurrentRequests));
  return fmt::format("{}", fmt::join(rules, ", "));
}

// Puts every difference that has a name into `changes`, and makes the two alike in it.
class Differ {
 public:
  Differ(const core::Settings& before, const core::Settings& after) : before_{before}, after_{after} {}

  std::vector<std::string> find() {
    const std::string rules_before = rules_text(before_.scale);  // which depends on the policy
    number("min", before_.scale.min_replicas, after_.scale.min_replicas);
    number("max", before_.scale.max_replicas, after_.scale.max_replicas);
    number("warm", before_.scale.warm, after_.scale.warm);
    text("policy", before_.scale.policy, after_.scale.policy, journal::to_word);
    if (rules_before != rules_text(after_.scale)) {
      changes_.push_back(fmt::format("{} -> {}", rules_before, rules_text(after_.scale)));
    }
    before_.scale.rules = after_.scale.rules;
    before_.scale.slo = after_.scale.slo;
    before_.scale.per_request = after_.scale.per_request;
    if (slots_text(before_.replica) != slots_text(after_.replica)) {
      changes_.push_back(fmt::format("{} -> {}", slots_text(before_.replica), slots_text(after_.replica)));
    }
    before_.replica.concurrency = after_.replica.concurrency;
    before_.replica.is_concurrency_auto = after_.replica.is_concurrency_auto;
    number("queue", before_.queue.max_waiting, after_.queue.max_waiting);
    if (!(before_ == after_)) changes_.emplace_back("other settings");
    return std::move(changes_);
  }

 private:
  void number(std::string_view name, std::uint32_t& before, std::uint32_t after) {
    if (before != after) changes_.push_back(fmt::format("{} {} -> {}", name, before, after));
    before = after;
  }
  void text(std::string_view name, core::PolicyKind& before, core::PolicyKind after,
            std::string_view (*word)(core::PolicyKind)) {
    if (before != after) changes_.push_back(fmt::format("{} {} -> {}", name, word(before), word(after)));
    before = after;
  }

  core::Settings before_;
  core::Settings after_;
  std::vector<std::string> changes_;
};

}  // namespace

std::string settings_text(const core::Settings& settings) {
  const core::ScaleSettings& scale = settings.scale;
  return fmt::format("policy {} ({}), {} to {} of {}", journal::to_word(scale.policy), rules_text(scale),
                     scale.min_replicas, counted(scale.max_replicas, "replica"), slots_text(settings.replica));
}

std::vector<std::string> changes_between(const core::Settings& before, const core::Settings& after) {
  return Differ{before, after}.find();
}

std::string change_text(const core::Settings& before, const core::Settings& after) {
  const std::vector<std::string> changes = changes_between(before, after);
  if (changes.empty()) return "the configuration was read again: limits, rules and policy are as they were";
  return fmt::format("the configuration changed: {}", fmt::join(changes, ", "));
}

}  // namespace tenfold::report
