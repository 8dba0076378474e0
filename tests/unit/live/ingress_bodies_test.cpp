// Slow clients, large bodies, and answers that are none: what they cost a slot.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingress_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// More than the kernel's buffers hold between two processes of this machine.
std::string large(std::size_t bytes = 24'000'000) {
  std::string made(bytes, 'x');
  for (std::size_t i = 0; i < made.size(); i += 1000) made[i] = static_cast<char>('a' + i / 1000 % 26);
  return made;
}

class BodiesTest : public IngressTest {
 protected:
  void leave_no_room() {
    options_.memory_bytes = 0;
    options_.spool.disk = 0;
  }

  // A client that reads nothing has its request answered with a large body.
  std::unique_ptr<FakeClient> paused_reader(std::string_view fields = {}) {
    auto one = client();
    one->pause();
    one->post("x", fields);
    run_until([&] { return replica(1).waiting() == 1; });
    replica(1).answer(large());
    return one;
  }
};

TEST_F(BodiesTest, AReaderThatPausesHoldsNoSlot) {
  serve(1, 1);
  auto slow = paused_reader();
  run_until([&] { return ingress_->view().running == 0; });
  auto quick = client();
  quick->post("quick");
  run_until([&] { return replica(1).waiting() == 1; });
  replica(1).answer("ok");
  run_until([&] { return quick->is_done(); });
  EXPECT_EQ(ended_.size(), 2);
  slow->resume();
  run_until([&] { return slow->is_done(); });
  EXPECT_TRUE(slow->body() == large());
  run_until([&] { return ingress_->open_exchanges() == 0; });
}

TEST_F(BodiesTest, AReaderThatPausesAndLeavesLeavesNothing) {
  serve(1, 1);
  auto slow = paused_reader();
  run_until([&] { return ingress_->view().running == 0; });
  slow->leave();
  run_until([&] { return ingress_->open_exchanges() == 0; });
  EXPECT_EQ(ended_.size(), 1);
}

TEST_F(BodiesTest, AnAnswerThatIsHeldBackAndWhoseClientLeavesFreesItsSlot) {
  leave_no_room();
  cancels_ = false;
  serve(1, 1);
  auto slow = paused_reader();
  run_until([&] { return ingress_->view().running == 1; });
  loop_.run_one_for(50ms);
  EXPECT_EQ(ingress_->view().running, 1);
  slow->leave();
  run_until([&] { return ingress_->view().running == 0 && ingress_->open_exchanges() == 0; });
}

TEST_F(BodiesTest, AnAnswerThatIsHeldBackAndWhoseDeadlinePassesFreesItsSlot) {
  leave_no_room();
  cancels_ = false;
  serve(1, 1);
  auto slow = paused_reader("X-Request-Timeout: 300ms\r\n");
  run_until([&] { return board_->counters().rejects.at(2) == 1 && ingress_->view().running == 0; });
  run_until([&] { return ingress_->open_exchanges() == 0; });
}

TEST_F(BodiesTest, WhereThereIsNoRoomAnAnswerComesAtItsReadersPace) {
  leave_no_room();
  serve(1, 1);
  auto slow = paused_reader();
  slow->resume();
  run_until([&] { return slow->is_done(); });
  EXPECT_TRUE(slow->body() == large());
  EXPECT_EQ(ingress_->view().running, 0);
}

TEST_F(BodiesTest, ALargeUploadThatDawdlesHoldsNoSlot) {
  serve(1, 1);
  const std::string body = large(3'000'000);
  auto slow = client();
  slow->send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + body.substr(0, 2'000'000));
  auto quick = client();
  for (int i = 0; i < 2; ++i) {
    quick->post("quick");
    run_until([&] { return replica(1).waiting() == 1; });
    EXPECT_EQ(replica(1).last_body(), "quick");
    replica(1).answer("ok");
    run_until([&] { return ended_.size() == static_cast<std::size_t>(i) + 1; });
  }
  slow->send_more(body.substr(2'000'000));
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_TRUE(replica(1).last_body() == body);
  EXPECT_EQ(ended_.size(), 2);
}

