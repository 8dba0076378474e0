// Runs against a real server: threads, descriptors, and what is said of a server that misbehaves.
#include "load/run.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "http/epoll_loop.hpp"
#include "http/server.hpp"

namespace tenfold::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// A server on a thread of its own, since the generator runs its own loop.
class TestServer final : public http::ServerHandler {
 public:
  TestServer() : server_{loop_, *this, {}} {
    endpoint_ = server_.listen(http::Endpoint::tcp("127.0.0.1", 0)).value();
    thread_ = std::jthread{[this] { loop_.run(); }};
  }
  ~TestServer() { loop_.stop(); }
  std::string url(const std::string& path) const { return "http://" + endpoint_.to_string() + path; }

 private:
  void on_request(http::ServerConnection& connection) override {
    const std::string_view target = connection.head().target();
    if (target == "/break") return connection.abort();
    const int number = ++count_;
    const int status = target == "/some-fail" && number % 4 == 0 ? 503 : 200;
    connection.respond(status, "application/json", R"({"ok": true})",
                       number % 2 ? "X-Tenfold-Replica: 1\r\n" : "X-Tenfold-Replica: 2\r\n");
  }
  http::EpollLoop loop_;
  http::Server server_;
  http::Endpoint endpoint_;
  int count_ = 0;
  std::jthread thread_;
};

// What `tenfold load URL --burst N` makes.
RunOptions burst(const std::string& url, std::uint32_t size) {
  return {.requests = {.urls = {url}},
          .workload = "burst:n=" + std::to_string(size),
          .connections = size,
          .opens_before = true};
}

TEST(Run, CountsAnswersAndReplicasOfABurst) {
  TestServer server;
  RunOptions options = burst(server.url("/"), 40);
  options.expectations = {*parse_expectation("ok=true")};
  const auto result = run(options);
  ASSERT_TRUE(result) << result.error();
  EXPECT_TRUE(result->is_good());
  EXPECT_EQ(result->sent, 40);
  EXPECT_THAT(result->statuses, ElementsAre(Pair(200, 40)));
  EXPECT_THAT(result->replicas, ElementsAre(Pair("1", 20), Pair("2", 20)));
  EXPECT_EQ(result->time.count(), 40);
  EXPECT_DOUBLE_EQ(result->makespan_s(), result->time.max_s());
}

TEST(Run, IsNotGoodWithErrorsOrWrongAnswers) {
  TestServer server;
  const auto failing = run(burst(server.url("/some-fail"), 8));
  EXPECT_THAT(failing->statuses, ElementsAre(Pair(200, 6), Pair(503, 2)));
  EXPECT_EQ(failing->wrong_answers.at("503").body, R"({"ok": true})");
  EXPECT_FALSE(failing->is_good());
  RunOptions options = burst(server.url("/"), 3);
  options.expectations = {*parse_expectation("ok=false")};
  const auto wrong = run(options);
  EXPECT_THAT(wrong->failed_expectations, ElementsAre(Pair("ok is true, not false", 3)));
  EXPECT_EQ(wrong->wrong_answers.at("ok is true, not false").status, 200);
  EXPECT_FALSE(wrong->is_good());
}

TEST(Run, SaysWhatKeptAnAnswerAway) {
  TestServer server;
  EXPECT_EQ(run(burst(server.url("/break"), 5))->errors.begin()->second, 5);
  EXPECT_EQ(run(burst("http://127.0.0.1:1/", 2)).error(), "127.0.0.1:1 cannot be reached: Connection refused");
  EXPECT_EQ(run({.requests = {.urls = {"http://127.0.0.1:1/"}}, .most_requests = 2}).error(),
            "127.0.0.1:1 cannot be reached: Connection refused");
  EXPECT_THAT(run(burst("127.0.0.1:8080", 1)).error(), HasSubstr("write http://"));
  EXPECT_THAT(run(burst("http://nowhere.invalid/", 1)).error(), HasSubstr("the host 'nowhere.invalid' is not known"));
  EXPECT_FALSE(run(burst("https://127.0.0.1/", 1)));
}

TEST(Run, SaysWhatIsWrongWithAWorkload) {
  const auto error = [](RunOptions options) {
    options.requests.urls = {"http://127.0.0.1:1/"};
    return run(options).error();
  };
  EXPECT_THAT(error({.workload = "poison:rate=5"}), HasSubstr("--workload"));
  EXPECT_THAT(error({.workload = "trace:/nowhere.csv"}), HasSubstr("/nowhere.csv"));
  EXPECT_THAT(error({.think = "soon"}), HasSubstr("--think"));
}

TEST(Run, SharesItsRequestsAmongThreads) {
  TestServer server;
  for (const std::uint32_t threads : {1U, 3U}) {
    const auto closed =
        run({.requests = {.urls = {server.url("/")}}, .connections = 7, .most_requests = 100, .threads = threads});
    ASSERT_TRUE(closed) << closed.error();
    EXPECT_THAT(closed->statuses, ElementsAre(Pair(200, 100)));
    const auto open = run({.requests = {.urls = {server.url("/"), "GET " + server.url("/some-fail")}},
                           .workload = "constant:interval=1ms",
                           .most_requests = 50,
                           .threads = threads});
    ASSERT_TRUE(open) << open.error();
    EXPECT_EQ(open->requests(), 50);
    EXPECT_NEAR(open->makespan_s(), 0.049, 0.5);
  }
}

TEST(Run, RaisesItsLimitOfDescriptorsAsFarAsItMay) {
  TestServer server;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit tight{.rlim_cur = 64, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto result = run(burst(server.url("/"), 100));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_TRUE(result) << result.error();
  EXPECT_THAT(result->statuses, ElementsAre(Pair(200, 100)));
}

// In a process of its own: a hard limit never rises again.
TEST(Run, SaysThatItMayNotHaveAsManyDescriptorsAsItNeeds) {
  const auto burst_under_hard_limit = [] {
    const rlimit tight{.rlim_cur = 64, .rlim_max = 64};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    const auto result = run(burst("http://127.0.0.1:1/", 100));
    std::exit(!result && result.error().find("may have 64; raise the limit") != std::string::npos ? 0 : 1);
  };
  EXPECT_EXIT(burst_under_hard_limit(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tenfold::load
