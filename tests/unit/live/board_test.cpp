// The board: what it counts of a service's life, and its views.
#include "live/board/board.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/board/metrics.hpp"
#include "live/board/status.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A core whose steps the board sees.
class BoardTest : public testing::Test {
 protected:
  void step(core::Duration after, const core::Event& event) {
    now_ += after;
    actions_.clear();
    service_.handle(now_, event, actions_);
    board_.stepped(now_, event, actions_, service_);
  }

  // Replicas 1 and 2 are ready after 2 s.
  void start() {
    step(0s, core::TimerDue{});
    now_ += 2s;
    for (const std::uint32_t n : {1U, 2U}) {
      board_.replica_ready(now_, core::ReplicaId{n}, {.pid = 100 + n});
      step(0s, core::ReplicaReady{.replica = core::ReplicaId{n}});
    }
  }

  void open(std::uint64_t id) {
    board_.request_opened(now_, {.id = core::RequestId{id}, .name = "x", .method = "POST", .target = "/"});
  }

  // One that waited for 300 ms and took 40 ms, on replica 1.
  void end_request(std::uint64_t id, int status, core::Outcome outcome = core::Outcome::kAnswered) {
    open(id);
    ExchangeFacts facts{.arrived = now_, .status = status, .attempts = 1};
    facts.last() = {
        .replica = core::ReplicaId{1}, .dispatched = now_ + 300ms, .done = now_ + 340ms, .outcome = outcome};
    facts.answer_began = facts.last().answer_began = now_ + 340ms;
    board_.request_ended(now_ + 340ms, core::RequestId{id}, facts);
  }

  std::string metrics(MetricsFormat format = MetricsFormat::kPrometheus) {
    return to_metrics({.board = board_, .service = service_, .now = now_, .app = "my \"app\""}, format);
  }

  core::Settings settings_;
  core::Service service_{settings_};
  Board board_{settings_};
  core::TimePoint now_{10s};
  core::Actions actions_;
};

TEST_F(BoardTest, KnowsReplicasFromStartToExit) {
  start();
  ASSERT_EQ(board_.replicas().size(), 2U);
  EXPECT_EQ(board_.counters().starts, 2U);
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->address.pid, 101);
  const Histogram& execs = board_.histograms().cold_start[static_cast<std::size_t>(core::StartWay::kExec)];
  EXPECT_EQ(execs.count(), 2U);
  EXPECT_DOUBLE_EQ(execs.sum_s(), 4);
  EXPECT_EQ(board_.histograms().cold_start[static_cast<std::size_t>(core::StartWay::kFork)].count(), 0U);
  for (int i = 0; i < 2; ++i) {
    board_.usage_sampled(now_, core::ReplicaId{2},
                         {.cpu = 500ms, .wall = 1s, .memory = core::mebibytes(7), .cpu_wait = 300ms});
  }
  EXPECT_EQ(board_.replica(core::ReplicaId{2})->cpu_wait, 600ms);
  EXPECT_DOUBLE_EQ(cores_used(board_.replica(core::ReplicaId{2})->usage), 0.5);
  board_.replica_exited(now_, core::ReplicaId{2}, {.kind = core::ExitKind::kSignaled, .code = 9});
  EXPECT_EQ(board_.replica(core::ReplicaId{2}), nullptr);
  EXPECT_EQ(board_.counters().exits.signaled, 1U);
}

TEST_F(BoardTest, TellsExitsApart) {
  start();
  const auto exit = [&](core::ExitKind kind, int code) {
    step(0s, core::ReplicaExited{});
    board_.replica_exited(now_, core::ReplicaId{1}, {.kind = kind, .code = code});
  };
  exit(core::ExitKind::kExited, 0);
  exit(core::ExitKind::kExited, 3);
  exit(core::ExitKind::kNotStarted, 2);
  step(0s, core::ShutdownRequested{});
  board_.replica_exited(now_, core::ReplicaId{2}, {.kind = core::ExitKind::kSignaled, .code = 15});
  const Counters::Exits& exits = board_.counters().exits;
  EXPECT_EQ(exits.finished, 1U);
  EXPECT_EQ(exits.failed, 1U);
  EXPECT_EQ(exits.not_started, 1U);
  EXPECT_EQ(exits.told, 1U) << "it ended by the signal that it was sent";
  EXPECT_EQ(exits.signaled, 0U);
}

