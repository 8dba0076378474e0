// The spans of a request, and how they are written.
#include <map>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/head_parser.hpp"
#include "live/traces/otlp.hpp"
#include "live/traces/request_spans.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
namespace json = boost::json;

core::TimePoint at(core::Duration time) { return core::TimePoint{time}; }

class SpansTest : public testing::Test {
 protected:
  SpansTest() {
    request_ = request("POST /solve?seed=7 HTTP/1.1\r\nHost: x\r\nUser-Agent: test/1\r\n");
    facts_.opened = at(1s);
    facts_.arrived = at(1100ms);
    replica_ = {.address = {.endpoint = http::Endpoint::tcp("127.0.0.1", 4711), .pid = 99}, .ready = at(2s)};
  }

  static TracedRequest request(const std::string& head) {
    http::HeadParser parser{http::MessageKind::kRequest, 32 << 10};
    const std::string bytes = head + "\r\n";
    EXPECT_EQ(parser.parse(bytes), http::HeadStatus::kComplete) << head;
    TracedRequest request = traced_request(parser.head());
    request.trace = {
        .id = {.high = 0xA, .low = 0xB}, .span = SpanId{1}, .parent = SpanId{7}, .flags = kSampled | kRandom};
    request.id = core::RequestId{17};
    request.name = "k2x-17";
    request.client = "10.1.2.3";
    return request;
  }

  Attempt& dispatch(core::Duration from, core::Duration to, core::Outcome outcome = core::Outcome::kAnswered) {
    ++facts_.attempts;
    facts_.last() = {.replica = core::ReplicaId{3},
                     .dispatched = at(from),
                     .answer_began = outcome == core::Outcome::kAnswered ? at(to) : core::TimePoint{},
                     .done = at(to),
                     .outcome = outcome,
                     .span = SpanId{100U + facts_.attempts}};
    return facts_.last();
  }

  std::vector<Span> spans(core::Duration ended) {
    std::uint64_t next = 1000;
    const SpanSources sources{.next_span = [&next] { return SpanId{++next}; },
                              .replica = [this](core::ReplicaId) { return is_known_ ? &replica_ : nullptr; },
                              .wall_zero = 1'000'000s};
    return spans_of(request_, facts_, at(ended), sources);
  }

  static std::vector<std::string> names(const std::vector<Span>& spans) {
    std::vector<std::string> all;
    for (const Span& span : spans) all.push_back(span.name);
    return all;
  }

  // "" where there is none.
  static std::string attribute(const Span& span, std::string_view key) {
    for (const Attribute& one : span.attributes) {
      if (one.key != key) continue;
      if (const auto* text = std::get_if<std::string>(&one.value)) return *text;
      return std::to_string(std::get<std::int64_t>(one.value));
    }
    return "";
  }

  static SpanTime wall(core::Duration time) { return SpanTime{1'000'000s + time}; }

  TracedRequest request_;
  ExchangeFacts facts_;
  TracedReplica replica_;
  bool is_known_ = true;
};

