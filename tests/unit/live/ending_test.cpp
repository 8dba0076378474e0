// The steps of a service's end, and their order.
#include "live/host/ending.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/epoll_loop.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class FakeService final : public Endable {
 public:
  explicit FakeService(std::vector<std::string>& steps) : steps_{steps} {}

  bool clients = false;
  bool work = false;

 private:
  void close_doors(std::chrono::milliseconds farewell) override {
    EXPECT_GT(farewell, 0ms);
    steps_.emplace_back("doors");
  }
  bool has_clients() const override { return clients; }
  void end_work() override { steps_.emplace_back("work"); }
  bool has_work() const override { return work; }
  core::Duration last_fetch() const override { return 1h; }

  std::vector<std::string>& steps_;
};

class EndingTest : public testing::Test {
 protected:
  void run_until(std::size_t steps) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (steps_.size() < steps) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "so far " << testing::PrintToString(steps_);
      loop_.run_one_for(20ms);
    }
  }
  // Long enough for many looks.
  void look_on() {
    const auto until = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < until) loop_.run_one_for(5ms);
  }

  http::EpollLoop loop_;
  std::vector<std::string> steps_;
  FakeService service_{steps_};
  Ending ending_{loop_, service_, [this] { steps_.emplace_back("told"); }, [this] { steps_.emplace_back("over"); }};
};

TEST_F(EndingTest, WhereNobodyIsThereOneStepFollowsTheOther) {
  EXPECT_FALSE(ending_.has_begun());
  ending_.begin(0s);
  EXPECT_TRUE(ending_.has_begun());
  EXPECT_THAT(steps_, IsEmpty()) << "from the loop: it may be called within a step of the core";
  run_until(4);
  EXPECT_THAT(steps_, ElementsAre("told", "doors", "work", "over"));
}

TEST_F(EndingTest, InTheLameDucksTimeAllGoesOn) {
  ending_.begin(1h);
  ending_.begin(0s);
  look_on();
  EXPECT_TRUE(ending_.has_begun());
  EXPECT_THAT(steps_, IsEmpty()) << "the first call counts";
}

TEST_F(EndingTest, WhoIsThereMaySpeakBeforeTheWorkEnds) {
  service_.clients = true;
  ending_.begin(0s);
  run_until(3);
  EXPECT_THAT(steps_, ElementsAre("told", "doors", "work")) << "a client that idles on does not hold it up";
  look_on();
  EXPECT_THAT(steps_, ElementsAre("told", "doors", "work")) << "its last answer may be on its way to it";
  service_.clients = false;
  run_until(4);
  EXPECT_EQ(steps_.back(), "over");
}

TEST_F(EndingTest, ItIsNotOverWhileThereIsWork) {
  service_.work = true;
  ending_.begin(0s);
  run_until(3);
  look_on();
  EXPECT_THAT(steps_, ElementsAre("told", "doors", "work"));
  service_.work = false;
  run_until(4);
  EXPECT_EQ(steps_.back(), "over");
}

}  // namespace
}  // namespace tenfold::live
