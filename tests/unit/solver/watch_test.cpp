// Work that does not stop is left alone, and nobody waits for it longer than was said.
#include "solver/watch.hpp"

#include <future>
#include <stdexcept>

#include <gtest/gtest.h>

namespace tenfold::solver {
namespace {

using namespace std::chrono_literals;

Answer give_up(Abandoned why) { return {.body = why == Abandoned::kIsStopped ? "stopped" : "time is up"}; }

TEST(Watch, ReturnsWhatTheWorkMakes) {
  const Answer answer = run_watched([](Watch&) { return Answer{.body = "made"}; }, {}, give_up);
  EXPECT_EQ(answer.body, "made");
}

TEST(Watch, ThrowsWhatTheWorkThrows) {
  const auto work = [](Watch&) -> Answer { throw std::runtime_error{"no memory"}; };
  EXPECT_THROW(run_watched(work, {}, give_up), std::runtime_error);
}

// The work waits for a promise that is kept once the answer is there: it cannot end before.
class Endless {
 public:
  ~Endless() {
    end_.set_value();
    ended_.get_future().wait();
  }
  std::function<Answer(Watch&)> work(Watch::Clock::duration limit) {
    return [this, limit](Watch& watch) {
      watch.expect_end_by(Watch::Clock::now() + limit);
      begun_.set_value();
      end_.get_future().wait();
      ended_.set_value();
      return Answer{};
    };
  }
  void wait_until_begun() { begun_.get_future().wait(); }

 private:
  std::promise<void> begun_;
  std::promise<void> end_;
  std::promise<void> ended_;
};

TEST(Watch, GivesUpAfterTheDeadline) {
  Endless endless;
  EXPECT_EQ(run_watched(endless.work(1ms), {}, give_up, 1ms).body, "time is up");
}

TEST(Watch, GivesUpAfterAStop) {
  Endless endless;
  std::stop_source source;
  auto answer =
      std::async(std::launch::async, [&] { return run_watched(endless.work(1h), source.get_token(), give_up, 1ms); });
  endless.wait_until_begun();
  source.request_stop();
  EXPECT_EQ(answer.get().body, "stopped");
}

TEST(Watch, WaitsForWorkThatStopsInTime) {
  std::stop_source source;
  source.request_stop();
  const auto work = [stop = source.get_token()](Watch&) {
    return Answer{.body = stop.stop_requested() ? "cancelled" : ""};
  };
  EXPECT_EQ(run_watched(work, source.get_token(), give_up, 1h).body, "cancelled");
}

}  // namespace
}  // namespace tenfold::solver
