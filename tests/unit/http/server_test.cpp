// The server on real sockets, asked by a client that sends whatever bytes the test says.
#include "http/server.hpp"

#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/epoll_loop.hpp"

namespace tenfold::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Answers each request with its method, target and body.
class Echo final : public ServerHandler, public ExchangeHandler {
 public:
  int gone = 0;
  bool holds_answers = false;
  bool holds_bodies = false;
  std::size_t answer_size = 0;  // instead of an echo

  // The one whose answer is held or whose body is not here yet.
  ServerConnection* waiting() const { return held_; }

  // Takes the bodies that were held, or answers what was.
  void release() {
    holds_bodies = false;
    on_body(*held_);
  }

 private:
  void on_request(ServerConnection& connection) override {
    connection.attach(*this);
    body_.clear();
    connection.want_body();
    on_body(connection);
  }
  void on_body(ServerConnection& connection) override {
    held_ = &connection;
    if (holds_bodies) return;
    body_ += connection.body();
    connection.consume(connection.body().size());
    if (!connection.body_complete() || holds_answers) return;
    if (answer_size > 0) return connection.respond(200, "text/plain", std::string(answer_size, 'x'));
    const std::string said =
        std::string{connection.head().method()} + ' ' + std::string{connection.head().target()} + ' ' + body_;
    connection.respond(200, "text/plain", said);
  }
  void on_writable(ServerConnection&) override {}
  void on_gone(ServerConnection& connection) override {
    ++gone;
    connection.finish();
  }
  std::string body_;
  ServerConnection* held_ = nullptr;
};

class ServerTest : public testing::Test {
 protected:
  void serve(const Limits& limits = {}) {
    server_.emplace(loop_, echo_, limits);
    endpoint_ = server_->listen(Endpoint::tcp("127.0.0.1", 0)).value();
  }