TEST_F(SpansTest, OfARequestThatWaitedForAStart) {
  facts_.status = 200;
  request_.klass = "/solve";
  dispatch(2s, 3s).cold_start = 700ms;
  const std::vector<Span> all = spans(3s);
  ASSERT_THAT(names(all), ElementsAre("POST /solve", "queue", "cold start", "POST"));
  const Span& server = all[0];
  EXPECT_EQ(server.kind, SpanKind::kServer);
  EXPECT_EQ(server.parent, SpanId{7});
  EXPECT_TRUE(server.is_parent_remote);
  EXPECT_EQ(server.context.span, SpanId{1});
  EXPECT_EQ(server.begin, wall(1s));
  EXPECT_EQ(server.end, wall(3s));
  EXPECT_FALSE(server.is_error);
  for (const auto& [key, value] : std::map<std::string, std::string>{{"http.request.method", "POST"},
                                                                     {"url.scheme", "http"},
                                                                     {"url.path", "/solve"},
                                                                     {"url.query", "seed=7"},
                                                                     {"client.address", "10.1.2.3"},
                                                                     {"network.protocol.version", "1.1"},
                                                                     {"user_agent.original", "test/1"},
                                                                     {"http.response.status_code", "200"},
                                                                     {"tenfold.request.id", "k2x-17"},
                                                                     {"tenfold.request.number", "17"},
                                                                     {"error.type", ""}}) {
    EXPECT_EQ(attribute(server, key), value) << key;
  }
  EXPECT_EQ(all[1].parent, SpanId{1});
  EXPECT_EQ(all[1].kind, SpanKind::kInternal);
  EXPECT_EQ(all[1].begin, wall(1100ms));
  EXPECT_EQ(all[1].end, wall(2s));
  EXPECT_EQ(all[2].parent, all[1].context.span) << "the start is a part of the wait";
  EXPECT_EQ(all[2].begin, wall(1300ms));
  EXPECT_EQ(all[2].end, wall(2s));
  EXPECT_EQ(attribute(all[2], "tenfold.replica.id"), "3");
  const Span& attempt = all[3];
  EXPECT_EQ(attempt.kind, SpanKind::kClient);
  EXPECT_EQ(attempt.context.span, SpanId{101});
  EXPECT_EQ(attempt.parent, SpanId{1});
  EXPECT_EQ(attempt.begin, wall(2s));
  EXPECT_EQ(attempt.end, wall(3s));
  for (const auto& [key, value] : std::map<std::string, std::string>{{"http.request.method", "POST"},
                                                                     {"server.address", "127.0.0.1"},
                                                                     {"server.port", "4711"},
                                                                     {"url.full", "http://127.0.0.1:4711/solve?seed=7"},
                                                                     {"http.response.status_code", "200"},
                                                                     {"tenfold.replica.id", "3"},
                                                                     {"tenfold.replica.pid", "99"},
                                                                     {"http.request.resend_count", ""}}) {
    EXPECT_EQ(attribute(attempt, key), value) << key;
  }
}

TEST_F(SpansTest, WhoDidNotWaitHasNoQueue) {
  facts_.status = 200;
  dispatch(1100ms, 2s);
  EXPECT_THAT(names(spans(2s)), ElementsAre("POST", "POST"));
}

TEST_F(SpansTest, EachAttemptAndTheWaitBetweenThem) {
  facts_.status = 200;
  dispatch(1100ms, 2s, core::Outcome::kNoAnswer);
  dispatch(3s, 4s);
  const std::vector<Span> all = spans(4s);
  ASSERT_THAT(names(all), ElementsAre("POST", "POST", "queue", "POST"));
  EXPECT_FALSE(all[0].is_error) << "its client saw nothing of it";
  EXPECT_TRUE(all[1].is_error);
  EXPECT_EQ(attribute(all[1], "error.type"), "no answer");
  EXPECT_EQ(attribute(all[1], "http.response.status_code"), "");
  EXPECT_EQ(all[2].begin, wall(2s));
  EXPECT_EQ(all[2].end, wall(3s));
  EXPECT_EQ(attribute(all[3], "http.request.resend_count"), "1");
  EXPECT_FALSE(all[3].is_error);
}

TEST_F(SpansTest, OfManyAttemptsTheFirstAndTheLast) {
  facts_.status = 200;
  for (int i = 0; i < 6; ++i) dispatch(2s + i * 100ms, 2050ms + i * 100ms, core::Outcome::kBusy);
  facts_.last().outcome = core::Outcome::kAnswered;
  const std::vector<Span> all = spans(3s);
  EXPECT_THAT(names(all), ElementsAre("POST", "queue", "POST", "queue", "POST", "queue", "POST", "POST"));
  EXPECT_EQ(attribute(all.back(), "http.request.resend_count"), "5");
}

TEST_F(SpansTest, AnErrorIsTheServersFromFiveHundredOnAndTheAttemptsFromFourHundredOn) {
  dispatch(1100ms, 2s);
  facts_.status = 422;
  EXPECT_FALSE(spans(2s)[0].is_error);
  EXPECT_TRUE(spans(2s)[1].is_error);
  EXPECT_EQ(attribute(spans(2s)[1], "error.type"), "422");
  facts_.status = 500;
  EXPECT_TRUE(spans(2s)[0].is_error);
  EXPECT_EQ(attribute(spans(2s)[0], "error.type"), "500");
}