TEST_F(BoardTest, CountsRequestsByWhatBecameOfThem) {
  start();
  end_request(1, 200);
  end_request(2, 422);
  end_request(3, 502, core::Outcome::kNoAnswer);
  open(4);
  board_.client_left(now_, core::RequestId{4});
  board_.request_ended(now_, core::RequestId{4}, {});
  const Counters& counters = board_.counters();
  EXPECT_EQ(counters.requests, 4U);
  EXPECT_THAT(counters.answers_by_class, ElementsAre(1, 0, 1, 0, 1, 1));
  EXPECT_EQ(counters.application_errors, 1U) << "the 502 is Tenfold's own";
  EXPECT_EQ(counters.clients_left, 1U);
  EXPECT_EQ(board_.histograms().wait.count(), 3U);
  EXPECT_EQ(board_.histograms().service.count(), 2U);
  EXPECT_DOUBLE_EQ(board_.histograms().service.sum_s(), 0.08);
  EXPECT_DOUBLE_EQ(board_.histograms().total.sum_s(), 0.68);
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->answered, 2U);
}

TEST_F(BoardTest, KeepsWhatIsRecentAndNoMore) {
  start();
  for (std::uint64_t i = 1; i <= Board::kRecentFailures + 5; ++i) end_request(i, 500);
  EXPECT_EQ(board_.recent_failures().size(), Board::kRecentFailures);
  EXPECT_EQ(board_.recent_failures().front().request, core::RequestId{6});
  EXPECT_EQ(board_.recent_decisions().size(), 1U);
  EXPECT_EQ(board_.recent_decisions().front().decision.cause, core::DecisionCause::kInitial);
}

TEST_F(BoardTest, OfARetriedRequestEachAttemptKeepsItsTimes) {
  ExchangeFacts facts{.arrived = core::TimePoint{1s}};
  for (int n = 1; n <= 6; ++n) {
    ++facts.attempts;
    facts.last() = {.replica = core::ReplicaId{static_cast<std::uint32_t>(n)}};
  }
  EXPECT_EQ(facts.attempt[0].replica, core::ReplicaId{1});
  EXPECT_EQ(facts.attempt[2].replica, core::ReplicaId{3});
  EXPECT_EQ(facts.last().replica, core::ReplicaId{6}) << "the last place is the latest one's";
}

TEST_F(BoardTest, KnowsWhatEachReplicaDoes) {
  start();
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->state(), "ready");
  step(0s, core::RequestArrived{.request = core::RequestId{1}, .deadline = now_ + 240s});
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->running, 1U);
  step(0s, core::ResponseFinished{.request = core::RequestId{1}, .replica = core::ReplicaId{1}});
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->running, 0U);
  step(0s, core::ProbeFailed{.replica = core::ReplicaId{1}});
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->state(), "not ready");
  step(0s, core::ReplicaReady{.replica = core::ReplicaId{1}});
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->state(), "ready");
  step(0s, core::ShutdownRequested{});
  EXPECT_EQ(board_.replica(core::ReplicaId{1})->state(), "stopping");
}

TEST_F(BoardTest, TellsFailuresOfTheProgramFromItsOwn) {
  start();
  end_request(1, 200);
  end_request(2, 422);
  settings_.queue.max_waiting = 0;
  step(0s, core::ConfigChanged{settings_});
  for (std::uint64_t id = 3; id <= 5; ++id)
    step(0s, core::RequestArrived{.request = core::RequestId{id}, .deadline = now_ + 240s});
  board_.request_ended(now_ + 5ms, core::RequestId{5}, {.arrived = now_, .status = 503});
  ASSERT_EQ(board_.recent_failures().size(), 2U);
  const PastFailure& programs = board_.recent_failures()[0];
  EXPECT_EQ(programs.number, 1U);
  EXPECT_EQ(programs.request, core::RequestId{2});
  EXPECT_EQ(programs.status, 422);
  EXPECT_FALSE(programs.reason);
  EXPECT_EQ(programs.replica, core::ReplicaId{1});
  EXPECT_EQ(programs.waited, 300ms);
  EXPECT_EQ(programs.ran, 40ms);
  const PastFailure& own = board_.recent_failures()[1];
  EXPECT_EQ(own.request, core::RequestId{5});
  EXPECT_EQ(own.status, 503);
  EXPECT_EQ(own.reason, core::RejectReason::kQueueFull);
  EXPECT_EQ(own.waited, 5ms) << "it is told once, with what is known in the end";
  for (std::uint64_t id = 10; id < 10 + 2 * Board::kRecentFailures; ++id) end_request(id, 500);
  EXPECT_EQ(board_.recent_failures().size(), Board::kRecentFailures);
  EXPECT_EQ(board_.failures_told(), 2 + 2 * Board::kRecentFailures);
}

