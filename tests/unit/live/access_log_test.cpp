// The access log and Tenfold's own words, as text and as JSON.
#include "live/access_log.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/service.hpp"
#include "http/head_parser.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

struct FakeConsole final : Console {
  void say(Stream, std::string_view lines) override { text += lines; }
  std::string text;
};

std::chrono::system_clock::time_point noon() {
  return std::chrono::sys_days{std::chrono::April / 1 / 2026} + 12h + 5ms;
}

class AccessLogTest : public testing::Test {
 protected:
  void open(std::uint64_t id, std::string_view name = "run-1", std::string_view target = "/solve") {
    log_.request_opened(
        now_, {.id = core::RequestId{id}, .name = name, .method = "POST", .target = target, .client = "10.1.2.3"});
  }

  // It waited for 200 ms, 150 of them for a start, and took a second.
  ExchangeFacts solved() const {
    ExchangeFacts facts{
        .opened = now_, .arrived = now_ + 10ms, .status = 200, .request_bytes = 12, .answer_bytes = 80, .attempts = 1};
    facts.last() = {.replica = core::ReplicaId{3},
                    .dispatched = now_ + 210ms,
                    .done = now_ + 1210ms,
                    .cold_start = 150ms,
                    .outcome = core::Outcome::kAnswered};
    return facts;
  }

  std::string end(std::uint64_t id, const ExchangeFacts& facts) {
    log_.request_ended(now_ + 1210ms, core::RequestId{id}, facts);
    return std::exchange(console_.text, {});
  }

  FakeConsole console_;
  AccessLog log_{console_, Console::Stream::kOut, config::LogFormat::kText, noon};
  core::TimePoint now_{5s};
};

TEST_F(AccessLogTest, TellsWhereTheTimeWent) {
  open(1);
  EXPECT_EQ(end(1, solved()),
            "2026-04-01T12:00:00.005Z 10.1.2.3 POST /solve 200 1.210 s: queue 0.050, start 0.150, solve 1.000 s on "
            "replica 3; 12 B in, 80 B out; run-1\n");
  EXPECT_EQ(end(1, solved()), "") << "an end is told once";
}

TEST_F(AccessLogTest, TheTraceThatItBelongsTo) {
  ExchangeFacts facts = solved();
  const RequestTrace trace{.id = {.high = 0xA, .low = 0xB}};
  const auto open_traced = [&] {
    log_.request_opened(now_, {.id = core::RequestId{1}, .name = "run-1", .trace = trace});
  };
  open_traced();
  EXPECT_THAT(end(1, facts), EndsWith("; run-1; trace 000000000000000a000000000000000b\n"));
  log_.configure(config::LogFormat::kJson);
  open_traced();
  EXPECT_THAT(end(1, facts), HasSubstr(R"("trace":"000000000000000a000000000000000b","why":null)"));
  // Where nothing is traced, its client's word.
  const std::string head =
      "GET / HTTP/1.1\r\nHost: x\r\ntraceparent: 00-" + std::string(32, 'c') + "-1234567890123456-01\r\n\r\n";
  http::HeadParser parser{http::MessageKind::kRequest, 32 << 10};
  ASSERT_EQ(parser.parse(head), http::HeadStatus::kComplete);
  log_.request_opened(now_, {.id = core::RequestId{2}, .head = &parser.head()});
  EXPECT_THAT(end(2, facts), HasSubstr("\"trace\":\"" + std::string(32, 'c') + "\""));
}

TEST_F(AccessLogTest, OneObjectALineForPrograms) {
  log_.configure(config::LogFormat::kJson);
  open(7, "a \"b\" \xFF", "/x\xC3\xA9");
  const boost::json::object line = boost::json::parse(end(7, solved())).as_object();
  EXPECT_EQ(line.at("id"), "a \"b\" \xEF\xBF\xBD");
  EXPECT_EQ(line.at("target"), "/x\xC3\xA9");
  EXPECT_EQ(line.at("request").to_number<int>(), 7);
  EXPECT_DOUBLE_EQ(line.at("upload_s").to_number<double>(), 0.01);
  EXPECT_DOUBLE_EQ(line.at("queue_s").to_number<double>(), 0.05);
  EXPECT_DOUBLE_EQ(line.at("cold_start_s").to_number<double>(), 0.15);
  EXPECT_DOUBLE_EQ(line.at("solve_s").to_number<double>(), 1);
  EXPECT_EQ(line.at("replica").to_number<int>(), 3);
  EXPECT_TRUE(line.at("why").is_null());
}

TEST_F(AccessLogTest, SaysWhyNoReplicaAnswered) {
  core::Settings settings;
  const core::Service service{settings};
  open(1);
  log_.stepped(now_, core::TimerDue{},
               {core::Reject{.request = core::RequestId{1}, .reason = core::RejectReason::kQueueFull}}, service);
  EXPECT_THAT(end(1, {.opened = now_, .arrived = now_, .status = 503}),
              HasSubstr(" 503 1.210 s: queue 1.210 s; 0 B in, 0 B out; run-1; queue full\n"));
  open(2);
  log_.client_left(now_, core::RequestId{2});
  EXPECT_THAT(end(2, {.opened = now_}), EndsWith("; client left\n"));
}

TEST_F(AccessLogTest, NothingOfAClientsLooksLikeAnotherLine) {
  open(1, "x\ny z", "/a b\r\n10.0.0.1 GET /admin 200");
  const std::string line = end(1, solved());
  EXPECT_THAT(line, HasSubstr(" POST /a%20b%0D%0A10.0.0.1%20GET%20/admin%20200 200 "));
  EXPECT_THAT(line, EndsWith("; x%0Ay%20z\n"));
  open(2, std::string(5000, 'n'), "/" + std::string(5000, 't'));
  EXPECT_LT(end(2, solved()).size(), 2500U);
}

TEST_F(AccessLogTest, AFileOfItsOwnHasWhatWasSaid) {
  std::string made = (std::filesystem::temp_directory_path() / "tenfold-access-XXXXXX").string();
  const std::filesystem::path directory = ::mkdtemp(made.data());
  {
    auto file = LogFile::open(directory / "access.log");
    ASSERT_TRUE(file) << file.error();
    log_.write_to((*file)->console());
    open(1);
    log_.request_ended(now_ + 1210ms, core::RequestId{1}, solved());
  }
  std::ifstream in{directory / "access.log"};
  EXPECT_THAT((std::string{std::istreambuf_iterator<char>{in}, {}}), HasSubstr("POST /solve 200"));
  const auto missing = LogFile::open(directory / "no" / "access.log");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), HasSubstr("No such file or directory"));
  std::filesystem::remove_all(directory);
}

TEST(LogTest, SaysWhatItsLevelAllows) {
  FakeConsole console;
  SaidLines lines{noon};
  Log log{console, lines, {.level = config::LogLevel::kWarning}, noon};
  log.info("not this");
  log.warning("disk is low");
  log.error("gone");
  EXPECT_EQ(console.text, "tenfold: disk is low\ntenfold: gone\n");
  EXPECT_EQ(lines.last({}, 9).size(), 2U);
  EXPECT_EQ(lines.last({}, 9).back()->text, "gone");
  console.text.clear();
  log.configure({.format = config::LogFormat::kJson});
  log.info("a \"word\"\n");
  EXPECT_EQ(console.text,
            "{\"time\":\"2026-04-01T12:00:00.005Z\",\"level\":\"info\",\"message\":\"a \\\"word\\\"\\u000a\"}\n");
}

}  // namespace
}  // namespace tenfold::live
