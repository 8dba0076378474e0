// Whole logs: recognised, put in order, told of, and what is wrong with them.
#include "sim/logs/traffic_log.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "sim/cold_start.hpp"
#include "sim/logs/records.hpp"
#include "sim/scenario.hpp"
#include "sim/service_time.hpp"
#include "sim/spec.hpp"
#include "sim/workload.hpp"
#include "unit/sim/scratch_file.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

constexpr core::Duration kBegin = std::chrono::seconds{1770376454};

// What came when and how long it took.
struct Request {
  core::Duration at{};
  core::Duration lasted{};
};

std::string stamp(core::Duration at, const char* format) {
  return fmt::format(fmt::runtime(format),
                     std::chrono::sys_seconds{std::chrono::floor<std::chrono::seconds>(kBegin + at)});
}
std::int64_t millis(core::Duration span) { return span / 1ms; }
double seconds(core::Duration span) { return core::to_seconds(span); }

std::string nginx_line(const Request& r) {
  return fmt::format("10.0.0.1 - - [{} +0000] \"POST /solve?n={} HTTP/1.1\" 200 9 \"-\" \"c\" {:.3f}\n",
                     stamp(r.at + r.lasted, "{:%d/%b/%Y:%H:%M:%S}"), millis(r.at), seconds(r.lasted));
}
std::string apache_line(const Request& r) {
  return fmt::format("10.0.0.1 - - [{} +0000] \"POST /solve HTTP/1.1\" 200 9 \"-\" \"c\" {}\n",
                     stamp(r.at, "{:%d/%b/%Y:%H:%M:%S}"), r.lasted / 1us);
}
std::string haproxy_line(const Request& r) {
  return fmt::format("10.0.0.1:1 [{}.{:03}] in b/s 0/0/0/{}/{} 200 9 - - ---- 1/1/1/1/0 0/0 \"POST /solve HTTP/1.1\"\n",
                     stamp(r.at, "{:%d/%b/%Y:%H:%M:%S}"), millis(r.at) % 1000, millis(r.lasted), millis(r.lasted));
}
std::string envoy_line(const Request& r) {
  return fmt::format("[{}.{:03}Z] \"POST /solve HTTP/1.1\" 200 - 1 2 {} {} \"-\" \"c\" \"i\" \"h\" \"u\"\n",
                     stamp(r.at, "{:%Y-%m-%dT%H:%M:%S}"), millis(r.at) % 1000, millis(r.lasted), millis(r.lasted));
}
std::string k6_line(const Request& r) {
  return fmt::format("http_req_duration,{},{},,,,,,POST,/solve,,,,200,,,/solve,,\n", (kBegin + r.at + r.lasted) / 1ms,
                     millis(r.lasted));
}
std::string uvicorn_line(const Request& r) {
  return fmt::format("{},{:03} INFO: 10.0.0.1:1 - \"POST /solve HTTP/1.1\" 200\n", stamp(r.at, "{:%Y-%m-%d %H:%M:%S}"),
                     millis(r.at) % 1000);
}

// So many, at random and with times at random, in the order of their ends, as servers write them.
std::vector<Request> requests(std::size_t count) {
  Random random{7};
  std::vector<Request> made;
  core::Duration at{};
  for (std::size_t i = 0; i < count; ++i) {
    at += std::chrono::milliseconds{1 + random.below(400)};
    made.push_back({.at = at, .lasted = std::chrono::milliseconds{1 + random.below(5000)}});
  }
  std::ranges::stable_sort(made, {}, [](const Request& r) { return r.at + r.lasted; });
  return made;
}

template <class Line>
std::string text_of(const std::vector<Request>& all, Line line) {
  std::string text;
  for (const Request& request : all) text += line(request);
  return text;
}

std::expected<TrafficLog, std::string> parse(const std::string& path, LogSource source = {}) {
  source.file = path;
  return parse_log(source);
}

