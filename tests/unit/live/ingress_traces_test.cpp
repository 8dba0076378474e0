// What a replica is told of the trace, and what is told of its requests.
#include <gmock/gmock.h>

#include "ingress_fixture.hpp"
#include "live/traces/tracer.hpp"

namespace tenfold::live {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTheirs = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";

class SilentCollector final : public Collector {
 public:
  void post(std::string body, Done done) override {
    body_ = std::move(body);
    done_ = std::move(done);
  }
  const std::string& body() const { return body_; }

 private:
  std::string body_;
  Done done_;
};

class IngressTracesTest : public IngressTest {
 protected:
  void trace(Sampler sampler = {}) {
    contexts_.configure(sampler);
    serve(1, 2);
    ingress_->trace(contexts_, tracer_);
  }

  // What has ended since, as OTLP.
  std::string sent() {
    exporter_.finish([] {});
    return collector_.body();
  }

  std::uint64_t next_ = 0;
  TraceContexts contexts_{[this] { return ++next_; }, Sampler{}};
  SilentCollector collector_;
  Exporter exporter_{
      loop_, collector_, {.url = "x", .frame = {}, .say = [](const std::string&) {}, .random = [] { return 0; }}};
  Tracer tracer_{contexts_, exporter_, [] { return std::chrono::system_clock::time_point{}; }};
};

TEST_F(IngressTracesTest, WithoutTracesAClientsContextPassesAsItIs) {
  serve(1, 1);
  const auto visitor = client();
  visitor->post("x", std::string{kTheirs} + "tracestate: NOT=lawful\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_THAT(replica(1).last_head(),
              AllOf(HasSubstr("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n"),
                    HasSubstr("tracestate: NOT=lawful\n")));
  replica(1).answer("y");
  run_until([&] { return visitor->is_done(); });
  EXPECT_FALSE(ended_.at(0).trace.is_traced());
}

TEST_F(IngressTracesTest, AReplicaIsTheChildOfItsAttempt) {
  trace();
  const auto visitor = client();
  visitor->post("x", std::string{kTheirs} + "tracestate: a=1\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  // 1 is the request's own span, 2 that of the attempt.
  EXPECT_THAT(replica(1).last_head(),
              AllOf(HasSubstr("traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000002-01\n"),
                    HasSubstr("tracestate: a=1\n"), Not(HasSubstr("b7ad6b7169203331"))));
  replica(1).answer("y");
  run_until([&] { return visitor->is_done() && ended_.size() == 1; });
  EXPECT_THAT(sent(), AllOf(HasSubstr(R"("spanId":"0000000000000001","parentSpanId":"b7ad6b7169203331")"),
                            HasSubstr(R"("spanId":"0000000000000002","parentSpanId":"0000000000000001")"),
                            HasSubstr(R"("name":"POST /solve")")));
}

TEST_F(IngressTracesTest, AMalformedContextBeginsANewTraceWithoutItsState) {
  trace();
  const auto visitor = client();
  visitor->post("x", "traceparent: 00-xyz\r\ntracestate: a=1\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_THAT(replica(1).last_head(),
              AllOf(HasSubstr("traceparent: 00-00000000000000020000000000000003-0000000000000004-03\n"),
                    Not(HasSubstr("tracestate")), Not(HasSubstr("xyz"))));
}

TEST_F(IngressTracesTest, WhatIsNotSampledIsPassedOnAndNotTold) {
  trace({.share = 0});
  const auto visitor = client();
  visitor->post("x");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_THAT(replica(1).last_head(), HasSubstr("-0000000000000004-02\n"));
  replica(1).answer("y");
  run_until([&] { return visitor->is_done() && ended_.size() == 1; });
  EXPECT_EQ(sent(), "");
}

TEST_F(IngressTracesTest, EachAttemptHasASpanOfItsOwn) {
  trace();
  const auto visitor = client();
  visitor->post("x", "Idempotency-Key: 1\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  const std::string first = replica(1).last_head();
  replica(1).break_off();
  run_until([&] { return replica(1).waiting() == 1 || (replicas_.size() > 1 && replica(2).waiting() == 1); });
  FakeReplica& second = replica(1).waiting() == 1 ? replica(1) : replica(2);
  EXPECT_THAT(first, HasSubstr("-0000000000000004-03\n"));
  EXPECT_THAT(second.last_head(), HasSubstr("-0000000000000005-03\n"));
  second.answer("y");
  run_until([&] { return visitor->is_done() && ended_.size() == 1; });
  EXPECT_THAT(sent(), AllOf(HasSubstr(R"({"key":"error.type","value":{"stringValue":"no answer"}})"),
                            HasSubstr(R"({"key":"http.request.resend_count","value":{"intValue":"1"}})")));
}

}  // namespace
}  // namespace tenfold::live
