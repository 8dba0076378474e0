// Lines of logs as their makers document them: what each tells, and what is not one of them.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sim/logs/fields.hpp"
#include "sim/logs/format.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr core::Duration kNoon = std::chrono::sys_days{std::chrono::year{2026} / 2 / 6}.time_since_epoch() + 12h;

std::unique_ptr<LogFormat> make(std::string_view name) {
  const auto kind = std::ranges::find(log_kinds(), name, &LogKind::name);
  EXPECT_NE(kind, log_kinds().end()) << name;
  return kind->make();
}

struct Case {
  std::string_view line;
  Reading reading = Reading::kRequest;
  core::Duration after_noon{};
  std::optional<core::Duration> lasted = {};
  std::optional<core::Duration> service = {};
  std::optional<std::uint64_t> number = {};
  std::string_view target = "/solve";
  int status = 200;
};

void expect(std::string_view format_name, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    LogEntry entry;
    const Reading reading = make(format_name)->read(c.line, entry);
    EXPECT_EQ(reading, c.reading) << c.line;
    if (reading != Reading::kRequest || c.reading != Reading::kRequest) continue;
    EXPECT_EQ(entry.at - kNoon, c.after_noon) << c.line;
    EXPECT_EQ(entry.lasted, c.lasted) << c.line;
    EXPECT_EQ(entry.service, c.service) << c.line;
    EXPECT_EQ(entry.lasted_number, c.number) << c.line;
    EXPECT_EQ(entry.target, c.target) << c.line;
    EXPECT_EQ(entry.status, c.status) << c.line;
  }
}

// No beginning of a line is read as something else than the whole one, but for what stands at its end.
void expect_no_harm_of_truncation(std::string_view format_name, std::string_view line) {
  for (std::size_t size = 0; size < line.size(); ++size) {
    LogEntry entry;
    const Reading reading = make(format_name)->read(line.substr(0, size), entry);
    if (reading != Reading::kRequest) continue;
    EXPECT_EQ(entry.target, "/solve") << line.substr(0, size);
    EXPECT_EQ(entry.status, 200) << line.substr(0, size);
  }
}

TEST(CombinedLog, OfNginx) {
  expect(
      "combined",
      {{.line = R"(203.0.113.9 - - [06/Feb/2026:12:14:14 +0000] "POST /solve HTTP/1.1" 200 512 "-" "curl/8.5.0")",
        .after_noon = 14min + 14s},
       {.line = R"(203.0.113.9 - ann [06/Feb/2026:12:14:14 +0100] "GET /solve HTTP/2.0" 200 0 "-" "x \"y\"" 0.245)",
        .after_noon = 14min + 14s - 1h,
        .lasted = 245ms},
       {.line = R"(::1 - - [06/Feb/2026:04:14:14 -0800] "POST /solve HTTP/1.1" 200 5 "-" "-" 0.245 0.240)",
        .after_noon = 14min + 14s,
        .lasted = 245ms,
        .service = 240ms},
       {.line =
            R"(::1 - - [06/Feb/2026:12:00:00 +0000] "POST /solve HTTP/1.1" 200 5 "-" "-" "-" rt=1.500 urt="0.100, 1.390" uct="0.000")",
        .lasted = 1500ms,
        .service = 1390ms},
       {.line =
            R"(::1 - - [06/Feb/2026:12:00:00 +0000] "POST /solve HTTP/1.1" 200 5 "-" "-" rt=1.500 urt=0.100, 1.390 uht=0.000)",
        .lasted = 1500ms,
        .service = 1390ms},
       {.line = R"(::1 - - [06/Feb/2026:12:00:00 +0000] "POST /solve HTTP/1.1" 499 0 "-" "-" rt=0.500 urt=-)",
        .lasted = 500ms,
        .status = 499},
       {.line = R"(::1 - - [06/Feb/2026:12:00:00 +0000] "" 400 0 "-" "-")", .reading = Reading::kOther},
       {.line = R"(::1 - - [06/Feb/2026:12:00:00 +0000] "\x16\x03\x01" 400 157 "-" "-")", .reading = Reading::kOther}});
}

