// What a client connection makes of a server that sends whatever bytes the test says, cut wherever it likes.
#include "http/client.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/epoll_loop.hpp"

namespace tenfold::http {
namespace {

using namespace std::chrono_literals;

class ClientTest : public testing::Test, public ClientHandler {
 protected:
  enum class End { kNone, kClose, kReset };

  ClientTest() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
  }
  ~ClientTest() override { ::close(listener_); }

  // Asks a server that answers `pieces`, each when all before is read, and then ends as it is told.
  void ask(const std::vector<std::string>& pieces, End end, const Limits& limits = {}) {
    said_.clear();
    is_over_ = false;
    loop_.restart();  // it ends when nothing is open
    const auto client =
        ClientConnection::connect(loop_, Endpoint::tcp("127.0.0.1", ntohs(address_.sin_port)), limits, *this);
    client->begin(request_);
    client->send({"GET / HTTP/1.1\r\nHost: x\r\n\r\n"});
    const int server = ::accept(listener_, nullptr, nullptr);
    // What was not read would make the close a reset.
    std::array<char, 256> request{};
    for (int i = 0; i < 1000 && ::recv(server, request.data(), request.size(), MSG_DONTWAIT) <= 0; ++i) turn();
    for (const std::string& piece : pieces) {
      ::send(server, piece.data(), piece.size(), MSG_NOSIGNAL);
      turn();
    }
    if (end == End::kReset) {
      const linger at_once{1, 0};
      ::setsockopt(server, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    if (end != End::kNone) ::close(server);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!is_over_ && std::chrono::steady_clock::now() < deadline) loop_.run_one_for(20ms);
    EXPECT_TRUE(is_over_) << said_;
    client->close();
    if (end == End::kNone) ::close(server);
  }

  // Asks where nobody listens, without a look whether the connection stands.
  void ask_nobody() {
    ::close(std::exchange(listener_, -1));
    const auto client =
        ClientConnection::connect(loop_, Endpoint::tcp("127.0.0.1", ntohs(address_.sin_port)), {}, *this);
    client->begin({});
    client->send({"GET / HTTP/1.1\r\nHost: x\r\n\r\n"});
    loop_.run_one_for(20s);
    loop_.run_for(20ms);
    client->close();
  }

  std::string said_;  // what was told, in order
  bool was_refused_ = false;
  Ending ending_ = Ending::kNone;
  ClientConnection::Request request_;

 private:
  // What is on its way over the loopback arrives.
  void turn() {
    loop_.run_one_for(1ms);
    loop_.poll();
  }

  void on_interim(ClientConnection& connection) override {
    said_ += "interim " + std::to_string(connection.head().status()) + ' ' +
             std::string{connection.head().find("Link").value_or("")} + '|';
  }
  void on_head(ClientConnection& connection) override {
    said_ += std::to_string(connection.head().status()) + '|';
    on_body(connection);
  }
  void on_body(ClientConnection& connection) override {
    said_ += connection.body();
    connection.consume(connection.body().size());
    if (!connection.body_complete()) return;
    said_ += "|complete";
    is_over_ = true;
  }
  void on_writable(ClientConnection&) override {}
  void on_closed(ClientConnection& connection, std::string_view problem) override {
    ending_ = connection.ending();
    was_refused_ = (connection.ending() == Ending::kBadAnswer);
    said_ += "|" + std::string{problem};
    is_over_ = true;
  }

  EpollLoop loop_;
  int listener_ = -1;
  sockaddr_in address_{};
  bool is_over_ = false;
};

TEST_F(ClientTest, ARefusedConnectionIsToldAsOneThoughTheFirstWriteTookTheError) {
  ask_nobody();
  EXPECT_EQ(said_, "|Connection refused");
  EXPECT_EQ(ending_, Ending::kNoConnection);
}

TEST_F(ClientTest, ShowsInterimAnswersWhereverTheyAreCut) {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
      "2\r\n\r\nok";
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 3) {
    ask({bytes.substr(0, cut), bytes.substr(cut)}, End::kNone);
    EXPECT_EQ(said_, "interim 100 |interim 103 </a>|200|ok|complete") << cut;
  }
}

TEST_F(ClientTest, AnAnswerUntilCloseIsCompleteOnlyByAnOrderlyClose) {
  ask({"HTTP/1.1 200 OK\r\n\r\n", "half"}, End::kClose);
  EXPECT_EQ(said_, "200|half|complete");
  ask({"HTTP/1.1 200 OK\r\n\r\n", "half"}, End::kReset);
  EXPECT_TRUE(said_.starts_with("200|half")) << said_;
  EXPECT_EQ(said_.find("complete"), std::string::npos) << said_;
  EXPECT_FALSE(was_refused_);
}

TEST_F(ClientTest, AfterASwitchAllThatComesIsTheBody) {
  const std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
  request_.asks_upgrade = true;
  const std::string bytes = head + "HTTP/1.1 200 OK\r\n\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 3) {
    ask({bytes.substr(0, cut), bytes.substr(cut)}, End::kClose);
    EXPECT_EQ(said_, "101|HTTP/1.1 200 OK\r\n\r\n|complete") << cut;
  }
  ask({head, "cut"}, End::kReset);
  EXPECT_EQ(said_.find("complete"), std::string::npos) << said_;
  ask({"HTTP/1.1 101 Switching Protocols\r\n\r\n"}, End::kNone);
  EXPECT_EQ(said_, "|its answer switches protocols and does not say to which");
  EXPECT_TRUE(was_refused_);
  ask({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"}, End::kNone);
  EXPECT_EQ(said_, "200|no|complete");
}

TEST_F(ClientTest, SaysWhatWasWrongWithAnAnswer) {
  const std::pair<const char*, const char*> wrong[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
       "|its answer's head is malformed: Content-Length is given twice"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
       "|its answer's body is malformed: a chunk's size is not a number"},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
       "|its answer switches protocols, which nobody asked for"},
  };
  for (const auto& [bytes, said] : wrong) {
    ask({bytes}, End::kNone);
    EXPECT_EQ(said_, said);
    EXPECT_TRUE(was_refused_);
  }
  Limits limits;
  limits.head_bytes = 1024;
  ask({"HTTP/1.1 200 OK\r\nX: " + std::string(2000, 'x')}, End::kNone, limits);
  EXPECT_EQ(said_, "|its answer's head has more than 1 KiB");
  ask({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, End::kClose);
  EXPECT_EQ(said_, "200|half|the server closed the connection within its answer");
  EXPECT_FALSE(was_refused_);
}

}  // namespace
}  // namespace tenfold::http
