// What the ingress does with requests and their answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingress_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST_F(IngressTest, PassesARequestAndItsAnswerThrough) {
  serve(1, 1);
  auto one = client();
  one->post("hello",
            "X-Mine: kept\r\nConnection: X-Gone\r\nX-Gone: dropped\r\nTE: trailers\r\ntraceparent: 00-ab-cd-01\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_EQ(replica(1).last_body(), "hello");
  const std::string& head = replica(1).last_head();
  EXPECT_THAT(head, HasSubstr("POST /solve\n"));
  EXPECT_THAT(head, HasSubstr("X-Mine: kept\n"));
  EXPECT_THAT(head, HasSubstr("traceparent: 00-ab-cd-01\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-For: 127.0.0.1\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Host: x\n"));
  EXPECT_THAT(head, HasSubstr("Forwarded: for=127.0.0.1;proto=http\n"));
  EXPECT_THAT(head, testing::ContainsRegex("X-Request-Id: [0-9a-z]+-1\n"));
  EXPECT_THAT(head, Not(HasSubstr("X-Gone")));
  EXPECT_THAT(head, Not(HasSubstr("TE:")));
  replica(1).answer("world", "X-Theirs: kept\r\nKeep-Alive: timeout=5\r\n");
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(one->status(), 200);
  EXPECT_EQ(one->body(), "world");
  EXPECT_EQ(one->field("X-Theirs"), "kept");
  EXPECT_EQ(one->field("Keep-Alive"), "");
  EXPECT_EQ(one->field("X-Tenfold-Replica"), "1");
  EXPECT_THAT(one->field("Server-Timing"), MatchesRegex("queue;dur=[0-9.]+, coldstart;dur=[0-9.]+, solve;dur=[0-9.]+"));
}

TEST_F(IngressTest, KeepsBothConnectionsForTheNextRequest) {
  serve(1, 1);
  auto one = client();
  for (int i = 0; i < 5; ++i) {
    one->post("again");
    run_until([&] { return replica(1).waiting() == 1; });
    replica(1).answer("yes");
    run_until([&] { return ended_.size() == static_cast<std::size_t>(i + 1) && one->body() == "yes"; });
  }
  EXPECT_EQ(one->status(), 200);
}

TEST_F(IngressTest, ABurstWaitsInTheQueueAndNeverInAReplica) {
  serve(2, 2);
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(client());
    clients.back()->post("x");
  }
  run_until([&] { return ingress_->view().waiting == 18; });
  std::array<int, 3> share{};
  for (int answered = 0; answered < 20; ++answered) {
    run_until([&] { return replica(1).waiting() + replica(2).waiting() > 0; });
    EXPECT_LE(replica(1).waiting(), 1);
    EXPECT_LE(replica(2).waiting(), 1);
    const std::uint32_t which = replica(1).waiting() > 0 && (answered % 2 == 0 || replica(2).waiting() == 0) ? 1 : 2;
    ++share[which];
    replica(which).answer("ok");
  }
  run_until([&] { return ended_.size() == 20; });
  run_until([&] { return std::ranges::all_of(clients, [](const auto& each) { return each->is_done(); }); });
  for (const auto& each : clients) EXPECT_EQ(each->status(), 200);
  EXPECT_NEAR(share[1], 10, 1);
}

TEST_F(IngressTest, RefusesWithRetryAfterWhenTheQueueIsFull) {
  options_.settings.queue.max_waiting = 1;
  serve(1, 1);
  auto one = client();
  auto two = client();
  auto three = client();
  one->post("1");
  run_until([&] { return ingress_->view().running == 1; });
  two->post("2");
  run_until([&] { return ingress_->view().waiting == 1; });
  three->post("3");
  run_until([&] { return three->is_done(); });
  EXPECT_EQ(three->status(), 503);
  EXPECT_EQ(three->field("Retry-After"), "1");
  EXPECT_EQ(three->field("Content-Type"), "application/problem+json");
  EXPECT_THAT(three->body(), HasSubstr("urn:tenfold:problem:queue-full"));
  EXPECT_THAT(three->field("Server-Timing"), MatchesRegex("queue;dur=[0-9]?[0-9]?[0-9]\\.[0-9]*")) << "it had no slot";
  EXPECT_EQ(three->field("X-Tenfold-Replica"), "");
}