TEST(CombinedLog, OfApacheAndGunicorn) {
  expect("combined",
         {{.line = R"(127.0.0.1 - frank [06/Feb/2026:12:00:00 -0000] "GET /solve HTTP/1.0" 200 2326)"},
          {.line = R"(127.0.0.1 - - [06/Feb/2026:12:00:00 +0000] "GET /solve HTTP/1.0" 200 - "-" "ab" 245123)",
           .number = 245123},
          {.line = R"(127.0.0.1 - - [06/Feb/2026:12:00:00 +0000] "GET /solve HTTP/1.0" 200 - "-" "ab" 2/2450123)",
           .lasted = microseconds{2450123}},
          {.line = R"(example.org:443 ::1 - - [06/Feb/2026:12:00:00 +0000] "GET /solve HTTP/1.0" 200 7 "-" "ab")"},
          // gunicorn, %(L)s at the end
          {.line = R"(10.0.0.1 - - [06/Feb/2026:12:00:00 +0000] "GET /solve HTTP/1.1" 200 7 "-" "ab" 0.245123)",
           .lasted = microseconds{245123}}});
}

TEST(CombinedLog, OfNoSuchLine) {
  for (const std::string_view line :
       {"", "x", "[", "- - - [] \"\" 200 1", "1 - - [32/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
        "1 - - [06/Foo/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
        "1 - - [06/Feb/2026:25:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
        "1 - - [06/Feb/2026:12:00:00 +9900] \"GET / HTTP/1.1\" 200 1",
        "1 - - [06/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1 200 1",
        "1 - - [06/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 2000 1",
        "1 - - [06/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 many"}) {
    expect("combined", {{.line = line, .reading = Reading::kUnread}});
  }
  expect_no_harm_of_truncation(
      "combined",
      R"(203.0.113.9 - - [06/Feb/2026:12:14:14 +0000] "POST /solve HTTP/1.1" 200 512 "-" "curl/8.5.0" 0.245 0.1)");
}

TEST(HaproxyLog, TellsTheTimeInTheService) {
  constexpr std::string_view kLine =
      R"(Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2026:12:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /solve HTTP/1.1")";
  expect(
      "haproxy",
      {{.line = kLine, .after_noon = 665ms, .lasted = 99ms, .service = 69ms},
       // logged as soon as possible; the queue is no service
       {.line =
            R"(10.0.1.2:33317 [06/Feb/2026:12:00:00.000] in b/s 0/5000/0/20/+5020 200 1 - - ---- 1/1/1/1/0 3/7 "GET /solve HTTP/1.1")",
        .lasted = 5020ms,
        .service = 20ms},
       // the client left while it waited
       {.line =
            R"(10.0.1.2:1 [06/Feb/2026:12:00:00.000] in b/<NOSRV> 3/-1/-1/-1/50 503 1 - - CQVN 1/1/1/1/0 3/7 "GET /solve HTTP/1.1")",
        .after_noon = 3ms,
        .lasted = 47ms,
        .status = 503},
       {.line =
            R"(10.0.1.2:1 [06/Feb/2026:12:00:00.000] in in/<NOSRV> -1/-1/-1/-1/50 400 1 - - PR-- 1/1/1/1/0 3/7 "<BADREQ>")",
        .reading = Reading::kOther},
       {.line = R"(haproxy[14389]: Proxy http-in started.)", .reading = Reading::kUnread},
       // TCP: three timers
       {.line = R"(10.0.1.2:1 [06/Feb/2026:12:00:00.000] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0)",
        .reading = Reading::kUnread}});
  expect_no_harm_of_truncation("haproxy", kLine);
}

