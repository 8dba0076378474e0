// Heads on their way through a proxy.
#include "http/forward.hpp"

#include <gtest/gtest.h>

#include "http/head_parser.hpp"
#include "http/problem.hpp"

namespace tenfold::http {
namespace {

std::string forward_request(const std::string& bytes) {
  HeadParser parser{MessageKind::kRequest, 32 << 10};
  EXPECT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  std::string out;
  append_request_head(out, {.head = parser.head(), .client = "192.0.2.43", .request_id = "tf-7"});
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

TEST(Forward, ARequestKeepsWhatProxiesBeforeSaid) {
  EXPECT_EQ(forward_request("GET / HTTP/1.1\r\nHost: inner\r\nForwarded: for=192.0.2.1\r\nX-Forwarded-For: "
                            "192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
                            "X-Forwarded-Host: outer\r\nX-Request-Id: mine\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: inner\r\nForwarded: for=192.0.2.1, for=192.0.2.43;proto=http\r\nX-Forwarded-For: "
            "192.0.2.1, 192.0.2.43\r\n"
            "X-Forwarded-Proto: https\r\nX-Forwarded-Host: outer\r\nX-Request-Id: mine\r\n\r\n");
}

TEST(Forward, AListOverSeveralLinesKeepsItsOrder) {
  const std::string out =
      forward_request("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n");
  const std::size_t first = out.find("X-Forwarded-For: 192.0.2.1\r\n");
  const std::size_t last = out.find("X-Forwarded-For: 192.0.2.2, 192.0.2.43\r\n");
  ASSERT_NE(last, std::string::npos) << out;
  EXPECT_LT(first, last);
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

TEST(Forward, AnAbsoluteTargetBecomesAPath) {
  EXPECT_TRUE(forward_request("GET http://example.org/p?q HTTP/1.1\r\nHost: example.org\r\n\r\n")
                  .starts_with("GET /p?q HTTP/1.1\r\n"));
  EXPECT_TRUE(forward_request("GET http://example.org HTTP/1.1\r\nHost: example.org\r\n\r\n")
                  .starts_with("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(forward_request("GET http://example.org?q HTTP/1.1\r\nHost: example.org\r\n\r\n")
                  .starts_with("GET /?q HTTP/1.1\r\n"));
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
