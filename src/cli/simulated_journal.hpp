// Writes what is simulated into a journal, which `explain`, `journal replay` and `--workload journal:DIR` read as that
// of a service.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "journal/writer.hpp"
#include "sim/world.hpp"

namespace tenfold::cli {

// Nothing is lost but by a disk that fails, and no file is removed, however many there are.
class SimulatedJournal final : public sim::StepObserver {
 public:
  // `note` says what is simulated; at the workload's zero the wall clock says `begins_at`, since 1970. The error says
  // why there can be no journal in `directory`: there is one already, or it cannot be written.
  static std::expected<std::unique_ptr<SimulatedJournal>, std::string> open(const std::string& directory,
                                                                            journal::ServiceNote note,
                                                                            std::chrono::seconds begins_at);

  void beginning(const core::Service& service) override;
  void opened(core::TimePoint zero, const std::vector<std::string>& class_names) override;
  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;

  // The run has ended. The error says that the journal is not all there, and why.
  std::expected<void, std::string> finish();

 private:
  SimulatedJournal(journal::ServiceNote note, std::chrono::seconds begins_at)
      : note_{std::move(note)}, begins_at_{begins_at} {}
  void write();

  std::unique_ptr<journal::Writer> writer_;
  journal::ServiceNote note_;
  std::chrono::seconds begins_at_;
  core::TimePoint zero_ = core::kNever;
  core::TimePoint writer_clock_{};
  std::uint64_t unwritten_steps_ = 0;
  std::string trouble_;  // the first
};

}  // namespace tenfold::cli
