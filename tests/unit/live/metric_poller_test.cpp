// Metric sources between real sockets: the server is a program of this test, on the same loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/epoll_loop.hpp"
#include "http/server.hpp"
#include "live/metrics/getter.hpp"
#include "live/metrics/poller.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

// Answers each request with what the test says at that time; not at all while `is_silent`.
class FakeMetricServer final : public http::ServerHandler {
 public:
  explicit FakeMetricServer(http::EpollLoop& loop) : server_{loop, *this, {}} {
    endpoint_ = server_.listen(http::Endpoint::tcp("127.0.0.1", 0)).value();
  }
  std::string url() const { return "http://" + endpoint_.to_string(); }

  int status = 200;
  std::string body;
  bool is_silent = false;
  std::string last_target;
  int asked = 0;

 private:
  void on_request(http::ServerConnection& connection) override {
    last_target = connection.head().target();
    ++asked;
    if (!is_silent) connection.respond(status, "application/json", body);
  }

  http::Server server_;
  http::Endpoint endpoint_;
};

class MetricPollerTest : public testing::Test {
 protected:
  config::AppConfig config_for(config::MetricSource source) const {
    config::AppConfig config;
    config.core.scale.aca.polling_interval = 1ms;  // as often as it may
    config.core.scale.rules = {{.name = "load", .kind = core::RuleKind::kCpu},
                               {.name = "jobs", .kind = core::RuleKind::kCustom, .keep = 60s}};
    source.rule = 1;
    config.metric_sources = {std::move(source)};
    return config;
  }
  config::AppConfig json_config() const {
    return config_for({.from = config::JsonSource{.url = server_.url() + "/stats", .value_location = "jobs.waiting"}});
  }

  void poll(const config::AppConfig& config) {
    auto made = MetricPoller::make(loop_, config,
                                   {.observed = [this](const core::MetricObserved& m) { observed_.push_back(m); },
                                    .said = [this](const std::string& s) { said_.push_back(s); }});
    ASSERT_TRUE(made) << made.error();
    poller_ = std::move(*made);
    poller_->start();
  }

  // Runs the loop until as many values have come.
  void run_until_observed(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (observed_.size() < count) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no value came";
      loop_.run_one_for(100ms);
    }
  }

  http::EpollLoop loop_;
  FakeMetricServer server_{loop_};
  std::unique_ptr<MetricPoller> poller_;
  std::vector<core::MetricObserved> observed_;
  std::vector<std::string> said_;
};