TEST(EnvoyLog, AndIstios) {
  constexpr std::string_view kLine =
      R"([2026-02-06T12:00:00.310Z] "POST /solve HTTP/2" 200 - 154 17 226 200 "10.0.35.28" "curl" "cc21d9b0" "host" "tcp://10.0.2.1:80")";
  expect(
      "envoy",
      {{.line = kLine, .after_noon = 310ms, .lasted = 226ms, .service = 200ms},
       {.line =
            R"([2026-02-06T12:00:00.310Z] "POST /solve HTTP/1.1" 200 - via_upstream - "-" 154 17 226 200 "-" "curl" "c" "h" "10.0.2.1:80")",
        .after_noon = 310ms,
        .lasted = 226ms,
        .service = 200ms},
       {.line = R"([2026-02-06T12:00:00.310Z] "GET /solve HTTP/1.1" 503 UH 0 19 4 - "-" "curl" "c" "h" "-")",
        .after_noon = 310ms,
        .lasted = 4ms,
        .status = 503},
       {.line = R"([2026-02-06T12:00:00.310Z] "GET /solve HTTP/1.1" 0 DC 0 0 4 - "-" "curl" "c" "h" "-")",
        .after_noon = 310ms,
        .lasted = 4ms,
        .status = 0},
       {.line = R"([2026-02-06T12:00:00.310Z] "- - -" 0 - 0 0 4 - "-" "-" "-" "-" "-")", .reading = Reading::kOther},
       {.line = R"([2026-02-06 12:00:00 +0000] [7] [INFO] Booting worker)", .reading = Reading::kUnread}});
  expect_no_harm_of_truncation("envoy", kLine);
}

TEST(UvicornLog, HasATimeOnlyWhereAsked) {
  expect("uvicorn",
         {{.line = R"(INFO:     127.0.0.1:54321 - "GET /solve HTTP/1.1" 200 OK)", .reading = Reading::kTimeless},
          {.line = R"(2026-02-06 12:00:00,655 INFO:     127.0.0.1:54321 - "GET /solve HTTP/1.1" 200)",
           .after_noon = 655ms},
          {.line = R"(2026-02-06T12:00:00.655+01:00 INFO: 127.0.0.1:54321 - "GET /solve HTTP/1.1" 200 OK)",
           .after_noon = 655ms - 1h},
          {.line = R"([2026-02-06 12:00:00 +0000] [7] [INFO] 127.0.0.1:1 - "GET /solve HTTP/1.1" 200)"},
          {.line = R"(2026-02-06 12:00:00,655 - uvicorn.access - INFO - 127.0.0.1:1 - "GET /solve HTTP/1.1" 200)",
           .after_noon = 655ms},
          {.line = "INFO:     Application startup complete.", .reading = Reading::kOther},
          {.line = "2026-02-06 12:00:00,655 INFO: Started server process [1]", .reading = Reading::kOther},
          {.line = "Traceback (most recent call last):", .reading = Reading::kUnread}});
  expect_no_harm_of_truncation("uvicorn",
                               R"(2026-02-06 12:00:00,655 INFO: 127.0.0.1:54321 - "GET /solve HTTP/1.1" 200)");
}

// Reads all lines, and says what they are of.
std::vector<LogEntry> read_all(std::string_view format_name, const std::vector<std::string>& lines,
                               std::vector<std::string>* targets = nullptr) {
  const auto format = make(format_name);
  std::vector<LogEntry> entries;
  LogEntry entry;
  const auto take = [&] {
    entries.push_back(entry);
    if (targets != nullptr) targets->emplace_back(entry.target);
  };
  for (const std::string& line : lines) {
    const Reading reading = format->read(line, entry);
    EXPECT_NE(reading, Reading::kUnread) << line;
    if (reading == Reading::kRequest) take();
  }
  if (format->finish(entry)) take();
  return entries;
}

TEST(K6Csv, PutsTogetherTheSamplesOfARequest) {
  std::vector<std::string> targets;
  const auto entries = read_all(
      "k6-csv",
      {"metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,"
       "service,status,subproto,tls_version,url,extra_tags,metadata",
       "http_reqs,1770379200,1.000000,,,,true,,POST,http://h/solve,HTTP/1.1,default,,200,,,http://h/solve,,",
       "http_req_duration,1770379200,221.899000,,,,true,,POST,http://h/solve,HTTP/1.1,default,,200,,,http://h/solve,,",
       "http_req_waiting,1770379200,220.280000,,,,true,,POST,http://h/solve,HTTP/1.1,default,,200,,,http://h/solve,,",
       R"(http_req_duration,1770379201,5,,,,true,,GET,"http://h/a,b",HTTP/1.1,default,,200,,,"http://h/a,b",,)",
       "vus,1770379201,5.000000,,,,,,,,,,,,,,,,"},
      &targets);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at, kNoon);
  EXPECT_EQ(entries[0].within, 1s);
  EXPECT_EQ(entries[0].lasted, microseconds{221899});
  EXPECT_EQ(entries[0].service, microseconds{220280});
  EXPECT_EQ(entries[1].lasted, 5ms);
  EXPECT_EQ(entries[1].service, std::nullopt);
  EXPECT_EQ(targets, (std::vector<std::string>{"/solve", "/a,b"}));
  LogEntry entry;
  EXPECT_EQ(make("k6-csv")->read("http_req_duration,1770379200,221.9", entry), Reading::kUnread) << "without a header";
}

