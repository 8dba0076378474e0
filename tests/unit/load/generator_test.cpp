// When requests leave and what their times are, on virtual time: exact to the nanosecond where the network is instant.
#include "load/generator.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.hpp"
#include "load/workloads.hpp"
#include "shell/memory_net.hpp"

namespace tenfold::load {
namespace {

using namespace std::chrono_literals;
using shell::Fabric;
using shell::Host;
using shell::VirtualLoop;
using testing::ElementsAre;
using testing::Pair;

constexpr std::string_view kTiming = "Server-Timing: queue;dur=2, coldstart;dur=1, solve;dur=5\r\n";

// Answers each request after `service`, but none between `stall_from` and `stall_until`, since its start.
class SlowServer final : public http::ServerHandler {
 public:
  SlowServer(VirtualLoop& loop, const http::Endpoint& endpoint) : loop_{loop}, server_{loop, *this, {}} {
    EXPECT_TRUE(server_.listen(endpoint));
  }

  core::Duration service = 10ms;
  core::Duration stall_from{};
  core::Duration stall_until{};
  int status = 200;
  std::vector<core::Duration> came;
  std::size_t most_connections = 0;

 private:
  struct Held final : http::ExchangeHandler {
    bool is_open = true;
    void on_body(http::ServerConnection&) override {}
    void on_writable(http::ServerConnection&) override {}
    void on_gone(http::ServerConnection& connection) override {
      is_open = false;
      connection.finish();
    }
  };

  void on_request(http::ServerConnection& connection) override {
    const core::Duration now = loop_.now() - began_;
    came.push_back(now);
    most_connections = std::max(most_connections, server_.connection_count());
    const auto held = std::make_shared<Held>();
    connection.attach(*held);
    const bool is_stalled = now + service >= stall_from && now < stall_until;
    loop_.after(is_stalled ? stall_until + service - now : service, [this, held, &connection] {
      if (held->is_open) connection.respond(status, "text/plain", "body", kTiming);
    });
  }

  VirtualLoop& loop_;
  http::Loop::TimePoint began_ = loop_.now();
  http::Server server_;
};

// A network that does as it is told, at once.
struct World {
  World() { loop_.use(host_); }

  VirtualLoop loop_{1};
  http::Loop::TimePoint began_ = loop_.now();
  Fabric fabric_{loop_, 1, {.buffer_bytes = std::size_t{1} << 20}};
  Host host_{fabric_, false, 0};
};

class GeneratorTest : protected World, public testing::Test {
 protected:
  // What becomes of the workload, with `settings` for what it leaves open.
  const Result& run(const RunOptions& options, Generator::Settings settings = {.connections = 1000}) {
    settings.requests = &requests_;
    settings.servers = {door_};
    if (settings.timeout == 0s) settings.timeout = 300s;
    workload_ = std::move(*make_share(options, 0, 1));
    generator_ = std::make_unique<Generator>(loop_, std::move(settings), *workload_);
    generator_->on_done = [this] { is_done_ = true; };
    generator_->open();
    generator_->start(loop_.now());
    const auto end = loop_.now() + 1h;
    while (!is_done_ && loop_.step(end)) {
      if (interrupt_at_ && loop_.now() - began_ >= *interrupt_at_) {
        interrupt_at_.reset();
        generator_->interrupt();
      }
    }
    EXPECT_TRUE(is_done_);
    return generator_->result();
  }