  int connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    run_until([&] { return server_->connection_count() > 0; });
    return fd;
  }

  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition did not come true; got: " << got_;
      loop_.run_one_for(20ms);
      receive();
    }
  }

  void send(int fd, std::string_view bytes) {
    fd_ = fd;
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      loop_.poll();
    }
  }

  void receive() {
    char block[4096];
    if (fd_ < 0) return;
    ssize_t got = 0;
    while ((got = ::recv(fd_, block, sizeof block, 0)) > 0) got_.append(block, static_cast<std::size_t>(got));
    if (got == 0) is_closed_ = true;
  }

  // What comes back for `bytes` on a new connection until the server closes it.
  std::string exchange(std::string_view bytes) {
    got_.clear();
    is_closed_ = false;
    const int fd = connect();
    send(fd, bytes);
    run_until([&] { return is_closed_; });
    ::close(fd);
    return got_;
  }

  EpollLoop loop_;
  Echo echo_;
  std::optional<Server> server_;
  Endpoint endpoint_;
  int fd_ = -1;
  std::string got_;
  bool is_closed_ = false;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  serve();
  const int fd = connect();
  send(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  run_until([&] { return got_.ends_with("POST /a abc"); });
  got_.clear();
  send(fd, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return got_.ends_with("GET /b "); });
  EXPECT_FALSE(is_closed_);
  ::close(fd);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  serve();
  std::string all;
  for (int i = 0; i < 500; ++i)
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  const std::string got = exchange(all + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = got.find("POST /" + std::to_string(i) + " hi", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_THAT(got, EndsWith("GET /last "));
}

TEST_F(ServerTest, ABadRequestIsToldAndEndsTheConnection) {
  serve();
  const std::string got = exchange("GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\n");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(got, HasSubstr("application/problem+json"));
  EXPECT_THAT(got, HasSubstr("a field's name is not a token"));
}

TEST_F(ServerTest, NothingAfterABadRequestIsServed) {
  serve();
  const std::string got = exchange(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\nGET /smuggled "
      "HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(got, Not(HasSubstr("smuggled")));
}

TEST_F(ServerTest, AnnouncedBodiesAboveTheLimitAreRefusedBeforeTheyAreRead) {
  Limits limits;
  limits.body_bytes = 1000;
  serve(limits);
  EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
}

TEST_F(ServerTest, AChunkedBodyIsRefusedWhenItPassesTheLimit) {
  Limits limits;
  limits.body_bytes = 1000;
  serve(limits);
  const int fd = connect();
  send(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  run_until([&] { return got_.starts_with("HTTP/1.1 100"); });
  for (int i = 0; i < 11; ++i) send(fd, "64\r\n" + std::string(100, 'x') + "\r\n");
  run_until([&] { return is_closed_; });
  EXPECT_THAT(got_, HasSubstr("HTTP/1.1 413"));
  EXPECT_EQ(echo_.gone, 1) << "its handler is told";
  ::close(fd);
}

TEST_F(ServerTest, AHeadAboveTheLimitIsRefused) {
  serve();
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
}

TEST_F(ServerTest, SendsContinueToWhoWaitsForIt) {
  serve();
  const int fd = connect();
  send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  run_until([&] { return got_ == "HTTP/1.1 100 Continue\r\n\r\n"; });
  send(fd, "ok");
  run_until([&] { return got_.ends_with("POST / ok"); });
  ::close(fd);
}

TEST_F(ServerTest, AHeadThatComesTooSlowlyIsTold) {
  Limits limits;
  limits.head_timeout = 40ms;
  serve(limits);
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408"));
}

TEST_F(ServerTest, ABodyThatComesTooSlowlyIsTold) {
  Limits limits;
  limits.body_timeout = 40ms;
  serve(limits);
  EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(echo_.gone, 1);
}

TEST_F(ServerTest, ABodyThatWaitsForRoomIsNotTooSlow) {
  Limits limits;
  limits.body_timeout = 40ms;
  limits.buffer_bytes = limits.head_bytes = 4096;
  serve(limits);
  echo_.holds_bodies = true;
  const int fd = connect();
  send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + std::string(20'000, 'x'));
  const auto later = std::chrono::steady_clock::now() + 200ms;
  run_until([&] { return std::chrono::steady_clock::now() > later; });
  EXPECT_EQ(got_, "") << "it is our queue that it waits for";
  echo_.release();
  run_until([&] { return got_.ends_with(std::string(1000, 'x')); });
  EXPECT_THAT(got_, StartsWith("HTTP/1.1 200"));
  ::close(fd);
}

TEST_F(ServerTest, AClientThatReadsSlowlyGetsAllOfItsLastAnswer) {
  Limits limits;
  limits.linger_timeout = 20ms;
  serve(limits);
  echo_.answer_size = 20'000'000;
  const int fd = connect();
  fd_ = -1;
  ::send(fd, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 46, MSG_NOSIGNAL);
  const auto later = std::chrono::steady_clock::now() + 200ms;
  run_until([&] { return std::chrono::steady_clock::now() > later; });
  fd_ = fd;
  run_until([&] { return is_closed_; });
  EXPECT_GT(got_.size(), echo_.answer_size);
  ::close(fd);
}

TEST_F(ServerTest, AnIdleConnectionIsClosedSilently) {
  Limits limits;
  limits.idle_timeout = 40ms;
  serve(limits);
  EXPECT_EQ(exchange(""), "");
}

// What a connection's second request is refused for is told as the first's is.
TEST_F(ServerTest, ARefusalIsAnAnswerAlsoOnTheSecondRequest) {
  Limits limits;
  limits.body_bytes = 1000;
  limits.body_timeout = limits.head_timeout = 40ms;
  serve(limits);
  const std::pair<const char*, std::string> refused[] = {
      {"400", "GET / HTTP/1.1\r\n\r\n"},
      {"408", "GET / HTT"},
      {"408", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"},
      {"413", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"},
      {"414", "GET /" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"417", "GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n"},
      {"431", "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n"},
      {"501", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {"505", "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
  };
  for (const auto& [status, second] : refused) {
    const std::string got = exchange("GET /first HTTP/1.1\r\nHost: x\r\n\r\n" + second);
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(got, HasSubstr(std::string{"GET /first HTTP/1.1 "} + status)) << "for " << second.substr(0, 60);
  }
}

// BusyBox's wget, ncat and `nc -N` end their side when they have sent all.
TEST_F(ServerTest, AClientThatEndsItsSideGetsAllItsAnswers) {
  serve();
  echo_.holds_answers = true;
  const int fd = connect();
  send(fd, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  run_until([&] { return echo_.waiting() != nullptr; });
  ::shutdown(fd, SHUT_WR);
  echo_.holds_answers = false;
  const auto later = std::chrono::steady_clock::now() + 50ms;
  run_until([&] { return std::chrono::steady_clock::now() > later; });
  echo_.release();
  run_until([&] { return is_closed_; });
  EXPECT_THAT(got_, HasSubstr("GET /1 HTTP/1.1 200"));
  EXPECT_THAT(got_, EndsWith("POST /2 hi"));
  EXPECT_THAT(got_, HasSubstr("Connection: close\r\n")) << "the last says that it is";
  EXPECT_EQ(echo_.gone, 0);
  run_until([&] { return server_->connection_count() == 0; });
  ::close(fd);
}

TEST_F(ServerTest, AClientThatEndsItsSideIsAskedOnceWhetherItWaits) {
  Limits limits;
  limits.presence_timeout = 20ms;
  serve(limits);
  echo_.holds_answers = true;
  const int fd = connect();
  send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return echo_.waiting() != nullptr; });
  ::shutdown(fd, SHUT_WR);
  run_until([&] { return got_ == "HTTP/1.1 100 Continue\r\n\r\n"; });
  echo_.holds_answers = false;
  echo_.release();
  run_until([&] { return is_closed_; });
  EXPECT_THAT(got_, EndsWith("GET / "));
  ::close(fd);
}

TEST_F(ServerTest, AClientThatEndsWithinARequestHasLeft) {
  serve();
  const int fd = connect();
  send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
  run_until([&] { return echo_.waiting() != nullptr; });
  ::shutdown(fd, SHUT_WR);
  run_until([&] { return echo_.gone == 1 && server_->connection_count() == 0; });
  ::close(fd);
}

TEST_F(ServerTest, TellsThatTheClientLeft) {
  serve();
  echo_.holds_answers = true;
  const int fd = connect();
  send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return true; });
  fd_ = -1;
  ::close(fd);
  run_until([&] { return echo_.gone == 1 && server_->connection_count() == 0; });
}

TEST_F(ServerTest, AnHttp10ClientGetsItsAnswerAndTheEnd) {
  serve();
  const std::string got = exchange("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(got, EndsWith("GET /old "));
}

TEST_F(ServerTest, AHeadRequestGetsNoBody) {
  serve();
  const std::string got = exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(got, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\n"));
}

// ---- its end

constexpr auto kLong = 1h;

TEST_F(ServerTest, WhatIsIdleIsClosedAtOnceWhenItDrains) {
  serve();
  fd_ = connect();
  server_->drain();
  run_until([&] { return is_closed_; });
  EXPECT_EQ(got_, "");
  ::close(fd_);
}

TEST_F(ServerTest, WithAFarewellWhoStillAsksIsAnsweredOnce) {
  serve();
  const int fd = connect();
  send(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return got_.ends_with("GET /a "); });
  EXPECT_THAT(got_, Not(HasSubstr("Connection: close")));
  server_->drain(kLong);
  send(fd, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return is_closed_; });
  EXPECT_THAT(got_, HasSubstr("Connection: close"));
  EXPECT_THAT(got_, EndsWith("GET /b "));
  ::close(fd);
}

// Its answer had said that it may, before the end was known.
TEST_F(ServerTest, WithAFarewellWhoWasToldToGoOnMayGoOn) {
  serve();
  echo_.holds_answers = true;
  const int fd = connect();
  send(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return echo_.waiting() != nullptr; });
  EXPECT_TRUE(echo_.waiting()->keep_alive());
  server_->drain(kLong);
  echo_.holds_answers = false;
  echo_.release();
  send(fd, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return is_closed_; });
  EXPECT_THAT(got_, HasSubstr("GET /a "));
  EXPECT_THAT(got_, EndsWith("GET /b "));
  ::close(fd);
}

TEST_F(ServerTest, WithAFarewellWhoSaysNothingIsClosedAfterIt) {
  serve();
  fd_ = connect();
  server_->drain(20ms);
  EXPECT_EQ(server_->connection_count(), 1);
  run_until([&] { return is_closed_; });
  EXPECT_EQ(got_, "");
  ::close(fd_);
}

TEST_F(ServerTest, WithAFarewellWhoWaitsInTheListenQueueIsServed) {
  serve();
  const int first = connect();
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  server_->drain(kLong);
  EXPECT_EQ(server_->connection_count(), 2);
  send(fd, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  run_until([&] { return is_closed_; });
  EXPECT_THAT(got_, EndsWith("GET /late "));
  ::close(fd);
  ::close(first);
}

// Found by reading: whoever had not read all of an answer yet lost the rest when the server drained.
TEST_F(ServerTest, WhoReadsSlowlyGetsAllOfTheAnswerThoughItDrains) {
  serve();
  echo_.answer_size = 20'000'000;
  const int fd = connect();
  fd_ = -1;
  ::send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, MSG_NOSIGNAL);
  run_until([&] { return echo_.waiting() != nullptr; });
  server_->drain();
  fd_ = fd;
  run_until([&] { return is_closed_; });
  EXPECT_GT(got_.size(), echo_.answer_size);
  ::close(fd);
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  serve();
  Server other{loop_, echo_, {}};
  const auto again = other.listen(endpoint_);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), HasSubstr("is in use by another program; choose another, or port 0"));
  EXPECT_THAT(other.listen(Endpoint::tcp("not an address", 1)).error(), HasSubstr("is not an IP address"));
}

}  // namespace
}  // namespace tenfold::http