TEST_F(IngressTest, AnswersAtTheDeadlineThatTheClientAskedFor) {
  serve(1, 1);
  auto one = client();
  auto two = client();
  one->post("1");
  run_until([&] { return ingress_->view().running == 1; });
  two->post("2", "X-Request-Timeout: 50ms\r\n");
  run_until([&] { return two->is_done(); });
  EXPECT_EQ(two->status(), 504);
  one->leave();
  run_until([&] { return ingress_->view().running == 0; });
}

TEST_F(IngressTest, TellsTheReplicaThatItsClientLeftAndWaitsForItsWord) {
  serve(1, 1);
  auto one = client();
  one->post("1");
  run_until([&] { return replica(1).waiting() == 1; });
  one->leave();
  run_until([&] { return replica(1).was_abandoned() && ingress_->view().running == 0; });
  EXPECT_EQ(board_->counters().clients_left, 1);
}

TEST_F(IngressTest, ForgetsAQueuedRequestWhoseClientLeft) {
  serve(1, 1);
  auto one = client();
  auto two = client();
  one->post("1");
  run_until([&] { return replica(1).waiting() == 1; });
  two->post("2");
  run_until([&] { return ingress_->view().waiting == 1; });
  two->leave();
  run_until([&] { return ingress_->view().waiting == 0; });
  replica(1).answer("ok");
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(ingress_->view().running, 0);
}