  http::Endpoint door_ = http::Endpoint::tcp("10.0.0.1", 80);
  SlowServer server_{loop_, door_};
  RequestSet requests_ = *RequestSet::make({.urls = {"http://10.0.0.1/"}});
  std::unique_ptr<sim::Workload> workload_;
  std::unique_ptr<Generator> generator_;
  std::optional<core::Duration> interrupt_at_;
  bool is_done_ = false;
};

// Where a closed loop would have sent ten requests less, and told of one slow answer.
TEST_F(GeneratorTest, AnOpenLoopCountsWhatAStallKeptWaiting) {
  server_.service = 1ms;
  server_.stall_from = 10s;
  server_.stall_until = 15s;
  const Result& result = run({.workload = "constant:rate=100"}, {.connections = 1, .duration = 60s});
  EXPECT_EQ(result.sent, 6000);
  EXPECT_THAT(result.statuses, ElementsAre(Pair(200, 6000)));
  // Of 6,000 requests some 500 were due within the stall and wait from then on: 1 % of all for 4.4 s and longer.
  EXPECT_GT(result.time.quantile_s(0.99), 4.3);
  EXPECT_LT(result.time.quantile_s(0.99), 5.1);
  EXPECT_LT(result.time.quantile_s(0.5), 0.1);
  EXPECT_GT(result.parts[static_cast<std::size_t>(Part::kLate)].max_s(), 4.9);
}

TEST_F(GeneratorTest, AClosedLoopHasAsManyUnderWayAsItHasClients) {
  const Result& result = run({.connections = 3}, {.connections = 3, .opened_before = 3, .duration = 1s});
  EXPECT_NEAR(static_cast<double>(result.sent), 300, 30);
  EXPECT_EQ(server_.most_connections, 3);
  EXPECT_NEAR(result.time.quantile_s(0.5), 0.01, 0.002);
}

TEST_F(GeneratorTest, AClientThinksBeforeItAsks) {
  const Result& result = run({.think = "constant:90ms", .connections = 2}, {.connections = 2, .duration = 10s});
  // Timers of the virtual loop are late now and then, as real ones are.
  EXPECT_LE(result.sent, 200);
  EXPECT_GE(result.sent, 150);
}

TEST_F(GeneratorTest, ABurstLeavesAtOnce) {
  const Result& result = run({.workload = "burst:n=50"}, {.connections = 50, .opened_before = 50});
  EXPECT_EQ(result.sent, 50);
  EXPECT_EQ(server_.most_connections, 50);
  EXPECT_LT(server_.came.back() - server_.came.front(), 5ms);
}

TEST_F(GeneratorTest, EndsAfterSoManyRequests) {
  EXPECT_EQ(run({.connections = 4}, {.connections = 4, .most_requests = 10}).sent, 10);
}

TEST_F(GeneratorTest, TheWarmUpCountsNowhere) {
  const Result& result = run({.workload = "constant:rate=10"}, {.connections = 10, .duration = 10s, .warm_up = 4s});
  EXPECT_EQ(result.warm_up, 40);
  EXPECT_EQ(result.sent, 60);
  EXPECT_NEAR(result.rate_per_s(), 10, 0.2);
}

TEST_F(GeneratorTest, SplitsATimeIntoWhatTheServerTells) {
  const Result& result = run({.workload = "constant:rate=10"}, {.connections = 10, .most_requests = 10});
  const auto mean = [&](Part part) { return result.parts[static_cast<std::size_t>(part)].mean_s(); };
  EXPECT_EQ(mean(Part::kQueue), 0.002);
  EXPECT_EQ(mean(Part::kColdStart), 0.001);
  EXPECT_EQ(mean(Part::kSolve), 0.005);
  EXPECT_NEAR(mean(Part::kNetwork), result.time.mean_s() - mean(Part::kLate) - 0.008, 1e-9);
}

TEST_F(GeneratorTest, WaitsNoLongerThanTheTimeout) {
  server_.stall_from = 0s;
  server_.stall_until = 100s;
  const Result& result = run({.workload = "constant:rate=1"}, {.connections = 2, .most_requests = 5, .timeout = 10s});
  EXPECT_THAT(result.errors, ElementsAre(Pair("no answer within the timeout", 5)));
  EXPECT_EQ(result.failed, 5);
  EXPECT_FALSE(result.is_good());
  EXPECT_LT(loop_.now() - began_, 20s);
}

TEST_F(GeneratorTest, AnInterruptEndsItWithWhatThereIs) {
  server_.service = 1500ms;
  interrupt_at_ = 5s;
  const Result& result = run({.workload = "constant:rate=10"}, {.connections = 10});
  EXPECT_TRUE(result.was_interrupted);
  EXPECT_FALSE(result.is_good());
  EXPECT_GT(result.time.count(), 20);
  EXPECT_EQ(result.errors.at("interrupted before the answer"), 10);
  EXPECT_GT(result.errors.at("interrupted before it was sent"), 1);
  EXPECT_EQ(result.sent, result.time.count() + 10);
}

TEST_F(GeneratorTest, SaysThatNobodyListens) {
  door_ = http::Endpoint::tcp("10.0.0.2", 80);
  const Result& result = run({.connections = 4}, {.connections = 4, .duration = 10s});
  EXPECT_EQ(result.time.count(), 0);
  EXPECT_THAT(generator_->unreachable(), testing::HasSubstr("cannot be reached: Connection refused"));
  EXPECT_LT(loop_.now() - began_, 1s);
}

TEST_F(GeneratorTest, KeepsTheFirstWrongAnswerOfAKind) {
  server_.status = 500;
  const Result& result = run({.connections = 1}, {.connections = 1, .most_requests = 3});
  ASSERT_TRUE(result.wrong_answers.contains("500"));
  EXPECT_EQ(result.wrong_answers.at("500").body, "body");
  EXPECT_EQ(result.failed, 3);
}

}  // namespace
}  // namespace tenfold::load
