// W3C Trace Context, case by case as the working group's own test suite has them, and which traces are recorded.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/head_parser.hpp"
#include "live/traces/context.hpp"
#include "live/traces/contexts.hpp"

namespace tenfold::live {
namespace {

constexpr std::string_view kTrace = "12345678901234567890123456789012";
constexpr std::string_view kParent = "00-12345678901234567890123456789012-1234567890123456-01";

TEST(Traceparent, IsReadAndWritten) {
  const auto context = parse_traceparent(kParent);
  ASSERT_TRUE(context);
  EXPECT_EQ(to_hex(context->trace), kTrace);
  EXPECT_EQ(to_hex(context->span), "1234567890123456");
  EXPECT_EQ(context->flags, kSampled);
  std::array<char, kTraceparentSize> out{};
  EXPECT_EQ(write_traceparent(*context, out), kParent);
}

TEST(Traceparent, FlagsThatAreNoOnesYetAreNotPassedOn) {
  EXPECT_EQ(parse_traceparent("00-12345678901234567890123456789012-1234567890123456-ff")->flags, kSampled | kRandom);
  EXPECT_EQ(parse_traceparent("00-12345678901234567890123456789012-1234567890123456-f8")->flags, 0);
}

TEST(Traceparent, VersionsToComeMayHaveMore) {
  for (const char* value : {"cc-12345678901234567890123456789012-1234567890123456-01",
                            "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
                            "01-12345678901234567890123456789012-1234567890123456-01-"}) {
    const auto context = parse_traceparent(value);
    ASSERT_TRUE(context) << value;
    EXPECT_EQ(to_hex(context->trace), kTrace);
  }
}

TEST(Traceparent, WhatBreaksTheRulesIsNone) {
  for (const char* value : {
           "",
           "00",
           "00-12345678901234567890123456789012-1234567890123456-01.",
           "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
           "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
           "ff-12345678901234567890123456789012-1234567890123456-01",
           ".0-12345678901234567890123456789012-1234567890123456-01",
           "0.-12345678901234567890123456789012-1234567890123456-01",
           "000-12345678901234567890123456789012-1234567890123456-01",
           "0000-12345678901234567890123456789012-1234567890123456-01",
           "0-12345678901234567890123456789012-1234567890123456-01",
           "00-00000000000000000000000000000000-1234567890123456-01",
           "00-.2345678901234567890123456789012-1234567890123456-01",
           "00-1234567890123456789012345678901.-1234567890123456-01",
           "00-123456789012345678901234567890123-1234567890123456-01",
           "00-1234567890123456789012345678901-1234567890123456-01",
           "00-12345678901234567890123456789012-0000000000000000-01",
           "00-12345678901234567890123456789012-.234567890123456-01",
           "00-12345678901234567890123456789012-123456789012345.-01",
           "00-12345678901234567890123456789012-12345678901234567-01",
           "00-12345678901234567890123456789012-123456789012345-01",
           "00-12345678901234567890123456789012-1234567890123456-.0",
           "00-12345678901234567890123456789012-1234567890123456-0.",
           "00-12345678901234567890123456789012-1234567890123456-001",
           "00-12345678901234567890123456789012-1234567890123456-1",
           "00-12345678901234567890123456789012-1234567890123456",
           "00-1234567890123456789012345678901A-1234567890123456-01",
           "00_12345678901234567890123456789012_1234567890123456_01",
       }) {
    EXPECT_FALSE(parse_traceparent(value)) << value;
  }
}

TEST(Tracestate, CountsItsEntries) {
  EXPECT_EQ(count_tracestate(""), 0U);
  EXPECT_EQ(count_tracestate("foo=1"), 1U);
  EXPECT_EQ(count_tracestate("foo=1 \t , \t bar=2, \t baz=3"), 3U);
  EXPECT_EQ(count_tracestate("foo=1,,bar=2,"), 2U);
  EXPECT_EQ(count_tracestate("foo@=1,foo@@bar=1,foo@bar@baz=2,0key=3"), 4U);
  const std::string key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
  std::string value;
  for (char c = 0x20; c < 0x7F; ++c) {
    if (c != ',' && c != '=') value += c;
  }
  EXPECT_EQ(count_tracestate(key + '=' + value), 1U);
  EXPECT_EQ(count_tracestate(key + "@a-z0-9_-*/=" + value), 1U);
  EXPECT_EQ(count_tracestate(std::string(256, 'z') + "=1"), 1U);
}

TEST(Tracestate, WhatBreaksTheRulesIsNone) {
  for (const std::string& value :
       {std::string{"foo"}, std::string{"foo =1"}, std::string{"FOO=1"}, std::string{"foo.bar=1"},
        std::string{"@foo=1,bar=2"}, std::string{"foo=bar=baz"}, std::string{"foo=,bar=3"}, std::string{"foo=\xC3\xA9"},
        std::string{"=1"}, std::string(257, 'z') + "=1", "a=" + std::string(257, 'z')}) {
    EXPECT_FALSE(count_tracestate(value)) << value;
  }
}

TEST(Sampler, FollowsTheClientWhereItHasDecided) {
  const TraceId trace{.high = 1, .low = 1};
  EXPECT_TRUE((Sampler{.share = 0}).is_sampled(trace, kSampled));
  EXPECT_FALSE((Sampler{.share = 1}).is_sampled(trace, std::uint8_t{0}));
  EXPECT_FALSE((Sampler{.share = 1}).is_sampled(trace, kRandom));
  EXPECT_TRUE((Sampler{.share = 1}).is_sampled(trace, std::nullopt));
  EXPECT_FALSE((Sampler{.share = 0}).is_sampled(trace, std::nullopt));
  EXPECT_TRUE((Sampler{.share = 1, .follows_parent = false}).is_sampled(trace, std::uint8_t{0}));
  EXPECT_FALSE((Sampler{.share = 0, .follows_parent = false}).is_sampled(trace, kSampled));
}

TEST(Sampler, AShareIsThatOfTheIdsAndAllWhoLookAgree) {
  const Sampler tenth{.share = 0.1};
  EXPECT_TRUE(tenth.is_sampled({.high = ~std::uint64_t{0}, .low = 0x0CCCCCCCCCCCCCCCU}, std::nullopt));
  EXPECT_FALSE(tenth.is_sampled({.high = 0, .low = 0x1999999999999A00U}, std::nullopt));
  EXPECT_TRUE(tenth.is_sampled({.high = 0, .low = 0x1999999999999800U}, std::nullopt)) << "just below 0.1 of 2^64";
  // What a smaller share takes a larger one takes too.
  int taken = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const TraceId trace{.high = 0, .low = i * 0x9E3779B97F4A7C15U};
    const bool is_taken = tenth.is_sampled(trace, std::nullopt);
    taken += is_taken ? 1 : 0;
    EXPECT_TRUE(!is_taken || (Sampler{.share = 0.2}).is_sampled(trace, std::nullopt));
  }
  EXPECT_NEAR(taken, 1000, 20);
}

class ContextsTest : public testing::Test {
 protected:
  RequestTrace open(const std::string& fields) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
    http::HeadParser parser{http::MessageKind::kRequest, 32 << 10};
    EXPECT_EQ(parser.parse(bytes), http::HeadStatus::kComplete) << fields;
    return contexts_.open(parser.head());
  }