TEST_F(SpansTest, WhatTenfoldAnswersItself) {
  facts_.status = 503;
  facts_.answer_began = at(1100ms);
  request_.why = "queue full";
  std::vector<Span> all = spans(1100ms);
  ASSERT_THAT(names(all), ElementsAre("POST"));
  EXPECT_TRUE(all[0].is_error);
  EXPECT_EQ(all[0].error, "queue full");
  EXPECT_EQ(attribute(all[0], "tenfold.reject.reason"), "queue full");
  // It lost its replica twice: what follows in the same step is no waiting.
  dispatch(1100ms, 2s, core::Outcome::kNoAnswer);
  request_.rejected = at(2s);
  EXPECT_THAT(names(spans(2001ms)), ElementsAre("POST", "POST"));
  request_.rejected = at(3s);
  EXPECT_THAT(names(spans(3001ms)), ElementsAre("POST", "POST", "queue"));
  facts_.attempts = 0;
  // Its deadline passed while it ran: the client has its answer, the program computes on.
  facts_.status = 504;
  facts_.answer_began = at(2s);
  request_.why = "deadline passed";
  request_.rejected = at(2s);
  dispatch(1100ms, 5s, core::Outcome::kAbandoned);
  all = spans(5s);
  ASSERT_THAT(names(all), ElementsAre("POST", "POST"));
  EXPECT_EQ(all[0].end, wall(2s));
  EXPECT_EQ(all[1].end, wall(5s));
  EXPECT_EQ(attribute(all[1], "error.type"), "abandoned");
}

TEST_F(SpansTest, AClientThatLeft) {
  request_.left = at(1500ms);
  std::vector<Span> all = spans(1500ms);
  ASSERT_THAT(names(all), ElementsAre("POST", "queue"));
  EXPECT_EQ(attribute(all[0], "error.type"), "client left");
  EXPECT_EQ(attribute(all[0], "http.response.status_code"), "");
  EXPECT_EQ(all[1].end, wall(1500ms));
  facts_.arrived = {};
  all = spans(1500ms);
  EXPECT_THAT(names(all), ElementsAre("POST")) << "its body never came";
}

TEST_F(SpansTest, AReplicaThatIsNotKnownAnyMoreAndOneOnAUnixSocket) {
  facts_.status = 200;
  dispatch(2s, 3s).cold_start = 500ms;
  is_known_ = false;
  std::vector<Span> all = spans(3s);
  EXPECT_EQ(all[2].end, wall(2s));
  EXPECT_EQ(attribute(all[3], "server.address"), "");
  EXPECT_EQ(attribute(all[3], "tenfold.replica.id"), "3");
  is_known_ = true;
  replica_.address = {.endpoint = http::Endpoint::unix_socket("/run/3.sock")};
  all = spans(3s);
  EXPECT_EQ(attribute(all[3], "server.address"), "/run/3.sock");
  EXPECT_EQ(attribute(all[3], "url.full"), "http://localhost/solve?seed=7");
}

TEST_F(SpansTest, WhatAClientMakesUpIsNoNameAndWhatSignsIsNotTold) {
  request_ = request(
      "FROBNICATE http://y/a?sig=secret&x=1&Signature=s&q HTTP/1.1\r\nHost: y\r\ntracestate: a=1\r\ntracestate: "
      "b=2\r\n");
  facts_.status = 200;
  dispatch(1100ms, 2s);
  const std::vector<Span> all = spans(2s);
  EXPECT_THAT(names(all), ElementsAre("HTTP", "HTTP"));
  EXPECT_EQ(attribute(all[0], "http.request.method"), "_OTHER");
  EXPECT_EQ(attribute(all[0], "http.request.method_original"), "FROBNICATE");
  EXPECT_EQ(attribute(all[0], "url.path"), "/a");
  EXPECT_EQ(attribute(all[0], "url.query"), "sig=REDACTED&x=1&Signature=REDACTED&q");
  EXPECT_THAT(attribute(all[1], "url.full"), testing::Not(HasSubstr("secret")));
  EXPECT_EQ(all[0].state, "a=1,b=2");
}

// ---- OTLP's JSON