TEST(K6Csv, ReadsEveryTimeFormat) {
  for (const std::string_view time :
       {"1770379200", "1770379200000", "1770379200000000", "1770379200000000000", "2026-02-06T12:00:00Z",
        "2026-02-06T13:00:00+01:00", "2026-02-06T12:00:00.000000000Z"}) {
    const auto entries =
        read_all("k6-csv", {"metric_name,timestamp,metric_value", "http_req_duration," + std::string{time} + ",1.5"});
    ASSERT_EQ(entries.size(), 1U) << time;
    EXPECT_EQ(entries[0].at, kNoon) << time;
  }
}

TEST(K6Json, ReadsPoints) {
  std::vector<std::string> targets;
  const auto entries = read_all(
      "k6-json",
      {R"({"type":"Metric","data":{"name":"http_req_duration","type":"trend"},"metric":"http_req_duration"})",
       R"({"type":"Point","data":{"time":"2026-02-06T12:00:00.25Z","value":459.86,"tags":{"status":"200","name":"https://h/solve","url":"https://h/solve"}},"metric":"http_req_duration"})",
       R"({"type":"Point","data":{"time":"2026-02-06T12:00:00.25Z","value":400,"tags":null},"metric":"http_req_waiting"})",
       R"({"type":"Point","data":{"time":"2026-02-06T12:00:00.25Z","value":1,"tags":null},"metric":"iterations"})"},
      &targets);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].at, kNoon + 250ms);
  EXPECT_EQ(entries[0].lasted, microseconds{459860});
  EXPECT_EQ(entries[0].service, 400ms);
  EXPECT_EQ(entries[0].status, 200);
  EXPECT_EQ(targets.front(), "/solve");
  LogEntry entry;
  for (const std::string_view bad : {R"({"type":"Point"})", R"({"type":)", "[]", R"({"a":1})"}) {
    EXPECT_EQ(make("k6-json")->read(bad, entry), Reading::kUnread) << bad;
  }
}

TEST(LocustCsv, CountsWhatEndedBetweenTwoRows) {
  const std::string header =
      "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total "
      "Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response "
      "Time,Total Max Response Time,Total Average Content Size";
  const std::string rest = ",0.00,0.00,1,1,1,1,1,1,1,1,1,1,1,";
  const auto entries = read_all(
      "locust",
      {header, "1770379200,5,,Aggregated" + rest + "0,0,0,0,0,0,0", "1770379201,5,GET,/solve" + rest + "7,0,0,0,0,0,0",
       "1770379201,5,,Aggregated" + rest + "7,0,0,0,0,0,0", "1770379203,5,,Aggregated" + rest + "27,0,0,0,0,0,0",
       "1770379204,5,,Aggregated" + rest + "3,0,0,0,0,0,0"});
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].count, 7U);
  EXPECT_EQ(entries[0].at, kNoon);
  EXPECT_EQ(entries[1].count, 20U);
  EXPECT_EQ(entries[1].at, kNoon + 1s);
  EXPECT_EQ(entries[1].within, 2s);
  EXPECT_EQ(entries[2].count, 3U) << "what was reset begins anew";
}

