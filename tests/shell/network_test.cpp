// What the data path does with a network in memory, where every turn of the loop can be looked at.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "http/client.hpp"
#include "http/server.hpp"
#include "shell/memory_net.hpp"

namespace tenfold::shell {
namespace {

using namespace std::chrono_literals;

const http::Endpoint kDoor = http::Endpoint::tcp("10.0.0.1", 80);

class NetworkTest : public testing::Test {
 protected:
  NetworkTest() { loop_.use(service_); }

  void run() {
    const auto end = loop_.now() + 100ms;
    while (loop_.step(end)) seen();
  }
  // After each turn.
  virtual void seen() {}

  VirtualLoop loop_{1};
  Fabric fabric_{loop_, 1, {.buffer_bytes = std::size_t{1} << 20}};
  Host service_{fabric_, true, 100};
  Host world_{fabric_, false, 0};
};

// Answers, closes, and is not heard of again.
class OneAnswer final : public http::ReadinessHandler {
 public:
  explicit OneAnswer(Host& host) : acceptor_{std::move(*host.listen(kDoor))} { acceptor_->watch(*this); }

 private:
  void on_ready(http::Readiness) override {
    auto accepted = acceptor_->accept();
    if (!accepted) return;
    const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    EXPECT_TRUE(accepted->transport->write({&answer, 1}));
  }

  std::unique_ptr<http::Acceptor> acceptor_;
};

// Takes nothing of an answer.
class Holds final : public http::ClientHandler {
 public:
  int closed = 0;

 private:
  void on_head(http::ClientConnection&) override {}
  void on_body(http::ClientConnection&) override {}
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection&, std::string_view) override { ++closed; }
};

TEST_F(NetworkTest, AnAnswerThatIsWholeIsNotBrokenByTheEndOfItsConnection) {
  const OneAnswer server{world_};
  Holds holds;
  const auto client = http::ClientConnection::connect(loop_, kDoor, {}, holds);
  client->begin({});
  run();
  EXPECT_EQ(holds.closed, 0);
  EXPECT_TRUE(client->body_complete());
  EXPECT_EQ(client->body(), "body");
  EXPECT_FALSE(client->reusable());
  client->close();
}

class CountsRequests : public NetworkTest, public http::ServerHandler {
 protected:
  void seen() override { most_ = std::max(most_, std::exchange(in_turn_, 0)); }

  int most_ = 0;
  int all_ = 0;

 private:
  void on_request(http::ServerConnection& connection) override {
    ++in_turn_;
    ++all_;
    connection.respond(200, "text/plain", "");
  }

  int in_turn_ = 0;
};

TEST_F(CountsRequests, FewOfThoseThatOneSentAheadAreAnsweredInATurn) {
  http::Server server{loop_, *this, {}};
  ASSERT_TRUE(server.listen(kDoor));
  const auto client = world_.open(kDoor);
  run();
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string_view all = many;
  ASSERT_EQ(client->write({&all, 1}), many.size());
  run();
  EXPECT_EQ(all_, 3000);
  EXPECT_LE(most_, 16);
}

}  // namespace
}  // namespace tenfold::shell
