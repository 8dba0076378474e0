// The admin API: who may ask, what the live page is made of, and the stream of what happens.
#include "live/admin.hpp"

#include <fstream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "ingress_fixture.hpp"
#include "live/page/assets.hpp"

namespace tenfold::live {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AdminTest : public IngressTest {
 protected:
  void open(AdminAccess access = {}, std::uint32_t min = 1, std::uint32_t max = 1) {
    serve(min, max);
    admin_.emplace(
        loop_, AdminSources{.ingress = *ingress_, .board = *board_, .lines = said_, .app = "app", .access = access});
    http::Limits limits;
    admin_server_.emplace(loop_, *admin_, limits);
    admin_endpoint_ = admin_server_->listen(http::Endpoint::tcp("127.0.0.1", 0)).value();
  }
  void TearDown() override {
    admin_server_.reset();
    admin_.reset();
    IngressTest::TearDown();
  }

  std::unique_ptr<FakeClient> ask(std::string_view path, std::string_view fields = "Host: localhost\r\n") {
    auto asked = std::make_unique<FakeClient>(loop_, admin_endpoint_);
    asked->send(fmt::format("GET {} HTTP/1.1\r\n{}\r\n", path, fields));
    return asked;
  }
  std::unique_ptr<FakeClient> answer(std::string_view path, std::string_view fields = "Host: localhost\r\n") {
    auto asked = ask(path, fields);
    run_until([&] { return asked->is_done(); });
    return asked;
  }
  int status(std::string_view path, std::string_view fields) { return answer(path, fields)->status(); }

  // The lines of /logs as it follows, so far, and what it said was missed.
  static std::pair<std::vector<std::string>, std::uint64_t> said(const std::string& body) {
    std::vector<std::string> texts;
    std::uint64_t missed = 0;
    std::size_t at = 0;
    for (std::size_t end; (end = body.find("\n\n", at)) != std::string::npos; at = end + 2) {
      if (!body.substr(at, end - at).starts_with("data: ")) continue;
      const auto message = boost::json::parse(body.substr(at + 6, end - at - 6));
      missed += message.at("missed").to_number<std::uint64_t>();
      for (const auto& line : message.at("lines").as_array()) texts.emplace_back(line.at("line").as_string());
    }
    return {texts, missed};
  }

  // The messages of a stream so far, whole ones: {event, data}.
  static std::vector<std::pair<std::string, boost::json::value>> messages(const std::string& body) {
    std::vector<std::pair<std::string, boost::json::value>> all;
    std::size_t at = 0;
    for (std::size_t end; (end = body.find("\n\n", at)) != std::string::npos; at = end + 2) {
      const std::string message = body.substr(at, end - at);
      const std::size_t line = message.find('\n');
      all.emplace_back(message.substr(7, line - 7), boost::json::parse(message.substr(line + 7)));
    }
    return all;
  }