TEST_F(IngressTest, RepeatsARequestWithAnIdempotencyKeyBodyAndAll) {
  serve(2, 2);
  auto one = client();
  one->post("precious", "Idempotency-Key: k\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  replica(1).break_off();
  run_until([&] { return replica(2).waiting() == 1; });
  EXPECT_EQ(replica(2).last_body(), "precious");
  replica(2).answer("ok");
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(one->status(), 200);
  EXPECT_EQ(one->field("X-Tenfold-Replica"), "2");
  EXPECT_EQ(board_->counters().retries, 1);
}

TEST_F(IngressTest, NothingMoreGoesToAReplicaThatIsEnding) {
  serve(2, 2);
  auto one = client();
  auto two = client();
  one->post(std::string(20'000, 'x'), "Idempotency-Key: k\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  two->post("2");
  run_until([&] { return replica(2).waiting() == 1; });
  ending_ = core::ReplicaId{1};
  replica(1).break_off();
  run_until([&] { return ingress_->view().waiting == 1; });
  EXPECT_EQ(replica(1).waiting(), 0);
  replica(2).answer("ok");
  run_until([&] { return two->is_done() && replica(2).waiting() == 1; });
  replica(2).answer("ok");
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(one->status(), 200);
  EXPECT_EQ(one->field("X-Tenfold-Replica"), "2");
}

TEST_F(IngressTest, ARequestThatLostItsReplicaAndWaitedInVainEndsAtItsDeadline) {
  serve(2, 2);
  auto one = client();
  auto two = client();
  one->post("1", "Idempotency-Key: k\r\nX-Request-Timeout: 300ms\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  two->post("2");
  run_until([&] { return replica(2).waiting() == 1; });
  ending_ = core::ReplicaId{1};
  replica(1).break_off();
  run_until([&] { return one->is_done() && ended_.size() == 1; });
  EXPECT_EQ(one->status(), 504);
  EXPECT_GE(ended_at_[0] - ended_[0].arrived, 300ms) << "the lost attempt was not the end";
  replica(2).answer("ok");
  run_until([&] { return two->is_done(); });
}

TEST_F(IngressTest, DoesNotRepeatAPlainPost) {
  serve(2, 2);
  auto one = client();
  one->post("once");
  run_until([&] { return replica(1).waiting() == 1; });
  replica(1).break_off();
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(one->status(), 502);
  EXPECT_THAT(one->body(), HasSubstr("Idempotency-Key"));
}

TEST_F(IngressTest, AChunkedBodyStaysChunkedAndWhole) {
  serve(1, 1);
  auto one = client();
  one->send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-T: "
      "1\r\n\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_EQ(replica(1).last_body(), "hello world");
  replica(1).answer("ok");
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(one->status(), 200);
}

TEST_F(IngressTest, ALargeBodyStreamsThroughSmallBuffersBothWays) {
  limits_.buffer_bytes = 4096;
  limits_.head_bytes = 2048;
  serve(1, 1);
  std::string large(3'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
  auto one = client();
  one->post(large);
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_TRUE(replica(1).last_body() == large);
  replica(1).answer(large);
  run_until([&] { return one->is_done(); });
  EXPECT_TRUE(one->body() == large);
  EXPECT_EQ(ended_.at(0).request_bytes, large.size());
  EXPECT_EQ(ended_.at(0).answer_bytes, large.size());
}

TEST_F(IngressTest, AClientThatSendsSlowlyHoldsNoSlot) {
  serve(1, 1);
  auto slow = client();
  slow->send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  auto quick = client();
  quick->post("quick");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_EQ(replica(1).last_body(), "quick");
  slow->send_more("cd");
  run_until([&] { return ingress_->view().waiting == 1; });
  replica(1).answer("ok");
  run_until([&] { return quick->is_done() && replica(1).waiting() == 1; });
  EXPECT_EQ(replica(1).last_body(), "abcd");
}

TEST_F(IngressTest, ServesPipelinedRequestsInTheirOrder) {
  serve(1, 1);
  auto one = client();
  one->send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_THAT(replica(1).last_head(), HasSubstr("GET /1"));
  replica(1).answer("ok");
  run_until([&] { return replica(1).waiting() == 1 && one->is_done(); });
  EXPECT_THAT(replica(1).last_head(), HasSubstr("GET /2"));
}

TEST_F(IngressTest, NamesAClassWhenItsFirstRequestComes) {
  options_.class_by = "X-Size";
  serve(1, 1);
  for (const char* fields : {"", "X-Size: large\r\n", "x-size: large\r\n", "X-Size: small\r\n", ""}) {
    auto one = client();
    one->post("x", fields);
    run_until([&] { return replica(1).waiting() == 1; });
    replica(1).answer("ok");
    run_until([&] { return one->is_done(); });
  }
  EXPECT_THAT(classes_, testing::ElementsAre("/solve", "/solve large", "/solve small"));
}

TEST_F(IngressTest, TakesNewSettingsAndKeepsWhatWaitsAndRuns) {
  serve(1, 1);
  auto one = client();
  auto two = client();
  one->post("1");
  run_until([&] { return replica(1).waiting() == 1; });
  two->post("2");
  run_until([&] { return ingress_->view().waiting == 1; });
  options_.settings.scale.min_replicas = 2;
  options_.settings.scale.max_replicas = 2;
  ingress_->reconfigure(options_);
  run_until([&] { return replicas_.contains(core::ReplicaId{2}) && replica(2).waiting() == 1; });
  EXPECT_EQ(replica(2).last_body(), "2");
  replica(1).answer("ok");
  replica(2).answer("ok");
  run_until([&] { return one->is_done() && two->is_done(); });
  EXPECT_EQ(one->status(), 200);
  EXPECT_EQ(two->status(), 200);
}

TEST_F(IngressTest, KnowsTheLastValueOfARule) {
  options_.settings.scale.rules = {{.name = "jobs", .kind = core::RuleKind::kCustom, .target = 5}};
  serve(1, 1);
  EXPECT_FALSE(board_->rules().at(0).is_known);
  ingress_->observe({.rule = 0, .is_valid = true, .value = 12});
  ingress_->observe({.rule = 0, .is_valid = false});
  EXPECT_EQ(board_->rules().at(0).value, 12);
  EXPECT_TRUE(board_->rules().at(0).is_failing);
  options_.settings.scale.rules.insert(options_.settings.scale.rules.begin(),
                                       {.name = "heat", .kind = core::RuleKind::kCpu, .target = 70});
  ingress_->reconfigure(options_);
  ASSERT_EQ(board_->rules().size(), 2);
  EXPECT_FALSE(board_->rules()[0].is_known);
  EXPECT_EQ(board_->rules()[1].value, 12);
}

TEST_F(IngressTest, ShutdownServesWhatRunsAndWhatWaits) {
  serve(1, 1);
  auto one = client();
  auto two = client();
  one->post("1");
  run_until([&] { return replica(1).waiting() == 1; });
  two->post("2");
  run_until([&] { return ingress_->view().waiting == 1; });
  ingress_->shut_down();
  server_->drain();
  replica(1).answer("done");
  run_until([&] { return one->is_done() && replica(1).waiting() == 1; });
  EXPECT_EQ(one->status(), 200);
  EXPECT_EQ(one->field("Connection"), "close");
  EXPECT_TRUE(stopped_.empty());
  replica(1).answer("too");
  run_until([&] { return two->is_done() && stopped_.size() == 1; });
  EXPECT_EQ(two->status(), 200);
  EXPECT_EQ(two->field("Connection"), "close");
  run_until([&] { return ingress_->open_exchanges() == 0 && ingress_->view().stopping == 0; });
}

}  // namespace
}  // namespace tenfold::live