  std::uint64_t next_ = 0;
  TraceContexts contexts_{[this] { return ++next_; }, Sampler{}};
};

TEST_F(ContextsTest, ARequestGoesOnInItsClientsTrace) {
  const RequestTrace trace = open("TraceParent: " + std::string{kParent} + "\r\ntracestate: a=1\r\n");
  EXPECT_EQ(to_hex(trace.id), kTrace);
  EXPECT_EQ(to_hex(trace.parent), "1234567890123456");
  EXPECT_EQ(to_hex(trace.span), "0000000000000001");
  EXPECT_TRUE(trace.is_sampled());
  EXPECT_EQ(trace.flags, kSampled) << "whether its id is random is its client's to say";
  EXPECT_TRUE(trace.keeps_state);
}

TEST_F(ContextsTest, BlanksAroundTheValueAreNotOfIt) {
  for (const char* value : {" %", "\t%", "% ", "%\t", "\t %\t "}) {
    std::string text = value;
    text.replace(text.find('%'), 1, kParent);
    EXPECT_EQ(to_hex(open("traceparent:" + text + "\r\n").id), kTrace) << value;
  }
}

TEST_F(ContextsTest, ATraceThatBeginsHereHasNoParentAndNoState) {
  for (const char* fields :
       {"", "tracestate: a=1\r\n", "trace-parent: %\r\n", "trace.parent: %\r\n", "trace_parent: %\r\n",
        "traceparent: %\r\ntraceparent: %\r\n", "traceparent: x\r\ntraceparent: %\r\n",
        "traceparent: %\r\ntraceparent:\r\n", "traceparent: %.\r\ntracestate: a=1\r\n"}) {
    std::string text = fields;
    for (std::size_t at = 0; (at = text.find('%')) != std::string::npos;) text.replace(at, 1, kParent);
    const RequestTrace trace = open(text);
    EXPECT_NE(to_hex(trace.id), kTrace) << text;
    EXPECT_TRUE(trace.is_traced());
    EXPECT_EQ(trace.parent, SpanId{}) << text;
    EXPECT_FALSE(trace.keeps_state) << text;
    EXPECT_EQ(trace.flags, kSampled | kRandom) << text;
  }
}

TEST_F(ContextsTest, StateThatBreaksTheRulesIsDroppedAndItsParentCounts) {
  const std::string parent = "traceparent: " + std::string{kParent} + "\r\n";
  const auto keeps = [&](const std::string& fields) {
    const RequestTrace trace = open(parent + fields);
    EXPECT_EQ(to_hex(trace.id), kTrace) << fields;
    return trace.keeps_state;
  };
  std::string most;
  for (int i = 0; i < 32; ++i) most += "tracestate: bar" + std::to_string(i) + "=1\r\n";
  EXPECT_TRUE(keeps(most));
  EXPECT_FALSE(keeps(most + "tracestate: one=more\r\n"));
  EXPECT_TRUE(keeps("tracestate: a=1\r\ntracestate:\r\n"));
  EXPECT_TRUE(keeps("tracestate: a=1,a=1\r\n"));
  EXPECT_FALSE(keeps("tracestate: a=1\r\ntracestate: FOO=1\r\n"));
}

TEST_F(ContextsTest, IdsAreNeverZero) {
  std::uint64_t draws = 0;
  TraceContexts contexts{[&draws] { return ++draws < 3 ? 0 : draws; }, Sampler{}};
  EXPECT_EQ(contexts.next_span(), SpanId{3});
  const RandomBits random = kernel_random_bits();
  EXPECT_NE(random(), random());
}

}  // namespace
}  // namespace tenfold::live
