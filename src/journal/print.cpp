#include "journal/print.hpp"

#include <fmt/format.h>

#include "core/time.hpp"

namespace tenfold::journal {

namespace {

std::string print(const core::RequestArrived& e) {
  const std::string repeat = e.safe_to_repeat ? ", safe to repeat" : "";
  return fmt::format("request {} arrived{}", core::to_number(e.request), repeat);
}
std::string print(const core::RequestCancelled& e) {
  return fmt::format("request {} cancelled", core::to_number(e.request));
}
std::string print(const core::ResponseFinished& e) {
  return fmt::format("request {} finished on replica {}: {}", core::to_number(e.request), core::to_number(e.replica),
                     to_word(e.outcome));
}
std::string print(const core::ReplicaReady& e) {
  return fmt::format("replica {} ready by {}{}", core::to_number(e.replica), to_word(e.way),
                     e.cancels ? ", it cancels" : "");
}
std::string print(const core::ReplicaExited& e) {
  return fmt::format("replica {} {} {}", core::to_number(e.replica), to_word(e.kind), e.code);
}
std::string print(const core::UsageSampled& e) {
  return fmt::format("replica {} used {:.3f} s of CPU in {:.3f} s and waited {:.3f} s for it, {} bytes",
                     core::to_number(e.replica), core::to_seconds(e.cpu), core::to_seconds(e.wall),
                     core::to_seconds(e.cpu_wait), core::to_number(e.memory));
}
std::string print(const core::ProbeFailed& e) {
  return fmt::format("replica {} failed its {} probe", core::to_number(e.replica), to_word(e.probe));
}
std::string print(const core::MetricObserved& e) {
  return e.is_valid ? fmt::format("rule {} has the value {:g}", e.rule, e.value)
                    : fmt::format("rule {} has no value", e.rule);
}
std::string print(const core::ConfigChanged& e) {
  const core::Settings& settings = *e.settings;
  return fmt::format("configuration changed: revision {}, policy {}, {} to {} replicas, {} rules",
                     core::to_number(e.revision), to_word(settings.scale.policy), settings.scale.min_replicas,
                     settings.scale.max_replicas, settings.scale.rules.size());
}
std::string print(const core::TimerDue&) { return "timer due"; }
std::string print(const core::ShutdownRequested&) { return "shutdown requested"; }

std::string print(const core::Dispatch& a) {
  return fmt::format("dispatch request {} to replica {}, attempt {}", core::to_number(a.request),
                     core::to_number(a.replica), a.attempt);
}
std::string print(const core::Reject& a) {
  const std::string later = a.retry_after > core::Duration::zero()
                                ? fmt::format(", retry after {:.3f} s", core::to_seconds(a.retry_after))
                                : "";
  return fmt::format("reject request {}: {}{}", core::to_number(a.request), to_word(a.reason), later);
}
std::string print(const core::CancelOnReplica& a) {
  return fmt::format("cancel request {} on replica {}: {}", core::to_number(a.request), core::to_number(a.replica),
                     to_word(a.how));
}
// Where it is another than the first, which most services have for all their lives.
std::string of_revision(core::RevisionId revision) {
  return revision == core::kFirstRevision ? "" : fmt::format(" of revision {}", core::to_number(revision));
}
std::string print(const core::StartReplica& a) {
  return fmt::format("start replica {}{}", core::to_number(a.replica), of_revision(a.revision));
}
std::string print(const core::ReserveReplica& a) {
  return fmt::format("reserve replica {}", core::to_number(a.replica));
}
std::string print(const core::EnlistReplica& a) { return fmt::format("enlist replica {}", core::to_number(a.replica)); }
std::string print(const core::DrainReplica& a) { return fmt::format("drain replica {}", core::to_number(a.replica)); }
std::string print(const core::StopReplica& a) {
  return fmt::format("stop replica {} within {:.3f} s", core::to_number(a.replica), core::to_seconds(a.grace));
}
// What a decision rests on besides its rule: only what means something there.
std::string print(const core::Evidence& x) {
  std::string text;
  if (x.panic_since != core::kNever)
    text += fmt::format(", panic since {:.3f} s", core::to_seconds(x.panic_since - core::TimePoint{}));
  if (x.predicted_wait > core::Duration::zero())
    text += fmt::format(", predicted wait {:.3f} s", core::to_seconds(x.predicted_wait));
  if (x.service > core::Duration::zero()) text += fmt::format(", service {:.6f} s", core::to_seconds(x.service));
  if (x.cold_start > core::Duration::zero())
    text += fmt::format(", cold start {:.3f} s", core::to_seconds(x.cold_start));
  if (x.arrivals_per_s > 0) text += fmt::format(", {:.3f} arrivals a second", x.arrivals_per_s);
  if (x.basis != core::Basis::kQueue) text += fmt::format(", for {}", to_word(x.basis));
  if (x.spares > 0) text += fmt::format(", {} spare slots", x.spares);
  if (x.hold > core::Duration::zero()) text += fmt::format(", hold {:.3f} s", core::to_seconds(x.hold));
  if (x.cpus_per_slot > 0) text += fmt::format(", {:.3f} CPUs a slot", x.cpus_per_slot);
  return text;
}
std::string print(const core::RecordDecision& a) {
  const std::string rule = a.rule == core::kNoRule ? "no rule" : fmt::format("rule {}", a.rule);
  // Of warm replicas, where there are any.
  const std::string warm =
      a.enlists + a.reserves > 0 ? fmt::format("enlists {}, reserves {}, ", a.enlists, a.reserves) : "";
  return fmt::format(
      "decide {} replicas ({}, policy {}, {} on {}): metric {:.3f}, target {:.3f}, recommended {}, stabilized {}, "
      "limit "
      "{}, current {}, starts {}, drains {}, {}failures {}, pause {:.3f} s, slots {}, waiting {}, running {}{}",
      a.desired, std::string{to_word(a.cause)} + of_revision(a.revision), to_word(a.policy), rule, to_word(a.measures),
      a.metric, a.target, a.recommended, a.stabilized, to_word(a.limit), a.current, a.starts, a.drains, warm,
      a.failures, core::to_seconds(a.pause), a.slots, a.waiting, a.running, print(a.evidence));
}

std::string print(const core::Checkpoint& x) {
  return fmt::format("checkpoint: {} waiting, {} running, {} replicas", x.waiting.size(), x.running.size(),
                     x.replicas.size());
}
std::string print(const Gap& x) { return fmt::format("gap: {} records lost", x.lost); }
std::string print(const ServiceNote& x) {
  return fmt::format("service {} serves '{}' at {}", x.version, x.command, x.endpoint);
}
std::string print(const RequestNote& x) {
  return fmt::format("request {} is {} {} from {}", core::to_number(x.request), x.method, x.target, x.client);
}
std::string print(const ClassNote& x) { return fmt::format("class {} is {}", core::to_number(x.klass), x.name); }
std::string print(const AnswerNote& x) {
  return fmt::format("request {} ended with {}: {} bytes in, {} out", core::to_number(x.request), x.status,
                     x.request_bytes, x.answer_bytes);
}
std::string print(const ReplicaReadyNote& x) {
  return fmt::format("replica {} serves at {}, process {}", core::to_number(x.replica), x.endpoint, x.pid);
}
std::string print(const ReplicaExitNote& x) {
  return fmt::format("replica {} {}", core::to_number(x.replica), x.description);
}
std::string print(const ProbeNote& x) { return fmt::format("replica {}: {}", core::to_number(x.replica), x.why); }

std::string line(const core::Checkpoint& x, core::TimePoint) { return print(x); }
std::string line(const Gap& x, core::TimePoint) { return print(x); }
std::string line(const Step& step, core::TimePoint since) {
  std::string text = fmt::format("{:12.6f} {}", core::to_seconds(step.now - since), to_string(step.event));
  for (const core::Action& action : step.actions) text += "\n               -> " + to_string(action);
  return text;
}
template <class Note>
std::string line(const Note& note, core::TimePoint since) {
  return fmt::format("{:12.6f}   {}", core::to_seconds(note.at - since), print(note));
}

}  // namespace

std::string to_string(const core::Event& event) {
  return std::visit([](const auto& e) { return print(e); }, event);
}

std::string to_string(const core::Action& action) {
  return std::visit([](const auto& a) { return print(a); }, action);
}

std::string to_string(const Record& record, core::TimePoint since) {
  return std::visit([since](const auto& x) { return line(x, since); }, record);
}

}  // namespace tenfold::journal
