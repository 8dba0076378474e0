#include "sim/journal_source.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "config/units.hpp"

namespace tenfold::sim {

namespace {

// One instant of the policy's polls is as good as another.
std::optional<core::TimePoint> next_poll(const core::Checkpoint& checkpoint) {
  switch (checkpoint.settings.scale.policy) {
    case core::PolicyKind::kAca:
      return checkpoint.aca.next_evaluation;
    case core::PolicyKind::kHpa:
      return checkpoint.hpa.next_evaluation;
    case core::PolicyKind::kKnative:
      return checkpoint.knative.next_evaluation;
    case core::PolicyKind::kSlo:
    case core::PolicyKind::kPerRequest:
      break;
  }
  return std::nullopt;
}

}  // namespace

void RecordingBuilder::take(const journal::Record& record) {
  std::visit([this](const auto& r) { on(r); }, record);
}

Recording RecordingBuilder::finish() {
  std::vector<Arrival>& arrivals = recording_.arrivals;
  std::ranges::stable_sort(arrivals, {}, &Arrival::at);
  if (!arrivals.empty()) {
    const core::Duration first = arrivals.front().at.time_since_epoch();
    if (started_) recording_.offset = arrivals.front().at - *started_;
    for (Arrival& arrival : arrivals) arrival.at -= first;
  }
  // Most starts of zygotes are not for their replicas: those that waited for one say how long a start takes where there
  // was no other.
  if (recording_.cold_starts.empty()) recording_.cold_starts = std::move(first_forks_);
  return std::exchange(*this, {}).recording_;
}

void RecordingBuilder::on(const core::Checkpoint& checkpoint) {
  // A core that has not begun: another service writes here now. As in `explain`, the last one counts.
  if (began_ && !checkpoint.started) *this = {};
  if (!began_) {
    recording_.settings = checkpoint.settings;
    awaits_start_ = !checkpoint.started;
    if (checkpoint.started) started_ = next_poll(checkpoint);
  }
  began_ = true;
  recording_.cpus_per_slot = checkpoint.times.cpus_per_slot;
  for (const auto* list : {&checkpoint.waiting, &checkpoint.running}) {
    for (const core::RequestRecord& record : *list) {
      // Not seen: it came before the journal begins, or in a gap.
      if (!requests_.contains(record.id)) arrive(record.arrived, record.id, record.klass);
      if (record.state != core::RequestState::kWaiting) requests_.at(record.id).dispatched = record.dispatched;
    }
  }
}

void RecordingBuilder::on(const journal::Step& step) {
  now_ = step.now;
  // Its policy starts with the first step.
  if (std::exchange(awaits_start_, false)) started_ = now_;
  std::visit([this](const auto& event) { on(event); }, step.event);
  for (const core::Action& action : step.actions) std::visit([this](const auto& a) { on(a); }, action);
}

// What was under way may have ended and begun again: the checkpoint that follows knows.
void RecordingBuilder::on(const journal::Gap&) {
  for (auto& [id, request] : requests_) request.dispatched = core::kNever;
  starts_.clear();
}

void RecordingBuilder::on(const journal::ServiceNote& note) {
  recording_.prices = note.prices;
  recording_.has_cpu = note.has_cpu;
  recording_.has_memory = note.has_memory;
}

void RecordingBuilder::on(const journal::ClassNote& note) { recording_.class_names[note.klass] = note.name; }

void RecordingBuilder::on(const core::RequestArrived& event) { arrive(now_, event.request, event.klass); }

void RecordingBuilder::on(const core::ResponseFinished& event) {
  const auto found = requests_.find(event.request);
  if (found == requests_.end() || event.outcome != core::Outcome::kAnswered) return;
  const Request request = found->second;
  requests_.erase(found);
  if (request.dispatched != core::kNever) recording_.arrivals[request.index].service = now_ - request.dispatched;
}

// Only the first time: it comes again after a failed probe.
void RecordingBuilder::on(const core::ReplicaReady& event) {
  const auto found = starts_.find(event.replica);
  if (found == starts_.end()) return;
  (event.way == core::StartWay::kFirstFork ? first_forks_ : recording_.cold_starts).push_back(now_ - found->second);
  starts_.erase(found);
}

void RecordingBuilder::on(const core::ReplicaExited& event) { starts_.erase(event.replica); }

void RecordingBuilder::on(const core::Dispatch& action) {
  const auto found = requests_.find(action.request);
  if (found != requests_.end()) found->second.dispatched = now_;
}

void RecordingBuilder::on(const core::StartReplica& action) { starts_.insert_or_assign(action.replica, now_); }

void RecordingBuilder::on(const core::RecordDecision& action) {
  if (action.evidence.cpus_per_slot > 0) recording_.cpus_per_slot = action.evidence.cpus_per_slot;
}

void RecordingBuilder::arrive(core::TimePoint at, core::RequestId id, core::RequestClass klass) {
  requests_.insert_or_assign(id, Request{.index = recording_.arrivals.size()});
  recording_.arrivals.push_back({.at = at, .klass = klass});
}

namespace {

// From the journal's numbers to those of `classes`, by name. One whose name was lost is told apart from all others.
void renumber(Recording& recording, ClassNames& classes) {
  for (Arrival& arrival : recording.arrivals) {
    if (arrival.klass == core::RequestClass{}) continue;
    const auto named = recording.class_names.find(arrival.klass);
    arrival.klass = classes.number_of(
        named != recording.class_names.end() ? named->second : fmt::format("class {}", core::to_number(arrival.klass)));
  }
}

}  // namespace

std::expected<Recording, std::string> read_recording(const std::filesystem::path& path, ClassNames& classes) {
  const std::filesystem::path directory = std::filesystem::is_regular_file(path) ? path.parent_path() : path;
  auto reader = journal::Reader::open(directory.empty() ? std::filesystem::path{"."} : directory);
  if (!reader) return std::unexpected(reader.error());
  RecordingBuilder builder;
  while (const auto record = reader->next()) builder.take(*record);
  Recording recording = builder.finish();
  if (recording.arrivals.empty() && reader->damaged_places() > 0) return std::unexpected(reader->damage());
  if (recording.arrivals.empty())
    return std::unexpected(fmt::format("no request arrived in the journal {}", directory.string()));
  renumber(recording, classes);
  return recording;
}

std::expected<JournalSpec, std::string> parse_journal_spec(std::string_view text) {
  JournalSpec spec;
  // A directory may have commas; what stands behind the last ones is ours if it looks so.
  while (true) {
    const std::size_t comma = text.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const bool is_skip = last.starts_with("skip=");
    if (!is_skip && !last.starts_with("for=")) break;
    const std::string_view value = last.substr(last.find('=') + 1);
    const auto span = config::parse_duration(value);
    if (!span) return std::unexpected(span.error());
    (is_skip ? spec.skip : spec.length) = *span;
    text = text.substr(0, comma);
  }
  spec.directory = text;
  return spec;
}

std::expected<Recording, std::string> read_recording(const JournalSpec& spec, ClassNames& classes) {
  auto recording = read_recording(std::filesystem::path{spec.directory}, classes);
  if (!recording || (spec.skip == core::Duration::zero() && spec.length == core::Duration::max())) return recording;
  std::vector<Arrival>& arrivals = recording->arrivals;
  std::erase_if(arrivals, [&](const Arrival& arrival) {
    const core::Duration since = arrival.at.time_since_epoch() - spec.skip;
    return since < core::Duration::zero() || since > spec.length;
  });
  if (arrivals.empty()) return std::unexpected("no request arrived then");
  const core::Duration first = arrivals.front().at.time_since_epoch();
  for (Arrival& arrival : arrivals) arrival.at -= first;
  if (recording->offset) *recording->offset += first;
  return recording;
}

}  // namespace tenfold::sim