json::object parsed(const Span& span) {
  std::string text;
  append_otlp(text, span);
  return json::parse(text).as_object();
}

TEST(Otlp, ASpanByTheRulesOfItsMapping) {
  const Span span{.context = {.trace = {.high = 0x5B8EFFF798038103, .low = 0xD269B633813FC60C},
                              .span = SpanId{0xEEE19B7EC3C1B174},
                              .flags = kSampled},
                  .parent = SpanId{0x0EE19B7EC3C1B173},
                  .is_parent_remote = true,
                  .state = "a=1",
                  .name = "POST \"\xFF",
                  .kind = SpanKind::kServer,
                  .begin = SpanTime{1544712660000000000ns},
                  .end = SpanTime{1544712661000000001ns},
                  .attributes = {{"text", std::string{"x"}}, {"whole", std::int64_t{-9007199254740993}}},
                  .is_error = true,
                  .error = "queue full"};
  const json::object out = parsed(span);
  EXPECT_EQ(out.at("traceId"), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(out.at("spanId"), "eee19b7ec3c1b174");
  EXPECT_EQ(out.at("parentSpanId"), "0ee19b7ec3c1b173");
  EXPECT_EQ(out.at("traceState"), "a=1");
  EXPECT_EQ(out.at("flags"), 0x301);
  EXPECT_EQ(out.at("kind"), 2);
  EXPECT_EQ(out.at("name"), "POST \"\xEF\xBF\xBD");
  EXPECT_EQ(out.at("startTimeUnixNano"), "1544712660000000000");
  EXPECT_EQ(out.at("endTimeUnixNano"), "1544712661000000001");
  EXPECT_EQ(json::serialize(out.at("attributes")),
            R"([{"key":"text","value":{"stringValue":"x"}},{"key":"whole","value":{"intValue":"-9007199254740993"}}])");
  EXPECT_EQ(json::serialize(out.at("status")), R"({"code":2,"message":"queue full"})");
}

TEST(Otlp, WhatARootSpanLeavesOut) {
  const json::object out = parsed({.context = {.trace = {.low = 1}, .span = SpanId{2}}});
  EXPECT_FALSE(out.contains("parentSpanId"));
  EXPECT_FALSE(out.contains("traceState"));
  EXPECT_EQ(out.at("flags"), 0x100);
  EXPECT_EQ(json::serialize(out.at("status")), "{}");
}

TEST(Otlp, TheFrameIsThatOfARequest) {
  const OtlpFrame frame = otlp_frame({{"service.name", "my \"app\""}});
  const json::value whole = json::parse(frame.before + "{},{}" + std::string{frame.behind});
  const json::object& resource = whole.at("resourceSpans").at(0).as_object();
  EXPECT_EQ(resource.at("resource").at("attributes").at(0).at("value").at("stringValue"), "my \"app\"");
  EXPECT_EQ(resource.at("scopeSpans").at(0).at("scope").at("name"), "tenfold");
  EXPECT_EQ(resource.at("scopeSpans").at(0).at("spans").as_array().size(), 2U);
}

TEST(Otlp, ReadsWhatWasNotTaken) {
  EXPECT_EQ(parse_partial_success(R"({"partialSuccess":{"rejectedSpans":"5","errorMessage":"no"}})").rejected, 5U);
  EXPECT_EQ(parse_partial_success(R"({"partialSuccess":{"rejectedSpans":5,"errorMessage":"no"}})").message, "no");
  EXPECT_EQ(parse_partial_success(R"({"partialSuccess":{"rejectedSpans":5}})").rejected, 5U);
  for (const char* body :
       {"", "{}", "[]", "x", R"({"partialSuccess":7})", R"({"partialSuccess":null})", R"({"partialSuccess":{}})",
        R"({"partialSuccess":{"rejectedSpans":-1}})", R"({"partialSuccess":{"rejectedSpans":"x"}})",
        R"({"partialSuccess":{"rejectedSpans":[]}})"}) {
    const PartialSuccess partial = parse_partial_success(body);
    EXPECT_EQ(partial.rejected, 0U) << body;
    EXPECT_EQ(partial.message, "") << body;
  }
}

}  // namespace
}  // namespace tenfold::live
