// What `tune` tries: which settings there are, and which of them make sense for an app and its requests.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "config/app_config.hpp"
#include "sim/objective.hpp"
#include "sim/scenario.hpp"
#include "sim/tune.hpp"

namespace tenfold::sim {

// The settings that are tried one after the other.
enum class Dimension : std::uint8_t { kMin, kMax, kTarget, kMetric, kPace, kCpu, kSlots };
inline constexpr std::array kDimensions{Dimension::kMin,  Dimension::kMax, Dimension::kTarget, Dimension::kMetric,
                                        Dimension::kPace, Dimension::kCpu, Dimension::kSlots};

// Thread-safe: nothing changes after construction. What it is made of outlives it.
class SearchSpace {
 public:
  SearchSpace(const config::AppConfig& app, const Scenario& scenario, const Objective& objective, bool is_for_aca);

  std::vector<core::PolicyKind> policies() const;
  // Where the search of a policy begins: its targets by the least replicas.
  std::vector<Choice> grid(core::PolicyKind policy) const;
  // The choices that differ in this setting, `choice` itself among them, where there is something to choose.
  std::vector<Choice> neighbours(const Choice& choice, Dimension dimension) const;
  // The one that stands for all that act alike: under a constant count no policy does anything, so it is today's.
  Choice representative(const Choice& choice) const;
  // Without a core for each, replicas that compute only move the wait into the slot.
  bool is_sensible(const Choice& choice) const { return choice.max_replicas <= most_useful(choice.cpu); }

 private:
  std::vector<double> targets_of(const Choice& choice) const;
  std::vector<Choice> with_each_metric(const Choice& choice) const;
  std::uint32_t most_useful(double cpu) const;
  std::uint32_t most_tried(const Choice& choice) const;
  std::vector<double> useful_cpus() const;
  std::vector<std::uint32_t> useful_slots(double cpu) const;

  const config::AppConfig& app_;
  Choice today_;
  double bound_s_ = 0;
  bool has_own_cores_ = false;
  bool computes_ = false;
  bool is_for_aca_ = false;
};

}  // namespace tenfold::sim