std::vector<Arrival> arrivals_in(const std::string& text) {
  const ScratchFile file{text};
  ClassNames names;
  const auto log = parse(file.path());
  EXPECT_TRUE(log) << log.error();
  return log ? arrivals_of(*log, 1, names) : std::vector<Arrival>{};
}

// What was written comes back, to the format's resolution.
void expect_back(std::vector<Request> all, const std::vector<Arrival>& arrivals, core::Duration slack,
                 bool has_service) {
  std::ranges::stable_sort(all, {}, &Request::at);
  ASSERT_EQ(arrivals.size(), all.size());
  const core::Duration first = all.front().at;
  std::vector<core::Duration> services;
  std::vector<core::Duration> lasted;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_LE(std::chrono::abs(arrivals[i].at.time_since_epoch() - (all[i].at - first)), slack) << i;
    EXPECT_EQ(arrivals[i].service.has_value(), has_service);
    if (arrivals[i].service) services.push_back(*arrivals[i].service);
    lasted.push_back(all[i].lasted);
  }
  std::ranges::sort(services);
  std::ranges::sort(lasted);
  if (!has_service) return;
  EXPECT_EQ(services, lasted);
}

TEST(TrafficLog, GivesBackWhatWasWrittenInEveryFormat) {
  const std::vector<Request> all = requests(2000);
  expect_back(all, arrivals_in(text_of(all, haproxy_line)), 0ms, true);
  expect_back(all, arrivals_in(text_of(all, envoy_line)), 0ms, true);
  expect_back(all,
              arrivals_in("metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,"
                          "name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n" +
                          text_of(all, k6_line)),
              0ms, true);
  expect_back(all, arrivals_in(text_of(all, uvicorn_line)), 0ms, false);
  // Whole seconds: neighbours change places, so that the n-th is a second and some off.
  expect_back(all, arrivals_in(text_of(all, nginx_line)), 2s, true);
}

TEST(TrafficLog, TellsEndsFromArrivalsByTheOrderOfItsLines) {
  const std::vector<Request> all = requests(2000);
  const ScratchFile nginx{text_of(all, nginx_line)};
  const ScratchFile apache{text_of(all, apache_line)};
  EXPECT_EQ(parse(nginx.path())->moment, Moment::kEnd);
  EXPECT_EQ(parse(apache.path())->moment, Moment::kArrival);
  EXPECT_EQ(parse(apache.path())->unit, core::Duration{1us});
  EXPECT_EQ(parse(apache.path(), {.moment = Moment::kEnd})->moment, Moment::kEnd);
  expect_back(all, arrivals_in(text_of(all, apache_line)), 2s, true);
}

TEST(TrafficLog, WholeNumbersHaveAUnit) {
  const auto log_of = [](std::string_view number, LogSource source = {}) {
    const ScratchFile file{
        fmt::format("1 - - [06/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\" {}\n", number)};
    return parse(file.path(), source)->requests.front().service;
  };
  EXPECT_EQ(log_of("2"), 2s);
  EXPECT_EQ(log_of("245000"), 245ms);
  EXPECT_EQ(log_of("245", {.unit = 1ms}), 245ms);
  EXPECT_EQ(log_of("99999999999999999999999"), LoggedRequest::kUntold);
  EXPECT_GT(log_of("18446744073709551615", {.unit = 1s}), 1h) << "no overflow";
}

TEST(TrafficLog, CountsWhatCannotBeReadAndSaysWhere) {
  std::string text =
      text_of(requests(41), nginx_line) + "what is this\n\n" + text_of(requests(10), nginx_line) + "and this\n";
  const ScratchFile file{text};
  const auto log = parse(file.path());
  ASSERT_TRUE(log) << log.error();
  EXPECT_EQ(log->requests.size(), 51U);
  EXPECT_THAT(log->notes({.file = file.path()}),
              Contains(HasSubstr("2 of 53 lines could not be read; the first is line 42: what is this")));
}

