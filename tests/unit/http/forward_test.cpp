// Heads on their way through a proxy.
#include "http/forward.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/head_parser.hpp"
#include "http/problem.hpp"

namespace tenfold::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string forward_request(const std::string& bytes, bool is_client_trusted = false) {
  HeadParser parser{MessageKind::kRequest, 32 << 10};
  EXPECT_EQ(parser.parse(bytes), HeadStatus::kComplete) << bytes;
  std::string out;
  append_request_head(
      out,
      {.head = parser.head(), .client = "192.0.2.43", .is_client_trusted = is_client_trusted, .request_id = "tf-7"});
  return out;
}

std::string forward_response(const std::string& bytes, bool keep_alive = true, int minor_version = 1) {
  HeadParser parser{MessageKind::kResponse, 32 << 10};
  EXPECT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  std::string out;
  append_response_head(out, {.head = parser.head(),
                             .fields = "X-Added: 1\r\n",
                             .keep_alive = keep_alive,
                             .client_minor_version = minor_version});
  return out;
}

TEST(Forward, ARequestSaysWhereItCameFrom) {
  EXPECT_EQ(forward_request("GET /a?b HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n"),
            "GET /a?b HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\nForwarded: "
            "for=192.0.2.43;proto=http\r\nX-Forwarded-For: 192.0.2.43\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: example.org\r\nX-Request-Id: tf-7\r\n\r\n");
}

TEST(Forward, ARequestKeepsWhatTrustedProxiesBeforeSaid) {
  EXPECT_EQ(forward_request("GET / HTTP/1.1\r\nHost: inner\r\nForwarded: for=192.0.2.1\r\nX-Forwarded-For: "
                            "192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
                            "X-Forwarded-Host: outer\r\nX-Request-Id: mine\r\n\r\n",
                            true),
            "GET / HTTP/1.1\r\nHost: inner\r\nForwarded: for=192.0.2.1, for=192.0.2.43;proto=http\r\nX-Forwarded-For: "
            "192.0.2.1, 192.0.2.43\r\n"
            "X-Forwarded-Proto: https\r\nX-Forwarded-Host: outer\r\nX-Request-Id: mine\r\n\r\n");
}

TEST(Forward, TraceContextPassesAsItIsOrIsReplaced) {
  const std::string bytes =
      "GET / HTTP/1.1\r\nHost: x\r\nTraceParent: theirs\r\ntracestate: a=1\r\nTraceState: b=2\r\n\r\n";
  HeadParser parser{MessageKind::kRequest, 32 << 10};
  ASSERT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  const auto forward = [&](std::string_view traceparent, bool drops_tracestate) {
    std::string out;
    append_request_head(out, {.head = parser.head(),
                              .client = "192.0.2.43",
                              .request_id = "tf-7",
                              .traceparent = traceparent,
                              .drops_tracestate = drops_tracestate});
    return out;
  };
  EXPECT_THAT(forward("", false), HasSubstr("TraceParent: theirs\r\ntracestate: a=1\r\nTraceState: b=2\r\n"));
  EXPECT_THAT(forward("ours", false), AllOf(HasSubstr("\r\ntraceparent: ours\r\n"), Not(HasSubstr("theirs")),
                                            HasSubstr("tracestate: a=1\r\nTraceState: b=2\r\n")));
  EXPECT_THAT(forward("ours", true),
              AllOf(HasSubstr("\r\ntraceparent: ours\r\n"), Not(HasSubstr("a=1")), Not(HasSubstr("b=2"))));
}

TEST(Forward, AListOverSeveralLinesKeepsItsOrder) {
  const std::string out = forward_request(
      "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n", true);
  const std::size_t first = out.find("X-Forwarded-For: 192.0.2.1\r\n");
  const std::size_t last = out.find("X-Forwarded-For: 192.0.2.2, 192.0.2.43\r\n");
  ASSERT_NE(last, std::string::npos) << out;
  EXPECT_LT(first, last);
}

