// Many random stories: what the text says is what happened, and nothing in it contradicts itself.
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <regex>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/collector.hpp"

namespace tenfold::report {
namespace {

using namespace std::chrono_literals;
using core::ReplicaId;
using core::RequestId;

constexpr int kKill = 9;
constexpr int kTerminate = 15;

// A core among clients and replicas that do anything, and what really happened.
class RandomService {
 public:
  explicit RandomService(unsigned seed) : random_{seed} {
    settings_.scale.min_replicas = 1 + chance(2);
    settings_.scale.max_replicas = settings_.scale.min_replicas + chance(3);
    settings_.scale.policy = chance(2) == 0 ? core::PolicyKind::kSlo : core::PolicyKind::kAca;
    settings_.queue.max_waiting = 1 + chance(20);
    settings_.replica.grace = 2s;
    service_.emplace(settings_);
    collector.take(service_->save());
    step(core::TimerDue{});
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) happen();
    if (chance(2) == 0) {
      step(core::ShutdownRequested{});
      for (int i = 0; i < 40; ++i) happen();
    }
  }

  struct Truth {
    std::uint64_t arrived = 0;
    std::map<int, std::uint64_t> own_errors;
    std::map<core::RejectReason, std::uint64_t> rejects;
    std::optional<core::TimePoint> first_arrival;
    std::optional<core::TimePoint> last_start;
    std::map<ReplicaId, bool> ended_as_told;  // of those that are gone
    std::map<ReplicaId, bool> outlived_grace;
  };
  Truth truth;
  Collector collector{Origin::kJournal};

 private:
  struct Replica {
    bool is_ready = false;
    std::optional<core::TimePoint> stopped;
    core::Duration grace{};
  };

  unsigned chance(unsigned n) { return static_cast<unsigned>(random_() % n); }

  void happen() {
    now_ += std::chrono::milliseconds{chance(4) == 0 ? 0 : chance(700)};
    while (service_->next_deadline() <= now_ && timers_++ < 100) step(core::TimerDue{});
    timers_ = 0;
    switch (chance(8)) {
      case 0:
      case 1:
        return arrive(1 + chance(6));
      case 2:
        return replica_turns();
      case 3:
        return cancel();
      default:
        return answer();
    }
  }

  void arrive(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      ++truth.arrived;
      if (!truth.first_arrival) truth.first_arrival = now_;
      const RequestId id{next_request_++};
      open_.emplace(id, std::nullopt);
      step(core::RequestArrived{.request = id, .deadline = now_ + 20s, .safe_to_repeat = chance(2) == 0});
    }
  }

  void cancel() {
    if (open_.empty()) return;
    const RequestId id = open_.begin()->first;
    step(core::RequestCancelled{id});
  }

  void answer() {
    for (const auto& [id, replica] : open_) {
      if (!replica) continue;
      const RequestId request = id;
      const ReplicaId on = *replica;
      open_.erase(request);
      const int status = cancelled_.contains(request) ? 0 : chance(3) == 0 ? (chance(2) == 0 ? 422 : 500) : 200;
      const bool is_lost = chance(8) == 0;
      if (is_lost) open_.emplace(request, std::nullopt);
      if (!is_lost && status >= 400) ++truth.own_errors[status];
      const core::Outcome outcome = is_lost       ? core::Outcome::kNoAnswer
                                    : status == 0 ? core::Outcome::kAbandoned
                                                  : core::Outcome::kAnswered;
      step(core::ResponseFinished{.request = request, .replica = on, .outcome = outcome});
      if (!is_lost) collector.take(journal::AnswerNote{.at = now_, .request = request, .status = status});
      return;
    }
  }

  void replica_turns() {
    if (replicas_.empty()) return;
    const auto at = std::next(replicas_.begin(), chance(static_cast<unsigned>(replicas_.size())));
    const ReplicaId id = at->first;
    Replica& replica = at->second;
    if (!replica.is_ready && !replica.stopped && chance(4) > 0) {
      replica.is_ready = true;
      return step(core::ReplicaReady{id});
    }
    if (replica.stopped || chance(6) == 0) exit(id);
  }

  // As live: the note of the end comes before the step, and the requests that it had after it.
  void exit(ReplicaId id) {
    const auto [is_ready, stopped, grace] = replicas_.at(id);
    replicas_.erase(id);
    const int signal = chance(3) == 0 ? kKill : chance(2) == 0 ? kTerminate : 0;
    const core::ExitKind kind = signal == 0 ? core::ExitKind::kExited : core::ExitKind::kSignaled;
    const int code = signal == 0 ? static_cast<int>(chance(2)) : signal;
    truth.ended_as_told[id] = stopped && signal != kKill;
    truth.outlived_grace[id] = stopped && signal == kKill && grace > core::Duration::zero() && now_ - *stopped >= grace;
    collector.take(journal::ReplicaExitNote{.at = now_, .replica = id, .description = "came to its end"});
    step(core::ReplicaExited{.replica = id, .kind = kind, .code = code});
    for (bool is_found = true; is_found;) {
      is_found = false;
      for (auto& [request, replica] : open_) {
        if (replica != id) continue;
        const RequestId lost = request;
        replica.reset();
        step(core::ResponseFinished{.request = lost, .replica = id, .outcome = core::Outcome::kNoAnswer});
        is_found = true;
        break;
      }
    }
  }