TEST(TrafficLog, RefusesWhatItCannotUse) {
  const auto error_of = [](std::string_view text) {
    const ScratchFile file{text};
    const auto log = parse(file.path());
    return log ? std::string{"none"} : log.error();
  };
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
  EXPECT_THAT(error_of("\n\n"), HasSubstr("is empty"));
  EXPECT_THAT(error_of("t,service\n0,1\n"), HasSubstr("of no request in a format that is known"));
  EXPECT_THAT(error_of("INFO:     1.1.1.1:1 - \"GET / HTTP/1.1\" 200 OK\n"), HasSubstr("--log-config"));
  EXPECT_THAT(error_of("Type,Name,Request Count,Failure Count\nGET,/,1,0\n"), HasSubstr("_stats_history.csv"));
  EXPECT_THAT(parse("/nonexistent/log").error(), HasSubstr("No such file"));
  EXPECT_THAT(parse("/tmp").error(), HasSubstr("cannot be read"));
}

std::string gzipped(const std::string& text) {
  const ScratchFile file{""};
  gzFile out = gzopen(file.path().c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  std::ifstream in{file.path(), std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(TrafficLog, ReadsGzip) {
  const std::string text = text_of(requests(500), nginx_line);
  const std::string packed = gzipped(text);
  ASSERT_LT(packed.size(), text.size());
  EXPECT_EQ(arrivals_in(packed), arrivals_in(text));
  EXPECT_EQ(arrivals_in(packed + gzipped(text)).size(), 1000U) << "several members";
  const ScratchFile broken{packed.substr(0, packed.size() / 2)};
  const auto log = parse(broken.path());
  ASSERT_TRUE(log) << log.error();
  EXPECT_THAT(log->notes({.file = "x"}), Contains(HasSubstr("read in part: its gzip stream breaks off")));
}

TEST(TrafficLog, UnservedRequestsTakeTheTimesOfOthers) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += nginx_line({.at = std::chrono::seconds{i}, .lasted = 300ms});
  text += "1 - - [06/Feb/2026:12:00:00 +0000] \"GET /solve HTTP/1.1\" 503 1 \"-\" \"-\" 0.001\n";
  const ScratchFile file{text};
  const auto log = parse(file.path());
  EXPECT_EQ(log->count_with_service(), 20U);
  ClassNames names;
  for (const Arrival& arrival : arrivals_of(*log, 1, names)) EXPECT_EQ(arrival.service, core::Duration{300ms});
  EXPECT_EQ(names.all(), std::vector<std::string>{"/solve"}) << "a class is a path without its query";
}

TEST(TrafficLog, IsAWorkloadAndAsksForServiceTimesThatItHasNot) {
  const ScratchFile timed{text_of(requests(50), nginx_line)};
  const ScratchFile timeless{text_of(requests(50), uvicorn_line)};
  EXPECT_EQ((*make_workload("log:" + timed.path(), 1))->total(), 50U);
  const config::AppConfig app;
  EXPECT_TRUE(run_scenario(app, {.workload = "log:" + timed.path()}));
  EXPECT_THAT(run_scenario(app, {.workload = "log:" + timeless.path()}).error(), HasSubstr("give --service"));
  EXPECT_TRUE(run_scenario(app, {.workload = "log:" + timeless.path(), .is_service_stated = true}));
  EXPECT_THAT(run_scenario(app, {.workload = "log:" + timed.path() + ",service=no"}).error(),
              HasSubstr("give --service"));
  EXPECT_THAT(make_workload("log:" + timed.path() + ",format=ngnix", 1).error(),
              HasSubstr("format: 'ngnix' is none of"));
  EXPECT_THAT(make_workload("log:" + timed.path() + ",at=noon", 1).error(), HasSubstr("at: arrival or end"));
  EXPECT_THAT(make_workload("log:", 1).error(), HasSubstr("it needs one file"));
}

TEST(TrafficLog, LendsItsTimesToOtherWorkloads) {
  const ScratchFile timed{text_of(requests(50), nginx_line)};
  const ScratchFile timeless{text_of(requests(50), uvicorn_line)};
  const ScratchFile system{
      R"({"TimeGenerated":"2026-02-06T12:00:00Z","ReplicaName_s":"r1","Reason_s":"AssigningReplica","Log_s":"x"}
{"TimeGenerated":"2026-02-06T12:00:20Z","ReplicaName_s":"r1","Reason_s":"ContainerStarted","Log_s":"x"})"};
  const auto service = make_service_time("log:" + timed.path(), 1);
  ASSERT_TRUE(service) << service.error();
  EXPECT_GT((*service)->mean(), 1s);
  EXPECT_THAT(make_service_time("log:" + timeless.path(), 1).error(), HasSubstr("does not tell how long"));
  EXPECT_EQ((*make_cold_start("log:" + system.path()))->mean(), core::Duration{20s});
  EXPECT_THAT(make_cold_start("log:" + timed.path()).error(), HasSubstr("no replica starts in it"));
  EXPECT_THAT(make_workload("log:" + system.path(), 1).error(), HasSubstr("of replicas, not of requests"));
}

TEST(TrafficLog, ReadsALongFileInLittleMemory) {
  std::string text = text_of(requests(1000), nginx_line);
  const std::string once = text;
  while (text.size() < 20'000'000) text += once;
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  const ScratchFile file{text};
  const auto log = parse(file.path());
  ASSERT_TRUE(log) << log.error();
  EXPECT_EQ(log->requests.size(), lines);
  EXPECT_LT(log->requests.capacity() * sizeof(LoggedRequest), text.size()) << "less than the text itself";
}

TEST(TrafficLog, IsReadAgainWhenItHasChanged) {
  const ScratchFile file{text_of(requests(50), nginx_line)};
  EXPECT_EQ((*make_workload("log:" + file.path(), 1))->total(), 50U);
  std::ofstream{file.path(), std::ios::app} << text_of(requests(7), nginx_line);
  EXPECT_EQ((*make_workload("log:" + file.path(), 1))->total(), 57U);
}

TEST(LogRecords, FindsObjectsHoweverTheyStand) {
  const auto count = [](std::string_view text) {
    const ScratchFile file{text};
    auto records = LogRecords::open(file.path());
    std::vector<std::pair<std::string, std::size_t>> all;
    while (const auto record = records->next()) all.emplace_back(record->text, record->line);
    return all;
  };
  using All = std::vector<std::pair<std::string, std::size_t>>;
  EXPECT_EQ(count("{\"a\":1}\n{\"b\":{}}\n"), (All{{"{\"a\":1}", 1}, {"{\"b\":{}}", 2}}));
  EXPECT_EQ(count("\n[\n  {\n \"a\": \"}\\\"{\" },{}]"), (All{{"{\n \"a\": \"}\\\"{\" }", 3}, {"{}", 4}}));
  EXPECT_EQ(count("[{\"a\":1},{\"a\":"), (All{{"{\"a\":1}", 1}, {"", 1}})) << "one that is not closed";
  EXPECT_EQ(count("[2026-02-06T12:00:00Z] \"G\"\nx"), (All{{"[2026-02-06T12:00:00Z] \"G\"", 1}, {"x", 2}}));
}

TEST(LogRecords, BoundsALine) {
  const std::string text = "first\n" + std::string(3 * LogRecords::kMost, 'x') + "\nlast";
  const ScratchFile file{text};
  auto records = LogRecords::open(file.path());
  EXPECT_EQ(records->next()->text, "first");
  EXPECT_EQ(records->next()->text, "");
  const auto last = records->next();
  EXPECT_EQ(last->text, "last");
  EXPECT_EQ(last->line, 3U);
  EXPECT_FALSE(records->next());
}

}  // namespace
}  // namespace tenfold::sim