TEST(Forward, WhatStrangersSayOfWhereARequestCameFromIsReplaced) {
  const std::string out = forward_request(
      "GET / HTTP/1.1\r\nHost: x\r\nForwarded: for=evil\r\nX-Forwarded-For: evil\r\nX-Forwarded-Proto: evil\r\n"
      "X-Forwarded-Host: evil\r\nX-Forwarded-Port: evil\r\nX-Forwarded-Prefix: evil\r\nX_Forwarded_For: evil\r\n\r\n");
  EXPECT_EQ(out.find("evil"), std::string::npos) << out;
  for (const char* ours : {"Forwarded: for=192.0.2.43;proto=http\r\n", "X-Forwarded-For: 192.0.2.43\r\n",
                           "X-Forwarded-Proto: http\r\n", "X-Forwarded-Host: x\r\n"}) {
    EXPECT_NE(out.find(ours), std::string::npos) << ours;
  }
}

TEST(Forward, AnOpenQuoteDoesNotSwallowOurElement) {
  for (const char* open : {"for=\"x", "for=\"x\\\"", "for=a, by=\""}) {
    const std::string out =
        forward_request(std::string{"GET / HTTP/1.1\r\nHost: x\r\nForwarded: "} + open + "\r\n\r\n", true);
    EXPECT_NE(out.find("\r\nForwarded: for=192.0.2.43;proto=http\r\n"), std::string::npos) << out;
  }
}

// Whatever Connection names, and however: what frames, routes, authenticates or describes stays; the rest ends here.
TEST(Forward, OnlyWhatBelongsToTheHopCanBeNominatedAway) {
  const std::pair<const char*, const char*> stays[] = {{"Content-Length", "3"},
                                                       {"Authorization", "Basic eDp5"},
                                                       {"Cookie", "a=b"},
                                                       {"Content-Type", "text/plain"},
                                                       {"Content-Encoding", "gzip"},
                                                       {"Accept", "text/plain"},
                                                       {"If-None-Match", "\"e\""},
                                                       {"Range", "bytes=0-1"},
                                                       {"Idempotency-Key", "k"},
                                                       {"Prefer", "wait=5"},
                                                       {"traceparent", "00-1-2-01"},
                                                       {"X-Request-Timeout", "5"},
                                                       {"User-Agent", "t"},
                                                       {"Cache-Control", "no-store"},
                                                       {"Origin", "http://o"},
                                                       {"Sec-Fetch-Mode", "cors"},
                                                       {"Via", "1.1 p"},
                                                       {"Referer", "http://r"}};
  const std::pair<const char*, const char*> goes[] = {{"X-Hop", "secret"},
                                                      {"Keep-Alive", "secret"},
                                                      {"Proxy-Authorization", "secret"},
                                                      {"TE", "secret"},
                                                      {"Proxy-Connection", "secret"},
                                                      {"X-Request-Id", "secret"},
                                                      {"Forwarded", "for=secret"},
                                                      {"X-Forwarded-Host", "secret"},
                                                      {"HTTP2-Settings", "secret"}};
  const auto spellings = [](const std::string& name) {
    std::string capitals = name;
    for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return std::vector<std::string>{
        name, capitals, "close, " + name, name + " ,\tclose", ",," + name + ",,", "x-a," + name + ",x-b"};
  };
  for (const auto& [name, value] : stays) {
    for (const std::string& named : spellings(name)) {
      const std::string line = std::string{name} + ": " + value + "\r\n";
      for (const bool is_first : {true, false}) {
        const std::string connection = "Connection: " + named + "\r\n";
        const std::string fields = is_first ? connection + line : line + connection;
        EXPECT_NE(forward_request("POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n").find(line), std::string::npos)
            << fields;
        EXPECT_NE(forward_response("HTTP/1.1 200 OK\r\n" + fields + "\r\n").find(line), std::string::npos) << fields;
      }
    }
  }
  for (const auto& [name, value] : goes) {
    for (const std::string& named : spellings(name)) {
      const std::string fields = std::string{name} + ": " + value + "\r\nConnection: " + named + "\r\n";
      EXPECT_EQ(forward_request("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n", true).find("secret"),
                std::string::npos)
          << fields;
      EXPECT_EQ(forward_response("HTTP/1.1 200 OK\r\n" + fields + "\r\n").find("secret"), std::string::npos) << fields;
    }
  }
  EXPECT_NE(forward_request("GET / HTTP/1.1\r\nConnection: Host\r\nHost: x\r\n\r\n").find("Host: x\r\n"),
            std::string::npos);
  EXPECT_NE(forward_request(
                "POST / HTTP/1.1\r\nHost: x\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n")
                .find("Transfer-Encoding: chunked\r\n"),
            std::string::npos);
}