TEST(AzureConsole, UnwrapsLinesOfAnyFormat) {
  const auto entries = read_all(
      "azure-console",
      {R"({"TimeGenerated":"2026-02-06T12:00:00.5Z","ContainerAppName_s":"a","Log_s":"INFO:     10.0.0.1:1 - \"GET /solve HTTP/1.1\" 200 OK","Stream_s":"stdout"})",
       R"({"TimeStamp":"2026-02-06T12:00:09Z","Log":"1.2.3.4 - - [06/Feb/2026:12:00:01 +0000] \"GET /solve HTTP/1.1\" 200 1 \"-\" \"-\" 0.245"})",
       R"({"TimeGenerated":"2026-02-06T12:00:02Z","Log_s":"connected to the database"})"});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at, kNoon + 500ms) << "the record's time, where the line has none";
  EXPECT_EQ(entries[1].at, kNoon + 1s) << "the line's own";
  EXPECT_EQ(entries[1].lasted, 245ms);
}

TEST(AzureConsole, ReadsThePortalsCsv) {
  const auto entries =
      read_all("azure-console",
               {R"("TimeGenerated [UTC]","ContainerAppName_s","Log_s","Stream_s")",
                R"("2/6/2026, 12:00:00.851 PM",app,"INFO:     10.0.0.1:1 - ""GET /solve HTTP/1.1"" 200 OK",stdout)"});
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].at, kNoon + 851ms);
}

TEST(AzureSystem, TellsColdStarts) {
  const auto format = make("azure-system");
  LogEntry entry;
  for (
      const std::string_view line :
      {R"({"TimeGenerated":"2026-02-06T12:00:20Z","ReplicaName_s":"r1","Reason_s":"ContainerStarted","Log_s":"Started container 'x'"})",
       R"({"TimeGenerated":"2026-02-06T12:00:05Z","ReplicaName_s":"r1","Reason_s":"PulledImage","Log_s":"Pulled"})",
       R"({"TimeGenerated":"2026-02-06T12:00:00Z","ReplicaName_s":"r1","Reason_s":"AssigningReplica","Log_s":"scheduled"})",
       R"({"TimeStamp":"2026-02-06 12:01:00 +0000 UTC","ReplicaName":"r2","Reason":"AssigningReplica","Msg":"scheduled"})",
       R"({"TimeStamp":"2026-02-06 12:01:15.5 +0000 UTC","ReplicaName":"r2","Reason":"ContainerStarted","Msg":"Started"})",
       R"({"TimeGenerated":"2026-02-06T12:00:20Z","ReplicaName_s":"r3","Reason_s":"ContainerStarted","Log_s":"again"})",
       R"({"TimeGenerated":"2026-02-06T12:00:20Z","Reason_s":"RevisionReady","Log_s":"ready"})"}) {
    EXPECT_EQ(format->read(line, entry), Reading::kReplica) << line;
  }
  EXPECT_EQ(format->cold_starts(), (std::vector<core::Duration>{20s, 15s + 500ms}));
}

TEST(LogTime, KnowsItsResolution) {
  EXPECT_EQ(parse_clf_time("06/Feb/2026:12:00:00 +0000")->within, 1s);
  EXPECT_EQ(parse_clf_time("06/Feb/2026:12:00:00.5 +0000")->within, 100ms);
  EXPECT_EQ(parse_clf_time("06/Feb/2026:12:00:00.655")->within, core::Duration{});
  EXPECT_EQ(parse_log_time("2026-02-06 12:00:00,655")->at, kNoon + 655ms);
  EXPECT_EQ(parse_log_time("2/6/2026, 12:00:00 AM")->at, kNoon - 12h);
  for (const std::string_view bad : {"", "2026", "2026-13-01T00:00:00Z", "2026-02-06T12:00", "2026-02-06T12:00:00Q",
                                     "2026-02-06T12:00:00+1", "13/1/2026, 1:00:00 PM", "2/6/2026, 1:00:00 XM"}) {
    EXPECT_EQ(parse_log_time(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_stamp("99999999999999999999"), std::nullopt);
}

TEST(Csv, KeepsWhatIsQuoted) {
  std::vector<std::string> cells;
  split_csv(R"(a,"b,""c""",,"d")", cells);
  EXPECT_EQ(cells, (std::vector<std::string>{"a", R"(b,"c")", "", "d"}));
  split_csv("", cells);
  EXPECT_EQ(cells, (std::vector<std::string>{""}));
  split_csv(R"("never closed)", cells);
  EXPECT_EQ(cells, (std::vector<std::string>{"never closed"}));
}

}  // namespace
}  // namespace tenfold::sim