  void step(const core::Event& event) {
    core::Actions actions;
    service_->handle(now_, event, actions);
    collector.step(now_, event, actions);
    for (const core::Action& action : actions) std::visit([this](const auto& a) { carry_out(a); }, action);
  }

  void carry_out(const core::Dispatch& a) { open_[a.request] = a.replica; }
  void carry_out(const core::Reject& a) {
    ++truth.rejects[a.reason];
    collector.take(journal::AnswerNote{.at = now_, .request = a.request, .status = 503});
    if (const auto found = open_.find(a.request); found != open_.end() && !found->second) open_.erase(found);
    cancelled_[a.request] = true;  // one that runs has had its answer
  }
  void carry_out(const core::CancelOnReplica& a) { cancelled_[a.request] = true; }
  void carry_out(const core::StartReplica& a) {
    replicas_[a.replica] = {};
    truth.last_start = now_;
  }
  void carry_out(const core::DrainReplica&) {}
  void carry_out(const core::ReserveReplica&) {}
  void carry_out(const core::EnlistReplica&) {}
  void carry_out(const core::StopReplica& a) {
    Replica& replica = replicas_[a.replica];
    if (!replica.stopped) replica.stopped = now_;
    replica.grace = a.grace;
  }
  void carry_out(const core::RecordDecision&) {}

  std::minstd_rand random_;
  core::Settings settings_;
  std::optional<core::Service> service_;
  core::TimePoint now_{1s};
  std::uint64_t next_request_ = 1;
  int timers_ = 0;
  std::map<RequestId, std::optional<ReplicaId>> open_;  // and where each runs
  std::map<RequestId, bool> cancelled_;
  std::map<ReplicaId, Replica> replicas_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::uint64_t sum_of(const auto& counts) {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : counts) sum += count;
  return sum;
}

void expect_counts_add_up(const Burst& burst) {
  const std::uint64_t answered = sum_of(burst.shares);
  EXPECT_EQ(burst.requests.size(),
            answered + sum_of(burst.rejects) + burst.cancelled + burst.unfinished + burst.missing);
  EXPECT_EQ(burst.total.count, answered);
  EXPECT_LE(sum_of(burst.own_errors), answered);
}

// The first word that stands twice, one behind the other: "started started".
std::string doubled_word(const std::string& text) {
  static const std::regex kDoubled{"\\b([A-Za-z]+) \\1\\b"};
  std::smatch found;
  return std::regex_search(text, found, kDoubled) ? found.str() : "";
}

void expect_text_is_of_one_mind(const Story& story) {
  const std::string text = to_text(story, 1000);
  const Burst& burst = *story.burst;
  const bool has_errors = !burst.own_errors.empty() || !burst.rejects.empty() || burst.cancelled + burst.unfinished > 0;
  EXPECT_NE(has(text, "  errors   none"), has_errors) << text;
  EXPECT_EQ(has(text, "by the program itself"), !burst.own_errors.empty()) << text;
  EXPECT_EQ(has(text, "by Tenfold:"), !burst.rejects.empty()) << text;
  const bool denies_starts = has(text, "No further replica was started");
  EXPECT_FALSE(denies_starts && (has(text, ": started ") || has(text, " started in "))) << text;
  EXPECT_EQ(doubled_word(text), "") << text;
}

TEST(Consistency, WhatIsToldIsWhatHappened) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomService service{seed};
    service.run(10 + static_cast<int>(seed % 150));
    const RandomService::Truth& truth = service.truth;
    const Story story = service.collector.finish({.scope = seed % 2 == 0 ? Scope::kWholeRun : Scope::kLargestBurst});
    EXPECT_EQ(story.requests, truth.arrived);
    for (const ReplicaStory& replica : story.replicas) {
      if (!replica.exited) continue;
      EXPECT_EQ(has(replica.exit, "ended as told"), truth.ended_as_told.at(replica.id)) << replica.exit;
      EXPECT_EQ(has(replica.exit, "had not ended within its grace"), truth.outlived_grace.at(replica.id));
    }
    if (!story.burst) continue;
    expect_counts_add_up(*story.burst);
    expect_text_is_of_one_mind(story);
    if (seed % 2 == 0) {
      EXPECT_EQ(story.burst->own_errors, truth.own_errors);
      EXPECT_EQ(story.burst->rejects, truth.rejects);
      const bool was_started = truth.last_start >= truth.first_arrival;
      EXPECT_NE(has(to_text(story, 1000), "No further replica was started"), was_started) << to_text(story, 1000);
    }
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace tenfold::report
