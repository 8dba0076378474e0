// What a live run's journal tells to a simulation: who came when, how long it took, how long replicas took to start.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/settings.hpp"
#include "journal/reader.hpp"
#include "sim/class_names.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

struct Recording {
  // In the order of their times, the first at zero: also what waited or ran when the journal begins. Answered requests
  // have their service time, from their last dispatch to their answer's end.
  std::vector<Arrival> arrivals;
  // From start to ready, of each replica that was; without those that waited for their zygote, if there are others.
  std::vector<core::Duration> cold_starts;
  // What the service was set to when the journal began.
  core::Settings settings;
  Prices prices;
  bool has_cpu = true;
  bool has_memory = true;
  // From the service's beginning, which its policy's polls count from, to the first arrival; where the journal begins
  // later, from one of those polls. Nothing if its policy did not poll either.
  std::optional<core::Duration> offset;
  // Of classes, as far as the journal names them.
  std::map<core::RequestClass, std::string> class_names;
  // CPUs that a taken slot used, over the whole journal; zero where nothing ran long enough to tell.
  double cpus_per_slot = 0;
};

// Makes a recording of a journal's records, taken in their order.
class RecordingBuilder {
 public:
  void take(const journal::Record& record);
  // Of the last service whose records were taken; its arrivals may be none.
  Recording finish();

 private:
  struct Request {
    std::size_t index = 0;                      // in recording_.arrivals
    core::TimePoint dispatched = core::kNever;  // kNever: not, as far as is known
  };

  void on(const core::Checkpoint& checkpoint);
  void on(const journal::Step& step);
  void on(const journal::Gap& gap);
  void on(const journal::ServiceNote& note);
  void on(const journal::ClassNote& note);
  void on(const core::RequestArrived& event);
  void on(const core::ResponseFinished& event);
  void on(const core::ReplicaReady& event);
  void on(const core::ReplicaExited& event);
  void on(const core::Dispatch& action);
  void on(const core::StartReplica& action);
  void on(const core::RecordDecision& action);
  template <class Other>
  void on(const Other&) {}

  void arrive(core::TimePoint at, core::RequestId id, core::RequestClass klass);

  Recording recording_;
  std::vector<core::Duration> first_forks_;  // from start to ready, of replicas that waited for their zygote
  bool began_ = false;
  std::optional<core::TimePoint> started_;  // the service, or one of its policy's polls
  bool awaits_start_ = false;
  core::TimePoint now_{};
  std::unordered_map<core::RequestId, Request> requests_;  // not answered yet
  std::unordered_map<core::ReplicaId, core::TimePoint> starts_;
};

// Which journal a spec means, and which of its requests: DIR[,skip=TIME][,for=TIME], where `skip` counts from the first
// arrival, and what arrives `for` so long after that is meant.
struct JournalSpec {
  std::string directory;
  core::Duration skip{};
  core::Duration length = core::Duration::max();
};
std::expected<JournalSpec, std::string> parse_journal_spec(std::string_view text);

// Reads the journal that `spec` means, its arrivals those that are meant, and all that the whole journal tells besides.
// The error says why it cannot be read, or that nothing arrived then.
std::expected<Recording, std::string> read_recording(const JournalSpec& spec, ClassNames& classes);

// Reads the journal in `directory`, or the directory of the file that is named. The error says why it cannot be read,
// or that nothing arrived in it. Classes have the numbers that `classes` gives to their names.
std::expected<Recording, std::string> read_recording(const std::filesystem::path& directory, ClassNames& classes);

}  // namespace tenfold::sim