TEST_F(BoardTest, ADecisionKeepsTheSentenceOfItsTime) {
  Board board{settings_, [](const core::RecordDecision& decision, const core::Settings& settings, core::TimePoint) {
                return fmt::format("{} of {}", decision.desired, settings.scale.max_replicas);
              }};
  core::Actions actions;
  service_.handle(now_, core::TimerDue{}, actions);
  board.stepped(now_, core::TimerDue{}, actions, service_);
  EXPECT_EQ(board.decisions_told(), 1U);
  EXPECT_EQ(board.recent_decisions().front().sentence, "2 of 10");
  EXPECT_EQ(board.recent_decisions().front().number, 1U);
}

TEST_F(BoardTest, TheLastMinuteHasItsPercentiles) {
  start();
  for (std::uint64_t i = 1; i <= 10; ++i) end_request(i, 200);
  const RecentMinute minute = board_.last_minute(now_ + 340ms);
  EXPECT_EQ(minute.wait.count, 10U);
  EXPECT_NEAR(core::to_seconds(minute.wait.p50), 0.3, 0.021);
  EXPECT_NEAR(core::to_seconds(minute.total.p99), 0.34, 0.024);
  EXPECT_EQ(board_.last_minute(now_ + 61s).wait.count, 0U);
}

TEST(HistogramTest, CountsBetweenItsBounds) {
  Histogram histogram;
  for (const core::Duration span :
       {core::Duration{1ms}, core::Duration{1ms + 1ns}, core::Duration{7s}, core::Duration{2h}})
    histogram.add(span);
  EXPECT_EQ(histogram.counts().front(), 1U) << "a bound is within";
  EXPECT_EQ(histogram.counts()[1], 1U);
  EXPECT_EQ(histogram.counts()[12], 1U) << "5 to 10 s";
  EXPECT_EQ(histogram.counts().back(), 1U);
  EXPECT_EQ(histogram.count(), 4U);
}

TEST_F(BoardTest, EverySampleCarriesTheApp) {
  start();
  end_request(1, 200);
  const std::string text = metrics();
  std::size_t samples = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string_view line = std::string_view{text}.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('#')) continue;
    ++samples;
    EXPECT_THAT(line, HasSubstr(R"({app="my \"app\"")"));
  }
  EXPECT_GT(samples, 100U);
  EXPECT_THAT(text, HasSubstr(R"(le="0.5"} 1)"));
  EXPECT_THAT(text, HasSubstr("# TYPE tenfold_requests_total counter\n"));
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
}

TEST_F(BoardTest, OpenMetricsNamesFamiliesAndHasAnEnd) {
  const std::string text = metrics(MetricsFormat::kOpenMetrics);
  EXPECT_THAT(text, HasSubstr("# TYPE tenfold_requests counter\n"));
  EXPECT_THAT(text, HasSubstr("\ntenfold_requests_total{"));
  EXPECT_TRUE(text.ends_with("# EOF\n"));
}

TEST_F(BoardTest, TheOldestOfTheQueueHasItsAge) {
  start();
  for (std::uint64_t id = 1; id <= 3; ++id)
    step(0s, core::RequestArrived{.request = core::RequestId{id}, .deadline = now_ + 240s});
  now_ += 4s;
  EXPECT_THAT(metrics(), HasSubstr("tenfold_queue_age_seconds{app=\"my \\\"app\\\"\"} 4\n"));
  EXPECT_THAT(to_status(board_, service_, now_, "app", {}), HasSubstr(R"("waiting":1,"running":2)"));
}

}  // namespace
}  // namespace tenfold::live
