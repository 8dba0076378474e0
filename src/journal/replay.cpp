#include "journal/replay.hpp"

#include <algorithm>
#include <memory>
#include <variant>

#include <fmt/format.h>

#include "journal/codec.hpp"
#include "journal/print.hpp"
#include "journal/reader.hpp"

namespace tenfold::journal {

namespace {

// Byte for byte, as they stand in the journal: numbers that compare equal and are not the same differ here.
std::string encoded(const core::Action& action) {
  std::string bytes;
  Encoder{bytes}.put(action);
  return bytes;
}

std::string describe_difference(const Place& place, const Step& step, const core::Actions& replayed) {
  for (std::size_t i = 0; i < std::max(step.actions.size(), replayed.size()); ++i) {
    const bool is_recorded = i < step.actions.size();
    const bool is_replayed = i < replayed.size();
    if (is_recorded && is_replayed && encoded(step.actions[i]) == encoded(replayed[i])) continue;
    return fmt::format("{}\n  event     {}\n  recorded  {}\n  replayed  {}", place.to_string(), to_string(step.event),
                       is_recorded ? to_string(step.actions[i]) : "nothing",
                       is_replayed ? to_string(replayed[i]) : "nothing");
  }
  return {};
}

class Replayer {
 public:
  explicit Replayer(const Reader& reader) : reader_{reader} {}

  void take(const core::Checkpoint& checkpoint) { service_ = std::make_unique<core::Service>(checkpoint); }
  void take(const Gap& gap) {
    result_.records_lost += gap.lost;
    service_.reset();
  }
  void take(const Step& step) {
    if (!service_) {
      ++result_.steps_unproved;
      return;
    }
    actions_.clear();
    service_->handle(step.now, step.event, actions_);
    ++result_.steps;
    result_.actions += step.actions.size();
    result_.difference = describe_difference(reader_.place(), step, actions_);
  }
  template <class Note>
  void take(const Note&) {}

  ReplayResult& result() { return result_; }

 private:
  const Reader& reader_;
  std::unique_ptr<core::Service> service_;
  core::Actions actions_;
  ReplayResult result_;
};

}  // namespace

std::expected<ReplayResult, std::string> replay(const std::filesystem::path& directory, Disk& disk) {
  auto reader = Reader::open(directory, disk);
  if (!reader) return std::unexpected(reader.error());
  Replayer replayer{*reader};
  while (const auto record = reader->next()) {
    const bool is_of_core = std::holds_alternative<Step>(*record) || std::holds_alternative<core::Checkpoint>(*record);
    if (is_of_core && !reader->is_current()) {
      return std::unexpected(
          fmt::format("{}: another version of the core recorded it, and only that one replays it; `explain` reads it",
                      reader->place().to_string()));
    }
    std::visit([&](const auto& r) { replayer.take(r); }, *record);
    if (!replayer.result().difference.empty()) break;
  }
  ReplayResult& result = replayer.result();
  if (result.steps + result.steps_unproved == 0 && reader->damaged_places() > 0)
    return std::unexpected(reader->damage());
  result.files_torn = reader->torn_files();
  result.damage = reader->damage();
  result.damaged_places = reader->damaged_places();
  return result;
}

}  // namespace tenfold::journal
