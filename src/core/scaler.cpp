#include "core/scaler.hpp"

#include <algorithm>
#include <utility>

#include "core/queue/request_table.hpp"

namespace tenfold::core {

Scaler::Scaler(const Settings& settings, const ReplicaSet& replicas, const RequestTable& requests,
               const ServiceTimes& times, const std::uint32_t& decided)
    : settings_{settings},
      replicas_{replicas},
      requests_{requests},
      times_{times},
      decided_{decided},
      metrics_(settings.scale.rules.size()),
      policy_{make_policy(settings)} {}

void Scaler::start(TimePoint now) {
  signals_.integrated_until = now;
  policy_->start(situation(now));
}

void Scaler::configure(TimePoint now, const Settings& before) {
  const auto& rules = settings_.scale.rules;
  std::vector<MetricRecord> metrics(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto same = [&](const ScaleRule& old) { return old.name == rules[i].name && old.kind == rules[i].kind; };
    const auto old = std::ranges::find_if(before.scale.rules, same);
    if (old != before.scale.rules.end()) {
      metrics[i] = metrics_[static_cast<std::size_t>(old - before.scale.rules.begin())];
    }
  }
  metrics_ = std::move(metrics);
  // Limits are the service's; all else of the scale settings is the policy's.
  ScaleSettings compared = before.scale;
  compared.min_replicas = settings_.scale.min_replicas;
  compared.max_replicas = settings_.scale.max_replicas;
  compared.warm = settings_.scale.warm;
  Checkpoint memory;
  policy_->save(memory);
  policy_ = make_policy(settings_);
  if (compared == settings_.scale) {
    policy_->load(memory);
  } else {
    policy_->start(situation(now));
  }
}

void Scaler::advance(TimePoint now) {
  const auto span = static_cast<double>((now - signals_.integrated_until).count());
  signals_.in_flight += span * (signals_.waiting + signals_.running);
  signals_.integrated_until = now;
}

void Scaler::dispatched(Duration wait) {
  ++signals_.dispatched;
  if (wait > settings_.scale.slo.target) ++signals_.late;
}

void Scaler::observed(TimePoint now, const MetricObserved& metric) {
  if (metric.rule >= metrics_.size() || !metric.is_valid) return;
  metrics_[metric.rule] = {.was_observed = true, .value = metric.value, .at = now};
}

void Scaler::settle(TimePoint now) {
  signals_.waiting = requests_.waiting();
  signals_.running = requests_.running();
  policy_->observe(situation(now));
}

bool Scaler::is_news(const RecordDecision& decision) {
  const NewsRecord news{
      .desired = decision.desired, .rule = decision.rule, .limit = static_cast<std::uint8_t>(decision.limit)};
  const bool has_measured = policy_->polls() && decision.metric > 0;
  const bool changes = decision.starts > 0 || decision.drains > 0 || decision.enlists > 0;
  if (!changes && !has_measured && news == news_) return false;
  news_ = news;
  return true;
}

void Scaler::save(Checkpoint& checkpoint) const {
  checkpoint.signals = signals_;
  checkpoint.metrics = metrics_;
  checkpoint.news = news_;
  policy_->save(checkpoint);
}

void Scaler::load(const Checkpoint& checkpoint) {
  signals_ = checkpoint.signals;
  metrics_ = checkpoint.metrics;
  metrics_.resize(settings_.scale.rules.size());
  news_ = checkpoint.news;
  policy_->load(checkpoint);
}

}  // namespace tenfold::core