TEST(Forward, FramingIsWrittenAnew) {
  EXPECT_NE(
      forward_request("POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 0042\r\n\r\n").find("\r\nContent-Length: 42\r\n"),
      std::string::npos);
  EXPECT_NE(forward_response("HTTP/1.1 200 OK\r\ncontent-length: 0042\r\n\r\n").find("\r\nContent-Length: 42\r\n"),
            std::string::npos);
  EXPECT_NE(forward_response("HTTP/1.1 304 X\r\nContent-Length: 42\r\n\r\n").find("Content-Length: 42"),
            std::string::npos);
  EXPECT_EQ(forward_response("HTTP/1.1 204 X\r\nContent-Length: 42\r\n\r\n").find("Content-Length"), std::string::npos);
  for (const char* twin :
       {"Content_Length: 9", "Transfer_Encoding: chunked", "TRANSFER_ENCODING: x", "Proxy_Connection: x"}) {
    const std::string out =
        forward_request(std::string{"POST / HTTP/1.1\r\nHost: x\r\nX_Own: 1\r\n"} + twin + "\r\n\r\n");
    EXPECT_EQ(out.find(twin), std::string::npos) << "CGI reads it as the real one";
    EXPECT_NE(out.find("X_Own: 1\r\n"), std::string::npos);
  }
}

