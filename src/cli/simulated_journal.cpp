#include "cli/simulated_journal.hpp"

#include <limits>
#include <utility>

#include <fmt/format.h>

#include "journal/files.hpp"

namespace tenfold::cli {

namespace {

// A buffer holds many times as many, however large they are but for a checkpoint, which passes alone.
constexpr std::uint64_t kStepsAtOnce = 4096;

}  // namespace

std::expected<std::unique_ptr<SimulatedJournal>, std::string> SimulatedJournal::open(const std::string& directory,
                                                                                     journal::ServiceNote note,
                                                                                     std::chrono::seconds begins_at) {
  journal::Disk& disk = journal::real_disk();
  if (!journal::files_of(disk, directory).empty())
    return std::unexpected(fmt::format("there is a journal in {} already: name another directory", directory));
  std::unique_ptr<SimulatedJournal> made{new SimulatedJournal{std::move(note), begins_at}};
  auto writer = journal::Writer::open(
      disk, directory,
      {.files = std::numeric_limits<std::size_t>::max() / 2,
       .on_trouble =
           [keeper = made.get()](const std::string& what) {
             if (keeper->trouble_.empty()) keeper->trouble_ = what;
           },
       .unix_time_at_zero =
           [keeper = made.get()] {
             const core::TimePoint zero = keeper->zero_ == core::kNever ? core::TimePoint{} : keeper->zero_;
             return std::chrono::nanoseconds{keeper->begins_at_ - zero.time_since_epoch()}.count();
           }});
  if (!writer) return std::unexpected(writer.error());
  made->writer_ = std::move(*writer);
  return made;
}

void SimulatedJournal::beginning(const core::Service& service) {
  writer_->checkpoint(service.save());
  writer_->note(note_);
}

void SimulatedJournal::opened(core::TimePoint zero, const std::vector<std::string>& class_names) {
  zero_ = zero;
  for (std::size_t n = 0; n < class_names.size(); ++n) {
    writer_->note(journal::ClassNote{
        .at = zero, .klass = core::RequestClass{static_cast<std::uint32_t>(n) + 1}, .name = class_names[n]});
  }
}

void SimulatedJournal::stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                               const core::Service& service) {
  writer_->step(now, event, actions);
  // A file begins with the wall clock at the core's zero, which follows from the workload's: until that is known, all
  // waits.
  if (++unwritten_steps_ >= kStepsAtOnce && zero_ != core::kNever) write();
  if (writer_->needs_checkpoint()) writer_->checkpoint(service.save());
}

// The writer lets records gather, and tries a disk that failed again, by a clock. A simulation's stands still in a
// burst, so this one only counts the calls.
void SimulatedJournal::write() {
  unwritten_steps_ = 0;
  for (int call = 0; call < 2; ++call) {
    writer_clock_ += std::chrono::seconds{1};
    writer_->write_pending(writer_clock_);
  }
}

std::expected<void, std::string> SimulatedJournal::finish() {
  writer_->finish();
  if (writer_->lost() == 0) return {};
  return std::unexpected(
      fmt::format("{} records are not in the journal{}{}", writer_->lost(), trouble_.empty() ? "" : ": ", trouble_));
}

}  // namespace tenfold::cli