TEST_F(MetricPollerTest, AsksAtOnceAndAgain) {
  server_.body = R"({"jobs":{"waiting":12}})";
  poll(json_config());
  run_until_observed(1);
  EXPECT_EQ(observed_[0], (core::MetricObserved{.rule = 1, .is_valid = true, .value = 12}));
  EXPECT_EQ(server_.last_target, "/stats");
  server_.body = R"({"jobs":{"waiting":"13"}})";
  run_until_observed(2);
  EXPECT_EQ(observed_[1].value, 13);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(MetricPollerTest, SaysOnceThatASourceFailsAndOnceThatItIsBack) {
  server_.status = 500;
  poll(json_config());
  run_until_observed(1);
  EXPECT_EQ(observed_[0], (core::MetricObserved{.rule = 1, .is_valid = false}));
  ASSERT_EQ(said_.size(), 1);
  EXPECT_EQ(said_[0], "no value for rule 'jobs' from " + server_.url() +
                          "/stats: it answered 500 and not 200; the rule asks for nothing until there is one");
  server_.status = 200;
  server_.body = "<html>";
  run_until_observed(2);
  EXPECT_FALSE(observed_[1].is_valid);
  EXPECT_EQ(said_.size(), 1);
  server_.body = R"({"jobs":{"waiting":2.5}})";
  run_until_observed(3);
  EXPECT_TRUE(observed_[2].is_valid);
  ASSERT_EQ(said_.size(), 2);
  EXPECT_EQ(said_[1], "the metric of rule 'jobs' is back: 2.5");
  server_.body = "{}";
  run_until_observed(4);
  ASSERT_EQ(said_.size(), 3);
  EXPECT_THAT(said_[2], HasSubstr("the last value counts for 60 s"));
}

TEST_F(MetricPollerTest, DoesNotWaitForASilentServer) {
  server_.is_silent = true;
  config::AppConfig config = json_config();
  config.metric_sources[0].timeout = 20ms;
  poll(config);
  run_until_observed(2);
  EXPECT_FALSE(observed_[0].is_valid);
  EXPECT_FALSE(observed_[1].is_valid);
  EXPECT_EQ(server_.asked, 2);
  ASSERT_EQ(said_.size(), 1);
  EXPECT_THAT(said_[0], HasSubstr("it did not answer within 0.02 s"));
}

TEST_F(MetricPollerTest, DoesNotReadAnEndlessAnswer) {
  server_.body = "[" + std::string(kMaxMetricAnswer, ' ') + "]";
  poll(json_config());
  run_until_observed(1);
  EXPECT_FALSE(observed_[0].is_valid);
  EXPECT_THAT(said_.at(0), HasSubstr("larger than 1048576 bytes"));
}

TEST_F(MetricPollerTest, SaysThatNobodyIsThere) {
  config::AppConfig config = json_config();
  std::get<config::JsonSource>(config.metric_sources[0].from).url = "http://127.0.0.1:1/";
  poll(config);
  run_until_observed(1);
  EXPECT_FALSE(observed_[0].is_valid);
  EXPECT_THAT(said_.at(0), HasSubstr("nobody accepts connections at 127.0.0.1:1"));
}

TEST_F(MetricPollerTest, FindsAServerByItsName) {
  server_.body = R"({"jobs":{"waiting":1}})";
  config::AppConfig config = json_config();
  std::string& url = std::get<config::JsonSource>(config.metric_sources[0].from).url;
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  poll(config);
  run_until_observed(1);
  EXPECT_TRUE(observed_[0].is_valid) << said_.at(0);
}

TEST_F(MetricPollerTest, SaysThatANameIsNotKnown) {
  config::AppConfig config = json_config();
  std::get<config::JsonSource>(config.metric_sources[0].from).url = "http://no-such-host.invalid/";
  poll(config);
  run_until_observed(1);
  EXPECT_FALSE(observed_[0].is_valid);
}

TEST_F(MetricPollerTest, AsksPrometheus) {
  server_.body = R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"4"]}]}})";
  poll(config_for({.from = config::PrometheusSource{.server_address = server_.url(), .query = "sum(x)"}}));
  run_until_observed(1);
  EXPECT_EQ(server_.last_target, "/api/v1/query?query=sum%28x%29");
  EXPECT_EQ(observed_[0].value, 4);
}

TEST_F(MetricPollerTest, OnceItIsGoneItTellsNothing) {
  server_.is_silent = true;
  poll(json_config());
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (server_.asked == 0 && std::chrono::steady_clock::now() < deadline) loop_.run_one_for(100ms);
  poller_.reset();
  loop_.poll();
  EXPECT_THAT(observed_, IsEmpty());
}

TEST_F(MetricPollerTest, ATimetableIsLookedAtAtOnce) {
  poll(config_for({.from = config::CronSource{
                       .time_zone = "UTC", .start = "* * * * *", .end = "0 0 1 1 *", .desired_replicas = 5}}));
  run_until_observed(1);
  EXPECT_EQ(observed_[0].rule, 1);
  EXPECT_TRUE(observed_[0].is_valid);
}

TEST_F(MetricPollerTest, RefusesASourceThatItCannotAsk) {
  const auto error_of = [this](const config::AppConfig& config) {
    const auto made = MetricPoller::make(loop_, config, {});
    return made ? std::string{} : made.error();
  };
  config::AppConfig config = json_config();
  std::get<config::JsonSource>(config.metric_sources[0].from).value_location = "a[";
  EXPECT_THAT(error_of(config), HasSubstr("scale rule 'jobs': 'a[' is no location"));
  std::get<config::JsonSource>(config.metric_sources[0].from).url = "https://x/";
  EXPECT_THAT(error_of(config), HasSubstr("scale rule 'jobs': 'https://x/' needs TLS"));
}

}  // namespace
}  // namespace tenfold::live