TEST_F(BodiesTest, ALargeRequestIsRepeatedWhole) {
  serve(2, 2);
  const std::string body = large(3'000'000);
  auto one = client();
  one->post(body, "Idempotency-Key: k\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  replica(1).break_off();
  run_until([&] { return replica(2).waiting() == 1; });
  EXPECT_TRUE(replica(2).last_body() == body);
  replica(2).answer("ok");
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(one->status(), 200);
  EXPECT_EQ(ended_.at(0).request_bytes, body.size());
}

TEST_F(BodiesTest, ALargeChunkedRequestArrivesWhole) {
  serve(1, 1);
  auto one = client();
  std::string sent = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 30; ++i) sent += "186a0\r\n" + std::string(100'000, static_cast<char>('a' + i)) + "\r\n";
  one->send(sent + "0\r\n\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_EQ(replica(1).last_body().size(), 3'000'000);
  EXPECT_EQ(replica(1).last_body().back(), 'a' + 29);
}

TEST_F(BodiesTest, WhereThereIsNoRoomARequestStreamsThrough) {
  leave_no_room();
  serve(1, 1);
  const std::string body = large(3'000'000);
  auto one = client();
  one->post(body, "Idempotency-Key: k\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_TRUE(replica(1).last_body() == body);
  replica(1).answer("ok");
  run_until([&] { return one->is_done(); });
  EXPECT_EQ(one->status(), 200);
}

TEST_F(BodiesTest, AnAnswerThatCrossesItsDeadlineIsHarmless) {
  serve(1, 1);
  auto one = client();
  one->post("1", "X-Request-Timeout: 40ms\r\n");
  run_until([&] { return replica(1).waiting() == 1; });
  replica(1).answer("just then");
  std::this_thread::sleep_for(60ms);  // the loop comes to both at once, and to the answer first
  run_until([&] { return one->is_done() && ingress_->open_exchanges() == 0; });
  EXPECT_EQ(ingress_->view().running, 0);
}

TEST_F(BodiesTest, AnAnswerWhoseHeadIsTooLargeIsToldAsThatAndNeverRunTwice) {
  serve(2, 2);
  for (int i = 0; i < 2; ++i) {
    auto one = client();
    one->post("x", "Idempotency-Key: k\r\n");
    run_until([&] { return replica(1).waiting() + replica(2).waiting() == 1; });
    replica(replica(1).waiting() == 1 ? 1 : 2).answer("x", "X-Large: " + std::string(40'000, 'x') + "\r\n");
    run_until([&] { return one->is_done(); });
    EXPECT_EQ(one->status(), 502);
    EXPECT_THAT(one->body(), HasSubstr("its answer's head has more than 32 KiB"));
    EXPECT_EQ(replica(1).waiting() + replica(2).waiting(), 0);
  }
  EXPECT_EQ(ingress_->view().ready, 2);
}

TEST_F(BodiesTest, WhatIsWrongWithAnswersIsKnownOncePerKindOfAReplica) {
  serve(1, 1);
  for (int i = 0; i < 3; ++i) {
    auto one = client();
    one->post("x");
    run_until([&] { return replica(1).waiting() == 1; });
    replica(1).answer("x", "no colon\r\n");
    run_until([&] { return one->is_done(); });
    EXPECT_EQ(one->status(), 502);
  }
  EXPECT_EQ(board_->counters().bad_answers, 3);
  EXPECT_THAT(board_->replica(core::ReplicaId{1})->bad_answers, ElementsAre(HasSubstr("a field has no colon")));
}

TEST_F(BodiesTest, AReaderThatTakesNothingIsCut) {
  limits_.flush_timeout = 1s;
  serve(1, 1);
  auto none = paused_reader();
  run_until([&] { return ingress_->view().running == 0; });
  run_until([&] { return ingress_->open_exchanges() == 0; });
  none->resume();
  run_until([&] { return none->is_closed(); });
}

TEST_F(BodiesTest, UploadsGoToDiskWhenTheMemoryForAllIsSpent) {
  options_.memory_bytes = 0;
  serve(1, 1);
  const std::string body = large(60'000);
  std::vector<std::unique_ptr<FakeClient>> dawdling;
  for (int i = 0; i < 20; ++i) {
    dawdling.push_back(client());
    dawdling.back()->send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + body.substr(0, 50'000));
  }
  run_until([&] { return ingress_->open_exchanges() == 20; });
  auto quick = client();
  quick->post("quick");
  run_until([&] { return replica(1).waiting() == 1; });
  EXPECT_EQ(replica(1).last_body(), "quick");
  replica(1).answer("ok");
  run_until([&] { return quick->is_done(); });
  for (auto& each : dawdling) {
    each->send_more(body.substr(50'000));
    run_until([&] { return replica(1).waiting() == 1; });
    EXPECT_TRUE(replica(1).last_body() == body);
    replica(1).answer("ok");
    run_until([&] { return each->is_done(); });
  }
}

TEST_F(BodiesTest, AnIdleConnectionMakesRoomForANewOne) {
  limits_.connections = 2;
  serve(1, 1);
  auto idlest = client();
  idlest->post("1");
  run_until([&] { return replica(1).waiting() == 1; });
  replica(1).answer("ok");
  run_until([&] { return idlest->is_done(); });
  idlest->rest();
  auto busy = client();
  busy->post("2");
  run_until([&] { return replica(1).waiting() == 1; });
  auto fresh = client();
  fresh->post("3");
  run_until([&] { return idlest->is_closed() && ingress_->view().waiting == 1; });
  replica(1).answer("ok");
  run_until([&] { return busy->is_done() && replica(1).waiting() == 1; });
  replica(1).answer("ok");
  run_until([&] { return fresh->is_done(); });
  EXPECT_EQ(fresh->status(), 200);
}

}  // namespace
}  // namespace tenfold::live