TEST(Forward, ExactlyOneHostSaysWhoWasAsked) {
  const auto host = [](const std::string& bytes) {
    const std::string out = forward_request(bytes);
    const std::size_t at = out.find("\r\nHost: ");
    EXPECT_EQ(out.find("\r\nHost:", at + 1), std::string::npos) << out;
    return out.substr(at + 8, out.find("\r\n", at + 2) - at - 8);
  };
  EXPECT_EQ(host("GET / HTTP/1.1\r\nhost: a:80\r\n\r\n"), "a:80");
  EXPECT_EQ(host("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "localhost");
  EXPECT_EQ(host("GET / HTTP/1.0\r\n\r\n"), "localhost");
  EXPECT_EQ(host("GET / HTTP/1.0\r\nHost: \r\n\r\n"), "localhost");
  EXPECT_EQ(host("GET http://b:8080/p HTTP/1.1\r\nHost: a\r\n\r\n"), "b:8080");
  EXPECT_EQ(host("GET https://[::1]/p HTTP/1.1\r\nHost:\r\n\r\n"), "[::1]");
  EXPECT_EQ(host("GET http://b HTTP/1.0\r\n\r\n"), "b");
}

TEST(Forward, HopByHopFieldsEndHere) {
  const std::string out = forward_request(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, X-Hop , close\r\nX-Hop: 1\r\nKeep-Alive: "
      "5\r\nProxy-Authorization: secret\r\nTE: trailers\r\n"
      "Trailer: X\r\nUpgrade: h2c\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\nX-Stays: 1\r\n\r\n");
  for (const char* gone : {"Connection", "X-Hop", "Keep-Alive", "Proxy-", "TE:", "Trailer", "Upgrade", "Expect"}) {
    EXPECT_EQ(out.find(gone), std::string::npos) << gone;
  }
  EXPECT_NE(out.find("X-Stays: 1\r\n"), std::string::npos);
  EXPECT_NE(out.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
}

TEST(Forward, ASwitchOfProtocolsIsAskedForWhereNothingElseIsAskedWithIt) {
  const auto forwarded = [](const std::string& fields, const std::string& line = "GET /chat HTTP/1.1") {
    return forward_request(line + "\r\nHost: x\r\n" + fields + "\r\n");
  };
  const std::string asked = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  for (const char* fields :
       {"Connection: Upgrade\r\nUpgrade: websocket\r\n", "Connection: keep-alive, upgrade\r\nUpgrade:  websocket \r\n",
        "UPGRADE: websocket\r\nCONNECTION: keep-alive\r\nConnection: UPGRADE\r\n",
        "Upgrade: websocket\r\nContent-Length: 0\r\nConnection: ,Upgrade,\r\n"}) {
    EXPECT_NE(forwarded(fields).find(asked), std::string::npos) << fields;
  }
  EXPECT_NE(forwarded("Connection: Upgrade\r\nUpgrade: a/1, b\r\n").find("Upgrade: a/1, b\r\n"), std::string::npos);
  for (const char* fields :
       {"Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Connection: Upgrade\r\nUpgrade: \r\n",
        "Connection: Upgrade, close\r\nUpgrade: websocket\r\n", "Connection: Upgrade, X-Hop\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade, Upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\n", "Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n",
        "Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n", "Connection: Upgrade\r\nUpgrade: TLS/1.2, websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n"}) {
    const std::string out = forwarded(fields);
    EXPECT_EQ(out.find("Upgrade"), std::string::npos) << out;
    EXPECT_EQ(out.find("Connection"), std::string::npos) << out;
  }
  EXPECT_EQ(forwarded(asked, "GET / HTTP/1.0").find("Upgrade"), std::string::npos);
}

TEST(Forward, ASwitchOfProtocolsIsAnswered) {
  HeadParser parser{MessageKind::kResponse, 32 << 10};
  const std::string bytes =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Hop\r\nX-Hop: "
      "1\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  ASSERT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  std::string out;
  append_switching_head(out, {.head = parser.head(), .fields = "X-Added: 1\r\n"});
  EXPECT_EQ(out,
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nConnection: "
            "Upgrade\r\nUpgrade: websocket\r\nX-Added: 1\r\n\r\n");
  for (const int status : {100, 103, 200, 426}) {
    const std::string other = forward_response("HTTP/1.1 " + std::to_string(status) +
                                               " X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    EXPECT_EQ(other.find("Upgrade"), std::string::npos) << other;
  }
}

TEST(Forward, AnAbsoluteTargetBecomesAPath) {
  EXPECT_TRUE(forward_request("GET http://example.org/p?q HTTP/1.1\r\nHost: example.org\r\n\r\n")
                  .starts_with("GET /p?q HTTP/1.1\r\n"));
  EXPECT_TRUE(forward_request("GET http://example.org HTTP/1.1\r\nHost: example.org\r\n\r\n")
                  .starts_with("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(forward_request("GET http://example.org?q HTTP/1.1\r\nHost: example.org\r\n\r\n")
                  .starts_with("GET /?q HTTP/1.1\r\n"));
}

// RFC 9112, 3.2.4.
TEST(Forward, OptionsOfAServerAsAWholeStaySo) {
  EXPECT_TRUE(forward_request("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("OPTIONS * HTTP/1.1\r\n"));
  EXPECT_TRUE(forward_request("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("OPTIONS / HTTP/1.1\r\n"));
  EXPECT_TRUE(forward_request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("OPTIONS * HTTP/1.1\r\n"));
}

TEST(Forward, AnInterimAnswerPassesWithoutFraming) {
  HeadParser parser{MessageKind::kResponse, 32 << 10};
  const std::string bytes =
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n\r\n";
  ASSERT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  std::string out;
  append_interim_head(out, parser.head());
  EXPECT_EQ(out, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST(Forward, AResponseKeepsItsStatusAndItsFields) {
  EXPECT_EQ(forward_response("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 2\r\nConnection: close\r\nX-A: b\r\n\r\n"),
            "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 2\r\nX-A: b\r\nX-Added: 1\r\n\r\n");
}

TEST(Forward, AResponseWithoutALengthIsChunkedForWhoKnowsChunks) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n";
  EXPECT_EQ(forward_response(bytes), "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\nX-Added: 1\r\n\r\n");
  EXPECT_EQ(forward_response(bytes, false, 0), "HTTP/1.1 200 OK\r\nX-A: b\r\nX-Added: 1\r\nConnection: close\r\n\r\n");
}

// RFC 9457, 3's example, in our order of members.
TEST(Problem, IsWrittenAsJson) {
  EXPECT_EQ(
      to_json({.status = 403,
               .type = "https://example.com/probs/out-of-credit",
               .title = "You do not have enough credit.",
               .detail = "Your current balance is 30, but that costs \"50\".\n",
               .instance = "/account/12345/msgs/abc"}),
      R"({"type":"https://example.com/probs/out-of-credit","title":"You do not have enough credit.","status":403,)"
      R"("detail":"Your current balance is 30, but that costs \"50\".\u000a","instance":"/account/12345/msgs/abc"})");
  EXPECT_EQ(to_json({.status = 404}), R"({"type":"about:blank","title":"Not Found","status":404})");
}

}  // namespace
}  // namespace tenfold::http
