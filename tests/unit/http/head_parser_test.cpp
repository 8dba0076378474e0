// The strict rules of framing: RFC 9110 and 9112, and what smugglers try.
#include "http/head_parser.hpp"

#include <string>

#include <gtest/gtest.h>

#include "http/status.hpp"

namespace tenfold::http {
namespace {

constexpr std::size_t kLimit = 32 << 10;

// The status that a request's bytes are refused with; 0 if they are a lawful head, 1 if they are not all of one.
int refusal_of(std::string_view bytes, std::size_t limit = kLimit) {
  HeadParser parser{MessageKind::kRequest, limit};
  switch (parser.parse(bytes)) {
    case HeadStatus::kComplete:
      return 0;
    case HeadStatus::kIncomplete:
      return 1;
    case HeadStatus::kBad:
      return parser.refusal().status;
  }
  return -1;
}

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

const std::string kHost = "Host: example.org\r\n";
const std::string kPost = "POST /solve HTTP/1.1\r\n" + kHost;

const Case kCases[] = {
    {"a GET", "GET / HTTP/1.1\r\n" + kHost + "\r\n", 0},
    {"RFC 9112, 2.1's example",
     "GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n",
     0},
    {"absolute form (RFC 9112, 3.2.2)",
     "GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n", 0},
    {"asterisk form (RFC 9112, 3.2.4)", "OPTIONS * HTTP/1.1\r\nHost: www.example.org\r\n\r\n", 0},
    {"asterisk form of another method", "GET * HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"authority form", "CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\n", 501},
    {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0},
    {"an empty line before", "\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n", 0},
    {"two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n", 0},
    {"seven empty lines before", "\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n", 0},
    {"an empty line without CR before", "\nGET / HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a scheme in capitals", "GET HTTP://example.org/p HTTP/1.1\r\n" + kHost + "\r\n", 0},
    {"a scheme in both", "GET hTTpS://example.org HTTP/1.1\r\n" + kHost + "\r\n", 0},
    {"another scheme", "GET ftp://example.org/p HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a URL without a host", "GET http:///p HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a URL of a port alone", "GET http://:8080/p HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a URL with a word for a port", "GET http://example.org:web/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a URL with a user", "GET http://bank.example@evil.example/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a URL and a malformed Host", "GET http://example.org/ HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"a fragment", "GET /p#part HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a fragment of a URL", "GET http://example.org#part HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"an empty value", kPost + "X-Empty:\r\n\r\n", 0},
    {"UTF-8 in a value", kPost + "X-Name: J\xC3\xBCrgen\r\n\r\n", 0},
    {"a tab in a value", kPost + "X-Tab: a\tb\r\n\r\n", 0},
    {"cut within the head", kPost + "X-", 1},
    {"nothing", "", 1},
    // lengths
    {"a length", kPost + "Content-Length: 5\r\n\r\n", 0},
    {"a length twice, equal", kPost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
    {"a length twice, different", kPost + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
    {"a list of lengths", kPost + "Content-Length: 5, 5\r\n\r\n", 400},
    {"a signed length", kPost + "Content-Length: +5\r\n\r\n", 400},
    {"a negative length", kPost + "Content-Length: -5\r\n\r\n", 400},
    {"a hexadecimal length", kPost + "Content-Length: 0x5\r\n\r\n", 400},
    {"an empty length", kPost + "Content-Length: \r\n\r\n", 400},
    {"a length with words", kPost + "Content-Length: 5 bytes\r\n\r\n", 400},
    {"a length beyond 64 bits", kPost + "Content-Length: 99999999999999999999\r\n\r\n", 400},
    // transfer codings
    {"chunked", kPost + "Transfer-Encoding: chunked\r\n\r\n", 0},
    {"chunked in capitals", kPost + "Transfer-Encoding: CHUNKED\r\n\r\n", 0},
    {"length and chunked (CL.TE)", kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"chunked and length (TE.CL)", kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
    {"chunked twice", kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"chunked after another", kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"an unknown coding", kPost + "Transfer-Encoding: xchunked\r\n\r\n", 501},
    {"chunked and identity", kPost + "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
    {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"vertical tab before chunked",
     kPost + "Transfer-Encoding: \x0b"
             "chunked\r\n\r\n",
     400},
    // line ends
    {"a bare LF after the request line", "GET / HTTP/1.1\n" + kHost + "\r\n", 400},
    {"a bare LF after a field", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400},
    {"a bare LF at the end", "GET / HTTP/1.1\r\n" + kHost + "\n", 400},
    {"a bare CR in a value", "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", 400},
    {"a bare CR in the request line", "GET /\r HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"CR CR LF", "GET / HTTP/1.1\r\r\n" + kHost + "\r\n", 400},
    {"a folded field", kPost + "X-Folded: a\r\n b\r\n\r\n", 400},
    {"a field folded by a tab", kPost + "X-Folded: a\r\n\tb\r\n\r\n", 400},
    {"a space before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
    // fields
    {"a space before the colon", kPost + "Content-Length : 5\r\n\r\n", 400},
    {"no colon", kPost + "Content-Length\r\n\r\n", 400},
    {"no name", kPost + ": value\r\n\r\n", 400},
    {"a name that is no token", kPost + "X(Y): z\r\n\r\n", 400},
    {"a NUL in a value", kPost + std::string{"X: a\0b\r\n\r\n", 10}, 400},
    {"a control character in a value",
     kPost + "X: a\x01"
             "b\r\n\r\n",
     400},
    {"DEL in a value", kPost + "X: a\x7f\r\n\r\n", 400},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"Host twice", "GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n", 400},
    {"an unknown expectation", kPost + "Expect: magic\r\n\r\n", 417},
    {"an unknown expectation of HTTP/1.0", "POST / HTTP/1.0\r\nExpect: magic\r\n\r\n", 0},
    // the request line
    {"no version", "GET /\r\n" + kHost + "\r\n", 400},
    {"HTTP/0.9's form", "GET\r\n\r\n", 400},
    {"a space in the target", "GET /a b HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"two spaces", "GET  / HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a target that is no path", "GET solve HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"a method that is no token", "G@T / HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"no method", " / HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"HTTP/2.0", "GET / HTTP/2.0\r\n" + kHost + "\r\n", 505},
    {"HTTP/3", "GET / HTTP/3\r\n" + kHost + "\r\n", 400},
    {"http in small letters", "GET / http/1.1\r\n" + kHost + "\r\n", 400},
    {"a version of two digits", "GET / HTTP/1.10\r\n" + kHost + "\r\n", 400},
    {"TLS to a plain port", std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 12}, 400},
};

TEST(HeadParser, AppliesEachRule) {
  for (const Case& each : kCases) EXPECT_EQ(refusal_of(each.bytes), each.status) << each.name;
}

// However the bytes come, the verdict is the same.
TEST(HeadParser, JudgesTheSameByteByByteAndAtEverySplit) {
  for (const Case& each : kCases) {
    HeadParser slow{MessageKind::kRequest, kLimit};
    HeadStatus status = HeadStatus::kIncomplete;
    for (std::size_t size = 1; size <= each.bytes.size() && status == HeadStatus::kIncomplete; ++size) {
      status = slow.parse(std::string_view{each.bytes}.substr(0, size));
    }
    const int verdict = status == HeadStatus::kComplete     ? 0
                        : status == HeadStatus::kIncomplete ? 1
                                                            : slow.refusal().status;
    EXPECT_EQ(verdict, each.status) << each.name << ", byte by byte";
    for (std::size_t split = 0; split < each.bytes.size(); ++split) {
      HeadParser parser{MessageKind::kRequest, kLimit};
      HeadStatus first = parser.parse(std::string_view{each.bytes}.substr(0, split));
      if (first == HeadStatus::kIncomplete) first = parser.parse(each.bytes);
      const int split_verdict = first == HeadStatus::kComplete     ? 0
                                : first == HeadStatus::kIncomplete ? 1
                                                                   : parser.refusal().status;
      EXPECT_EQ(split_verdict, each.status) << each.name << ", split at " << split;
    }
  }
}

// RFC 9112, 3.2 and RFC 3986, 3.2.2.
TEST(HeadParser, TakesAHostAndAPortAndNothingElseForAHost) {
  const auto asking = [](const std::string& host) {
    return refusal_of("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  };
  for (const char* lawful :
       {"", "solver", "Solver.Example", "solver.example:8080", "solver.example:", "192.0.2.7:80", "[2001:db8::7]",
        "[2001:db8::7]:443", "[::ffff:192.0.2.7]", "under_score", "a%20b", "!$&'()*+,;="}) {
    EXPECT_EQ(asking(lawful), 0) << lawful;
  }
  for (const char* wrong : {"solver/",
                            "solver?q",
                            "solver#f",
                            "user@solver",
                            "http://solver",
                            "solver:web",
                            "solver:80:80",
                            ":80",
                            "2001:db8::7",
                            "[2001:db8::7",
                            "2001:db8::7]",
                            "[]",
                            "[solver]",
                            "[::1]x",
                            "[::1%25lo]",
                            "a b",
                            "a\\b",
                            "<a>",
                            "\"a\"",
                            "a%2",
                            "a%zz",
                            "b\xC3\xBC"
                            "cher",
                            "a,b c"}) {
    EXPECT_EQ(asking(wrong), 400) << wrong;
  }
}

TEST(HeadParser, KnowsWhoIsAskedByAUrl) {
  const auto parts = [](const std::string& target) {
    const std::string bytes = "GET " + target + " HTTP/1.1\r\nHost: other\r\n\r\n";
    HeadParser parser{MessageKind::kRequest, kLimit};
    EXPECT_EQ(parser.parse(bytes), HeadStatus::kComplete) << target;
    return std::string{parser.head().authority()} + " " + std::string{parser.head().path()};
  };
  EXPECT_EQ(parts("/p?q"), " /p?q");
  EXPECT_EQ(parts("http://a:8080/p?q"), "a:8080 /p?q");
  EXPECT_EQ(parts("HTTPS://[::1]:443"), "[::1]:443 ");
  EXPECT_EQ(parts("http://a?q=/"), "a ?q=/");
}

TEST(HeadParser, AnEmptyLineIsNoBeginning) {
  HeadParser parser{MessageKind::kRequest, kLimit};
  EXPECT_EQ(parser.parse("\r\n\r\n"), HeadStatus::kIncomplete);
  EXPECT_FALSE(parser.has_begun());
  EXPECT_EQ(parser.parse("\r\n\r\nG"), HeadStatus::kIncomplete);
  EXPECT_TRUE(parser.has_begun());
}

TEST(HeadParser, Http10ExpectsNothing) {
  const std::string bytes = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
  HeadParser parser{MessageKind::kRequest, kLimit};
  ASSERT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  EXPECT_FALSE(parser.head().expects_continue());
}

TEST(HeadParser, BoundsWhatConnectionNames) {
  std::string names;
  for (int i = 0; i < 32; ++i) names += "X-" + std::to_string(i) + ",,";
  EXPECT_EQ(refusal_of(kPost + "Connection: close, " + names + "\r\n\r\n"), 0);
  EXPECT_EQ(refusal_of(kPost + "Connection: " + names + "X-More\r\n\r\n"), 431);
  EXPECT_EQ(refusal_of(kPost + "Connection: " + names + "\r\nConnection: X-More\r\n\r\n"), 431);
}

TEST(HeadParser, BoundsTheHead) {
  EXPECT_EQ(refusal_of(kPost + "X: " + std::string(40'000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(refusal_of(kPost + "X: " + std::string(40'000, 'x')), 431);
  EXPECT_EQ(refusal_of("GET /" + std::string(40'000, 'x')), 414);
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "\r\n";
  EXPECT_EQ(refusal_of(lines), 414) << "empty lines without end";
  EXPECT_EQ(refusal_of("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n"), 414);
  std::string many = kPost;
  for (int i = 0; i < 300; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(refusal_of(many + "\r\n"), 431);
}

TEST(HeadParser, GivesTheFieldsAndTheFraming) {
  const std::string bytes =
      "POST /a?b=c HTTP/1.1\r\nhost: x\r\nContent-Length:  42 \r\nX-One: 1\r\nConnection: close, X-One\r\nExpect: "
      "100-Continue\r\n\r\nbody";
  HeadParser parser{MessageKind::kRequest, kLimit};
  ASSERT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  const Head& head = parser.head();
  EXPECT_EQ(head.method(), "POST");
  EXPECT_EQ(head.target(), "/a?b=c");
  EXPECT_EQ(head.find("HOST"), "x");
  EXPECT_EQ(head.find("x-one"), "1");
  EXPECT_EQ(head.find("x-two"), std::nullopt);
  EXPECT_EQ(head.body_kind(), BodyKind::kLength);
  EXPECT_EQ(head.content_length(), 42);
  EXPECT_FALSE(head.keep_alive());
  EXPECT_TRUE(head.expects_continue());
  EXPECT_EQ(head.field(2).kind, FieldKind::kDropped) << "Connection names it";
  EXPECT_EQ(head.size(), bytes.size() - 4);
}

TEST(HeadParser, FollowsABufferThatMoves) {
  std::string bytes = "GET /path HTTP/1.1\r\nHost: x\r\n\r\n";
  HeadParser parser{MessageKind::kRequest, kLimit};
  ASSERT_EQ(parser.parse(bytes), HeadStatus::kComplete);
  const std::string moved = bytes;
  bytes.assign(bytes.size(), '-');
  parser.rebase(moved.data());
  EXPECT_EQ(parser.head().target(), "/path");
}

Head response_head(const std::string& bytes, bool answers_head = false) {
  HeadParser parser{MessageKind::kResponse, kLimit};
  parser.reset(answers_head);
  EXPECT_EQ(parser.parse(bytes), HeadStatus::kComplete) << bytes;
  return parser.head();
}

// RFC 9112, 6.3: which responses have a body, and how long it is.
TEST(HeadParser, KnowsTheBodyOfAResponse) {
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").body_kind(), BodyKind::kLength);
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").body_kind(), BodyKind::kChunked);
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\n\r\n").body_kind(), BodyKind::kUntilClose);
  EXPECT_FALSE(response_head("HTTP/1.1 200 OK\r\n\r\n").keep_alive());
  EXPECT_EQ(response_head("HTTP/1.1 204 No Content\r\n\r\n").body_kind(), BodyKind::kNone);
  EXPECT_EQ(response_head("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n").body_kind(), BodyKind::kNone);
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true).body_kind(), BodyKind::kNone);
  EXPECT_EQ(response_head("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").status(), 200);
}

TEST(HeadParser, RefusesMalformedResponses) {
  for (const char* bytes : {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
                            "200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"}) {
    HeadParser parser{MessageKind::kResponse, kLimit};
    EXPECT_EQ(parser.parse(bytes), HeadStatus::kBad) << bytes;
  }
}

// RFC 9110, 15: three digits; what is above 599 is a server's error to whoever counts.
TEST(HeadParser, TakesEveryStatusOfThreeDigits) {
  for (const int status : {200, 299, 418, 599, 600, 700, 999}) {
    const Head head = response_head("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(head.status(), status);
    EXPECT_EQ(status_class(status), status < 600 ? static_cast<std::size_t>(status / 100) : 5);
  }
  EXPECT_EQ(status_class(0), 0);
  EXPECT_EQ(status_class(-1), 5);
}

// Behind "the request failed: " and the like.
TEST(HeadParser, SaysWhatIsWrongWithAnAnswerInASentence) {
  const auto said = [](const std::string& bytes) {
    HeadParser parser{MessageKind::kResponse, 1024};
    EXPECT_EQ(parser.parse(bytes), HeadStatus::kBad);
    return parser.refusal().reason;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(said(ok + "X: " + std::string(2000, 'x')), "its answer's head has more than 1 KiB");
  std::string many = ok;
  for (int i = 0; i < 300; ++i) many += "X:\r\n";
  HeadParser wide{MessageKind::kResponse, kLimit};
  EXPECT_EQ(wide.parse(many), HeadStatus::kBad);
  EXPECT_EQ(wide.refusal().reason, "its answer's head has more than 256 fields");
  EXPECT_EQ(said(ok + "Content-Length: x\r\n\r\n"), "its answer's head is malformed: Content-Length is not a number");
  EXPECT_EQ(said("HTTP/1.1 OK\r\n"), "its answer's head is malformed: the status line is malformed");
}

}  // namespace
}  // namespace tenfold::http
