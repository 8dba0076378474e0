#include "http/loop.hpp"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "http/epoll_loop.hpp"

namespace tenfold::http {
namespace {

using namespace std::chrono_literals;

class Timers : public testing::Test {
 protected:
  void set(Timer& timer, std::chrono::milliseconds after, std::string_view name) {
    timer.expires_at(start_ + after, [this, name] { order_ += name; });
  }

  EpollLoop loop_;
  Loop::TimePoint start_ = loop_.now();
  Timer a_{loop_};
  Timer b_{loop_};
  Timer c_{loop_};
  std::string order_;
};

TEST_F(Timers, RunInTheOrderOfTheirTimesAndAmongEqualsAsTheyWereSet) {
  set(a_, 3ms, "a");
  set(b_, 1ms, "b");
  set(c_, 3ms, "c");
  loop_.run();
  EXPECT_EQ(order_, "bac");
}

TEST_F(Timers, AreNotRunWhenCancelledSetAnewOrDestroyed) {
  set(a_, 1ms, "a");
  a_.cancel();
  set(b_, 1ms, "b");
  set(b_, 2ms, "B");
  std::optional<Timer> gone{loop_};
  set(*gone, 1ms, "g");
  gone.reset();
  loop_.run();
  EXPECT_EQ(order_, "B");
}

TEST_F(Timers, MaySetThemselvesAnewAndWhatHasPassedRunsInALaterTurn) {
  a_.expires_at(start_, [this] {
    order_ += "a";
    set(a_, -1ms, "A");
    EXPECT_EQ(order_, "a");
  });
  EXPECT_EQ(order_, "");
  loop_.run();
  EXPECT_EQ(order_, "aA");
}

}  // namespace
}  // namespace tenfold::http
