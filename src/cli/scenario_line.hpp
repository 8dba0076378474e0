// The part of a command line that describes a simulation: `simulate` and `tune` take the same.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>

#include "report/summary.hpp"
#include "sim/scenario.hpp"

namespace tenfold::cli {

// Must outlive the command that it was added to.
class ScenarioLine {
 public:
  void add_to(CLI::App& command);
  std::expected<sim::Scenario, std::string> read() const;
  // --cores is the app's setting, and can say more here.
  std::expected<void, std::string> apply_cores(config::AppConfig& app) const;

 private:
  bool has_own_cores() const { return cores_ == "own"; }

  sim::Scenario scenario_;
  const CLI::Option* service_ = nullptr;
  std::string cores_;
  std::string requests_;
  std::string duration_;
  std::string begin_;
  std::string warm_up_;
  std::string idle_memory_;
  std::string nodes_;
  std::string cores_taken_;
  std::string rate_scale_;
  std::string seed_;
};

// The numbers of a run for people and scripts.
report::Summary to_summary(const sim::ScenarioResult& result, const config::AppConfig& app, std::string label);

// The currency of the app's prices.
std::string cost_unit(const config::AppConfig& app);

// Settings that mean nothing to a simulation.
std::vector<std::string_view> not_simulated();

// Turns SIGINT into a flag for as long as it lives.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  static bool was_interrupted();
};

}  // namespace tenfold::cli
