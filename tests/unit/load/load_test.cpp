// The load generator: what it counts, and what it says of a server that misbehaves.
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
#include "load/burst.hpp"
#include "load/target.hpp"

namespace tenfold::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Expectation, LooksAlongAPath) {
  const std::string body = R"({"status": "optimal", "objective": 55.0000001, "plan": {"items": [{"n": 1}, {"n": 2}]}})";
  const auto difference = [&](const char* text) { return check(*parse_expectation(text), body).value_or(""); };
  EXPECT_EQ(difference("status=optimal"), "");
  EXPECT_EQ(difference("objective=55"), "");
  EXPECT_EQ(difference("plan.items[1].n=2"), "");
  EXPECT_EQ(difference("plan.items[1].n=3"), "plan.items[1].n is 2, not 3");
  EXPECT_EQ(difference("status=infeasible"), "status is \"optimal\", not infeasible");
  EXPECT_EQ(difference("nothing=1"), "the answer has no nothing");
  EXPECT_EQ(check(*parse_expectation("a=1"), "no json"), "the answer is no JSON");
  EXPECT_FALSE(parse_expectation("status"));
}

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

TEST(Burst, CountsAnswersAndReplicas) {
  TestServer server;
  const auto result =
      run_burst({.url = server.url("/"), .requests = 40, .expectations = {*parse_expectation("ok=true")}});
  ASSERT_TRUE(result) << result.error();
  EXPECT_TRUE(result->is_good());
  EXPECT_EQ(result->sent, 40);
  EXPECT_THAT(result->statuses, ElementsAre(Pair(200, 40)));
  EXPECT_THAT(result->replicas, ElementsAre(Pair("1", 20), Pair("2", 20)));
  EXPECT_EQ(result->times_s.size(), 40);
  EXPECT_EQ(result->makespan_s, *std::ranges::max_element(result->times_s));
}

TEST(Burst, IsNotGoodWithErrorsOrWrongAnswers) {
  TestServer server;
  const auto failing = run_burst({.url = server.url("/some-fail"), .requests = 8});
  EXPECT_THAT(failing->statuses, ElementsAre(Pair(200, 6), Pair(503, 2)));
  EXPECT_FALSE(failing->is_good());
  const auto wrong =
      run_burst({.url = server.url("/"), .requests = 3, .expectations = {*parse_expectation("ok=false")}});
  EXPECT_THAT(wrong->failed_expectations, ElementsAre(Pair("ok is true, not false", 3)));
  EXPECT_FALSE(wrong->is_good());
}

TEST(Burst, SaysWhatKeptAnAnswerAway) {
  TestServer server;
  EXPECT_EQ(run_burst({.url = server.url("/break"), .requests = 5})->errors.begin()->second, 5);
  const auto refused = run_burst({.url = "http://127.0.0.1:1/", .requests = 2});
  EXPECT_THAT(refused->errors, ElementsAre(Pair("Connection refused", 2)));
  EXPECT_THAT(run_burst({.url = "127.0.0.1:8080"}).error(), HasSubstr("write http://"));
  EXPECT_FALSE(run_burst({.url = "https://127.0.0.1/"}));
}

TEST(Burst, RaisesItsLimitOfDescriptorsAsFarAsItMay) {
  TestServer server;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit tight{.rlim_cur = 64, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto result = run_burst({.url = server.url("/"), .requests = 100});
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_TRUE(result) << result.error();
  EXPECT_THAT(result->statuses, ElementsAre(Pair(200, 100)));
}

// In a process of its own: a hard limit never rises again.
TEST(Burst, SaysThatItMayNotHaveAsManyDescriptorsAsItNeeds) {
  const auto burst_under_hard_limit = [] {
    const rlimit tight{.rlim_cur = 64, .rlim_max = 64};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    const auto result = run_burst({.url = "http://127.0.0.1:1/", .requests = 100});
    std::exit(!result && result.error().find("may have 64; raise the limit") != std::string::npos ? 0 : 1);
  };
  EXPECT_EXIT(burst_under_hard_limit(), testing::ExitedWithCode(0), "");
}

struct Url {
  std::string text;
  std::string host;
  int port;
  std::string host_field;
  std::string path;
};

TEST(Target, IsReadFromAUrl) {
  const std::vector<Url> urls{
      {"http://127.0.0.1:8080/solve", "127.0.0.1", 8080, "127.0.0.1:8080", "/solve"},
      {"http://host", "host", 80, "host", "/"},
      {"HTTP://host/", "host", 80, "host", "/"},
      {"http://host:65535/", "host", 65535, "host:65535", "/"},
      {"http://host:/a", "host", 80, "host:", "/a"},
      {"http://host/a/b?x=1&y=%20", "host", 80, "host", "/a/b?x=1&y=%20"},
      {"http://host?x=1", "host", 80, "host", "/?x=1"},
      {"http://host/a?", "host", 80, "host", "/a?"},
      {"http://host/a#part", "host", 80, "host", "/a"},
      {"http://host/a?x=1#part?y#z", "", 0, "", ""},
      {"http://host/a?x=1#part?y", "host", 80, "host", "/a?x=1"},
      {"http://host#part", "host", 80, "host", "/"},
      {"http://[::1]:81/a", "::1", 81, "[::1]:81", "/a"},
      {"http://[::1]", "::1", 80, "[::1]", "/"},
  };
  for (const Url& url : urls) {
    const auto target = parse_target(url.text);
    ASSERT_EQ(target.has_value(), !url.host.empty()) << url.text;
    if (!target) continue;
    EXPECT_EQ(target->host, url.host) << url.text;
    EXPECT_EQ(target->port, url.port) << url.text;
    EXPECT_EQ(target->host_field, url.host_field) << url.text;
    EXPECT_EQ(target->path, url.path) << url.text;
  }
}

TEST(Target, SaysWhatIsWrongWithAUrl) {
  const auto error = [](const char* url) {
    const auto target = parse_target(url);
    return target ? "none" : target.error();
  };
  EXPECT_THAT(error("http://host:65536/"), HasSubstr("has port 65536, and ports are 1 to 65535"));
  EXPECT_THAT(error("http://host:99999999999999999999/"), HasSubstr("and ports are"));
  EXPECT_THAT(error("http://host:0/"), HasSubstr("has port 0,"));
  EXPECT_THAT(error("http://host:8x/"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http:///solve"), HasSubstr("names no host"));
  EXPECT_THAT(error("http://:80/"), HasSubstr("names no host"));
  EXPECT_THAT(error("http:solve"), HasSubstr("is no URL"));
  EXPECT_THAT(error("host:80/solve"), HasSubstr("is no URL"));
  EXPECT_THAT(error("/solve"), HasSubstr("is no URL"));
  EXPECT_THAT(error(""), HasSubstr("is no URL"));
  EXPECT_THAT(error("https://host/"), HasSubstr("wants TLS"));
  EXPECT_THAT(error("ftp://host/"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http://user:secret@host/"), HasSubstr("--header 'Authorization"));
  EXPECT_THAT(error("http://host/with space"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http://host/a\r\nX: y"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http://[::1/"), HasSubstr("is no URL"));
}

}  // namespace
}  // namespace tenfold::load