  SaidLines said_{std::chrono::system_clock::now};
  std::optional<Admin> admin_;
  std::optional<http::Server> admin_server_;
  http::Endpoint admin_endpoint_;
};

TEST_F(AdminTest, IsAskedByAddressesLocalhostAndItsOwnNamesAlone) {
  open({.hosts = {"tenfold.example"}});
  for (const std::string host : {"localhost", "LocalHost:9900", "127.0.0.1:9900", "10.1.2.3", "[::1]:9900", "[::1]",
                                 "tenfold.example", "Tenfold.Example:80"})
    EXPECT_EQ(status("/status", "Host: " + host + "\r\n"), 200) << host;
  for (const std::string host : {"evil.example", "evil.example:9900", "localhost.evil.example",
                                 "127.0.0.1.evil.example", "a", "1.2.3", "tenfold.example.evil"}) {
    for (const std::string path : {"/", "/status", "/metrics", "/events", "/logs", "/healthz"})
      EXPECT_EQ(status(path, "Host: " + host + "\r\n"), 421) << host << path;
  }
  EXPECT_THAT(answer("/status", "Host: evil.example\r\n")->body(), HasSubstr("--admin-host"));
}

TEST_F(AdminTest, AWholeUrlNamesItsHost) {
  open();
  EXPECT_EQ(status("http://evil.example/status", "Host: localhost\r\n"), 421);
  EXPECT_EQ(status("http://localhost:9900/status", "Host: localhost:9900\r\n"), 200);
}

TEST_F(AdminTest, TellsWhatIsInsideOnlyToWhoHasTheToken) {
  open({.token = "0123456789abcdef"});
  const auto with = [](std::string_view word) { return fmt::format("Host: localhost\r\nAuthorization: {}\r\n", word); };
  for (const std::string path : {"/status", "/metrics", "/events", "/logs", "/nothing"}) {
    EXPECT_EQ(status(path, "Host: localhost\r\n"), 401) << path;
    EXPECT_EQ(status(path, with("Bearer 0123456789abcdeX")), 401) << path;
    EXPECT_EQ(status(path, with("Bearer 0123456789abcde")), 401) << path;
    EXPECT_EQ(status(path, with("Basic 0123456789abcdef")), 401) << path;
    EXPECT_EQ(status(path, with("Bearer ")), 401) << path;
  }
  EXPECT_EQ(answer("/status")->field("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(status("/status", with("Bearer 0123456789abcdef")), 200);
  EXPECT_EQ(status("/metrics", with("bearer 0123456789abcdef")), 200);
  EXPECT_EQ(status("/nothing", with("Bearer 0123456789abcdef")), 404);
  for (const std::string path : {"/", "/app.js", "/healthz", "/readyz"})
    EXPECT_EQ(status(path, "Host: localhost\r\n"), 200) << path << ": it tells nothing, and probes have no token";
}

TEST_F(AdminTest, AnswersNothingButGetAndHead) {
  open();
  auto asked = std::make_unique<FakeClient>(loop_, admin_endpoint_);
  asked->send("POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  run_until([&] { return asked->is_done(); });
  EXPECT_EQ(asked->status(), 405);
  EXPECT_EQ(asked->field("Allow"), "GET, HEAD");
}

TEST_F(AdminTest, AQuestionIsAPostFromHereAndNeedsAJournal) {
  open();
  const auto post = [this](std::string_view fields) {
    auto asked = std::make_unique<FakeClient>(loop_, admin_endpoint_);
    asked->send(
        fmt::format("POST /what-if HTTP/1.1\r\nHost: localhost:9900\r\n{}Content-Type: application/json\r\n"
                    "Content-Length: 2\r\n\r\n{{}}",
                    fields));
    run_until([&] { return asked->is_done(); });
    return asked;
  };
  EXPECT_EQ(answer("/what-if")->status(), 405);
  EXPECT_EQ(answer("/what-if")->field("Allow"), "POST");
  EXPECT_THAT(post("")->body(), HasSubstr("keeps no journal"));
  for (const std::string ours :
       {"Origin: http://localhost:9900\r\n", "Sec-Fetch-Site: same-origin\r\n", "Origin: https://LOCALHOST:9900\r\n"})
    EXPECT_EQ(post(ours)->status(), 409) << ours;
  for (const std::string strange :
       {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Origin: http://localhost\r\n", "Origin: \r\n",
        "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site: none\r\n"})
    EXPECT_EQ(post(strange)->status(), 403) << strange;
}

TEST(AdminToken, IsOneWordOfAFile) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / fmt::format("tenfold-{}", ::getpid());
  const auto read = [&file](std::string_view text) {
    std::ofstream{file} << text;
    return read_token(file);
  };
  EXPECT_EQ(read("0123456789abcdef\n"), "0123456789abcdef");
  EXPECT_EQ(read(" 0123456789abcdef\r\n\n"), "0123456789abcdef");
  for (const std::string wrong : {"", "\n", "short", "two words are no token", "0123456789abcdef\n0123456789abcdef"}) {
    const auto token = read(wrong);
    ASSERT_FALSE(token) << wrong;
    EXPECT_THAT(token.error(), HasSubstr("holds no token"));
  }
  std::filesystem::remove(file);
  EXPECT_THAT(read_token(file).error(), HasSubstr("cannot be read"));
}

// ---- the page

TEST_F(AdminTest, ServesThePageWithoutAnythingFromElsewhere) {
  open();
  const auto page = answer("/");
  EXPECT_EQ(page->status(), 200);
  EXPECT_EQ(page->field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page->field("Content-Security-Policy"), StartsWith("default-src 'self';"));
  EXPECT_THAT(page->field("Content-Security-Policy"), Not(HasSubstr("unsafe")));
  EXPECT_EQ(page->field("X-Content-Type-Options"), "nosniff");
  for (const Asset& asset : page_assets()) EXPECT_EQ(answer(asset.path)->status(), 200) << asset.path;
  EXPECT_THAT(page->body(), HasSubstr("app.js"));
  EXPECT_EQ(answer("/?since=1")->body(), page->body());
}

TEST_F(AdminTest, SendsThePageCompressedAndOnce) {
  open();
  const Asset& script = *find_asset("/app.js");
  EXPECT_EQ(answer("/app.js")->body(), script.bytes);
  const auto packed = answer("/app.js", "Host: localhost\r\nAccept-Encoding: br, gzip;q=0.5\r\n");
  EXPECT_EQ(packed->field("Content-Encoding"), "gzip");
  EXPECT_EQ(packed->body(), script.gzip);
  EXPECT_LT(script.gzip.size(), script.bytes.size());
  EXPECT_EQ(answer("/app.js", "Host: localhost\r\nAccept-Encoding: gzip;q=0\r\n")->field("Content-Encoding"), "");
  const auto known = answer("/app.js", fmt::format("Host: localhost\r\nIf-None-Match: \"x\", {}\r\n", script.etag));
  EXPECT_EQ(known->status(), 304);
  EXPECT_EQ(known->body(), "");
}

TEST(PageAssets, AreSmall) {
  std::size_t all = 0;
  for (const Asset& asset : page_assets()) all += asset.gzip.size();
  EXPECT_LT(all, std::size_t{200} << 10);
}

// ---- the stream

TEST_F(AdminTest, StreamsASnapshotAndThenWhatChanges) {
  open({}, 2, 2);
  auto page = ask("/events");
  run_until([&] { return !messages(page->body()).empty(); });
  EXPECT_EQ(page->field("Content-Type"), "text/event-stream");
  const auto first = messages(page->body()).front();
  EXPECT_EQ(first.first, "snapshot");
  EXPECT_EQ(first.second.at("app").as_string(), "app");
  EXPECT_EQ(first.second.at("now").at("ready").to_number<int>(), 2);
  EXPECT_EQ(first.second.at("replicas").as_array().size(), 2U);
  EXPECT_EQ(first.second.at("decisions").as_array().size(), 1U);

  auto caller = client();
  caller->post("x");
  run_until([&] { return replica(1).waiting() == 1; });
  // Until a change tells of `count` taken slots of a replica.
  const auto told = [&](std::int64_t count) {
    for (const auto& [event, data] : messages(page->body())) {
      if (event != "change") continue;
      for (const auto& row : data.at("replicas").as_array()) {
        if (row.at("replica").to_number<std::int64_t>() == 1 && row.at("running").to_number<std::int64_t>() == count)
          return true;
      }
    }
    return false;
  };
  run_until([&] { return told(1); });
  replica(1).answer("done");
  run_until([&] { return told(0); });
  const auto all = messages(page->body());
  const boost::json::value& last = all.back().second;
  EXPECT_EQ(last.at("requests").to_number<int>(), 1);
  EXPECT_EQ(last.at("minute").at("total").at("count").to_number<int>(), 1);
  for (std::size_t i = 1; i < all.size(); ++i) {
    EXPECT_EQ(all[i].first, "change");
    EXPECT_LE(all[i].second.at("replicas").as_array().size(), 1U) << "nothing happened to the other one";
    EXPECT_TRUE(all[i].second.at("decisions").as_array().empty());
  }
}

TEST_F(AdminTest, TellsAFailureWithWhoMadeIt) {
  options_.settings.queue.max_waiting = 0;
  open();
  auto page = ask("/events");
  auto runs = client();
  runs->post("x");
  run_until([&] { return replica(1).waiting() == 1; });
  auto refused = client();
  refused->post("x");
  run_until([&] { return refused->is_done(); });
  EXPECT_EQ(refused->status(), 503);
  const auto failure = [&]() -> std::optional<boost::json::value> {
    for (const auto& [event, data] : messages(page->body())) {
      if (!data.at("failures").as_array().empty()) return data.at("failures").as_array().front();
    }
    return std::nullopt;
  };
  run_until([&] { return failure().has_value(); });
  EXPECT_EQ(failure()->at("status").to_number<int>(), 503);
  EXPECT_EQ(failure()->at("reason").as_string(), "queue full");
  EXPECT_EQ(failure()->at("number").to_number<int>(), 1);
}

// How often `needle` is in what has come so far; what was looked at before is not looked at again.
class Count {
 public:
  explicit Count(std::string_view needle) : needle_{needle} {}
  std::size_t operator()(const std::string& body) {
    for (std::size_t found; (found = body.find(needle_, at_)) != std::string::npos; ++count_)
      at_ = found + needle_.size();
    return count_;
  }
  // Behind the last one.
  std::size_t end() const { return at_; }

 private:
  std::string_view needle_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
};

// More is told than sockets hold, until the reader is behind: then it gets a fresh snapshot, and nothing of what it
// missed.
TEST_F(AdminTest, ASubscriberThatStallsGetsANewerSnapshotAndNoBacklog) {
  open();
  constexpr std::uint32_t kReplicas = 5000;  // a megabyte each time
  constexpr std::size_t kMessages = 14;
  std::uint64_t memory = 0;
  const auto change_all = [&] {
    ++memory;
    for (std::uint32_t n = 10; n < 10 + kReplicas; ++n)
      board_->usage_sampled(ingress_->time(), core::ReplicaId{n}, {.memory = core::Bytes{memory}});
  };
  change_all();
  const auto stalls = ask("/events");
  stalls->pause();
  const auto reads = ask("/events");
  Count heard{"\n\n"};
  for (std::size_t n = 1; n <= kMessages; ++n) {
    run_until([&] { return heard(reads->body()) >= n; });
    change_all();
  }
  stalls->resume();
  Count snapshots{"event: snapshot\ndata: "};
  run_until([&] { return snapshots(stalls->body()) == 2; });
  const std::size_t begin = snapshots.end();
  run_until([&] { return stalls->body().find("\n\n", begin) != std::string::npos; });
  const auto fresh = boost::json::parse(stalls->body().substr(begin, stalls->body().find("\n\n", begin) - begin));
  EXPECT_EQ(fresh.at("replicas").as_array().back().at("rss_bytes").to_number<std::uint64_t>(), memory);
  EXPECT_LT(Count{"event: "}(stalls->body()), kMessages) << "what it missed is not sent later";
  EXPECT_EQ(Count{"event: snapshot"}(reads->body()), 1U) << "who keeps up needs no other";
}

// In the loop's own time: so long other requests wait for it. The least of some runs, for the machine has other work.
TEST_F(AdminTest, TellsOfAThousandReplicas) {
  serve(1, 1);
  for (std::uint32_t n = 10; n < 1010; ++n)
    board_->usage_sampled(ingress_->time(), core::ReplicaId{n},
                          {.cpu = 123ms, .wall = 1s, .memory = core::mebibytes(123 + n)});
  Feed feed{loop_, *ingress_, *board_, "app"};
  const std::string told = feed.snapshot();
  EXPECT_THAT(told, HasSubstr(R"("replica":10,)"));
  EXPECT_THAT(told, HasSubstr(R"("replica":1009,)"));
}

TEST_F(AdminTest, HasABoundOnSubscribersAndForgetsWhoLeaves) {
  open();
  std::vector<std::unique_ptr<FakeClient>> pages;
  for (std::size_t i = 0; i < Feed::kMostSubscribers; ++i) {
    pages.push_back(ask("/events"));
    run_until([&] { return pages.back()->status() == 200; });
  }
  EXPECT_EQ(status("/events", "Host: localhost\r\n"), 503);
  pages.clear();
  run_until([&] { return admin_server_->connection_count() == 0; });
  auto again = ask("/events");
  run_until([&] { return again->status() == 200; });
}

// ---- what was said

TEST_F(AdminTest, TellsWhatWasSaid) {
  open();
  said_.add(core::ReplicaId{3}, Console::Stream::kOut, "a \"word\"");
  said_.add({}, Console::Stream::kErr, "replica 3 is ready");
  const auto told = boost::json::parse(answer("/logs?last=2")->body());
  EXPECT_EQ(told.at("dropped").to_number<int>(), 0);
  const auto& lines = told.at("lines").as_array();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("replica").to_number<int>(), 3);
  EXPECT_EQ(lines[0].at("stream").as_string(), "stdout");
  EXPECT_EQ(lines[0].at("line").as_string(), "a \"word\"");
  EXPECT_TRUE(lines[1].at("replica").is_null());
  EXPECT_EQ(boost::json::parse(answer("/logs?replica=3")->body()).at("lines").as_array().size(), 1U);
  EXPECT_EQ(status("/logs?since=1", "Host: localhost\r\n"), 400);
}

TEST_F(AdminTest, FollowsWhatIsSaid) {
  open();
  said_.add(core::ReplicaId{1}, Console::Stream::kOut, "before");
  auto reader = ask("/logs?last=1&follow");
  run_until([&] { return said(reader->body()).first.size() == 1; });
  EXPECT_EQ(reader->field("Content-Type"), "text/event-stream");
  said_.add(core::ReplicaId{1}, Console::Stream::kOut, "after");
  run_until([&] { return said(reader->body()).first.size() == 2; });
  EXPECT_EQ(said(reader->body()).first.back(), "after");
  said_.add(core::ReplicaId{1}, Console::Stream::kOut, "the last word");
  admin_->finish();
  run_until([&] { return said(reader->body()).first.size() == 3; });
}

// Nothing is kept for who stalls beyond what all may read; the lines that it gets and those it misses are all there
// were.
TEST_F(AdminTest, WhoStallsIsToldHowManyLinesItMissed) {
  open();
  auto stalls = ask("/logs?last=0&follow");
  run_until([&] { return stalls->status() == 200; });
  stalls->pause();
  auto reads = ask("/logs?last=0&follow");
  run_until([&] { return reads->status() == 200; });
  const std::string line(1000, 'x');
  constexpr std::size_t kRound = 1000;
  std::size_t count = 0;
  Count heard{line};
  while (said_.dropped() < 2 * SaidLines::kMostLines) {
    for (std::size_t n = 0; n < kRound; ++n, ++count) said_.add(core::ReplicaId{1}, Console::Stream::kOut, line);
    run_until([&] { return heard(reads->body()) == count; });
  }
  EXPECT_EQ(said(reads->body()).second, 0U) << "who keeps up misses nothing";
  said_.add(core::ReplicaId{1}, Console::Stream::kOut, "the last");
  stalls->resume();
  // To take it apart again and again would be slow: it is megabytes.
  constexpr std::size_t kTail = 200;
  run_until([&] {
    const std::string_view body = stalls->body();
    return body.substr(body.size() - std::min(body.size(), kTail)).find("the last") != std::string_view::npos;
  });
  const auto [texts, missed] = said(stalls->body());
  EXPECT_EQ(texts.size() + missed, count + 1);
  EXPECT_GT(missed, SaidLines::kMostLines);
}

TEST_F(AdminTest, HasABoundOnWhoFollowsTheLogs) {
  open();
  std::vector<std::unique_ptr<FakeClient>> readers;
  for (std::size_t i = 0; i < SaidFeed::kMostFollowers; ++i) {
    readers.push_back(ask("/logs?follow"));
    run_until([&] { return readers.back()->status() == 200; });
  }
  EXPECT_EQ(status("/logs?follow", "Host: localhost\r\n"), 503);
  EXPECT_EQ(status("/logs", "Host: localhost\r\n"), 200);
  readers.clear();
  run_until([&] { return admin_server_->connection_count() == 0; });
  auto again = ask("/logs?follow");
  run_until([&] { return again->status() == 200; });
}

}  // namespace
}  // namespace tenfold::live
