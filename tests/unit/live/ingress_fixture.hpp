// The ingress between real sockets: clients and replicas are programs of the test, on one loop.
#pragma once

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "check/invariants.hpp"
#include "http/epoll_loop.hpp"
#include "http/server.hpp"
#include "live/board/board.hpp"
#include "live/ingress.hpp"

namespace tenfold::live {

using namespace std::chrono_literals;

// A replica that answers when the test says so.
class FakeReplica final : public http::ServerHandler, public http::ExchangeHandler {
 public:
  FakeReplica(http::Loop& loop, const std::string& path) : server_{loop, *this, {}} {
    endpoint_ = server_.listen(http::Endpoint::unix_socket(path)).value();
  }

  const http::Endpoint& endpoint() const { return endpoint_; }
  std::size_t waiting() const { return requests_.size(); }
  bool was_abandoned() const { return was_abandoned_; }
  const std::string& last_head() const { return last_head_; }
  const std::string& last_body() const { return last_body_; }

  void answer(std::string_view body, std::string_view fields = {}) {
    http::ServerConnection& first = *requests_.front();
    requests_.pop_front();
    first.respond(200, "text/plain", body, fields);
  }
  void break_off() {
    requests_.front()->abort();
    requests_.pop_front();
  }

 private:
  bool is_half_close_leaving() const override { return true; }
  void on_request(http::ServerConnection& connection) override {
    connection.attach(*this);
    last_body_.clear();
    last_head_ = std::string{connection.head().method()} + ' ' + std::string{connection.head().target()} + '\n';
    for (std::size_t i = 0; i < connection.head().field_count(); ++i) {
      const auto field = connection.head().field(i);
      last_head_ += std::string{field.name} + ": " + std::string{field.value} + '\n';
    }
    on_body(connection);
  }
  void on_body(http::ServerConnection& connection) override {
    last_body_ += connection.body();
    connection.consume(connection.body().size());
    if (connection.body_complete()) requests_.push_back(&connection);
  }
  void on_writable(http::ServerConnection&) override {}
  void on_gone(http::ServerConnection& connection) override {
    was_abandoned_ = true;
    std::erase(requests_, &connection);
    connection.finish();
  }

  http::Server server_;
  http::Endpoint endpoint_;
  std::deque<http::ServerConnection*> requests_;
  std::string last_head_;
  std::string last_body_;
  bool was_abandoned_ = false;
};

// A client that sends raw bytes and keeps what comes back.
class FakeClient final : public http::ClientHandler {
 public:
  FakeClient(http::Loop& loop, const http::Endpoint& endpoint)
      : connection_{http::ClientConnection::connect(loop, endpoint, {}, *this)} {}
  ~FakeClient() { connection_->close(); }

  void send(std::string_view bytes) {
    status_ = 0;
    body_.clear();
    connection_->begin({});
    connection_->send({bytes});
  }
  void send_more(std::string_view bytes) { connection_->send({bytes}); }
  void post(std::string_view body, std::string_view fields = {}) {
    send("POST /solve HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string{fields} + "\r\n" + std::string{body});
  }
  void leave() { connection_->close(); }
  // It asks no more, and notices when its connection ends.
  void rest() { connection_->rest(); }
  // Reads no more than its buffers hold, until `resume`.
  void pause() { is_paused_ = true; }
  void resume() {
    is_paused_ = false;
    if (status_ != 0) on_body(*connection_);
  }

  bool is_done() const { return is_done_ || is_closed_; }
  bool is_closed() const { return is_closed_; }
  int status() const { return status_; }
  const std::string& body() const { return body_; }
  std::string field(std::string_view name) const {
    const auto found = fields_.find(std::string{name});
    return found == fields_.end() ? "" : found->second;
  }

 private:
  void on_head(http::ClientConnection& connection) override {
    status_ = connection.head().status();
    for (std::size_t i = 0; i < connection.head().field_count(); ++i) {
      const auto field = connection.head().field(i);
      fields_[std::string{field.name}] = field.value;
    }
    on_body(connection);
  }
  void on_body(http::ClientConnection& connection) override {
    if (is_paused_) return;
    body_ += connection.body();
    connection.consume(connection.body().size());
    is_done_ = connection.body_complete();
  }
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection&, std::string_view) override { is_closed_ = true; }

  std::shared_ptr<http::ClientConnection> connection_;
  std::map<std::string, std::string> fields_;
  std::string body_;
  int status_ = 0;
  bool is_done_ = false;
  bool is_closed_ = false;
  bool is_paused_ = false;
};

// Everything on one loop: the ingress, a provider of fake replicas, and the invariants as observer.
class IngressTest : public testing::Test, public Provider, public Observer {
 protected:
  void serve(std::uint32_t min, std::uint32_t max, std::uint32_t concurrency = 1) {
    options_.settings.scale.min_replicas = min;
    options_.settings.scale.max_replicas = max;
    options_.settings.replica.concurrency = concurrency;
    invariants_.emplace(options_.settings);
    board_.emplace(options_.settings);
    ingress_.emplace(loop_, options_, Observers{this, &*board_});
    server_.emplace(loop_, *ingress_, limits_, &ingress_->memory());
    endpoint_ = server_->listen(http::Endpoint::tcp("127.0.0.1", 0)).value();
    ingress_->start(*this);
    run_until([&] { return ingress_->view().ready == min; });
  }

  std::unique_ptr<FakeClient> client() { return std::make_unique<FakeClient>(loop_, endpoint_); }

  // Runs the loop until the condition holds; fails after a deadline.
  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition did not come true";
      loop_.run_one_for(100ms);
    }
  }

  FakeReplica& replica(std::uint32_t n) { return *replicas_.at(core::ReplicaId{n}); }

  void TearDown() override {
    server_.reset();
    ingress_.reset();
    std::filesystem::remove_all(directory_);
  }

  http::EpollLoop loop_;
  IngressOptions options_;
  http::Limits limits_;
  std::optional<Board> board_;
  std::optional<Ingress> ingress_;
  std::optional<http::Server> server_;
  http::Endpoint endpoint_;
  std::optional<check::Invariants> invariants_;
  std::map<core::ReplicaId, std::unique_ptr<FakeReplica>> replicas_;
  std::vector<ExchangeFacts> ended_;
  std::vector<core::TimePoint> ended_at_;
  std::vector<core::ReplicaId> stopped_;
  std::vector<std::string> classes_;
  bool cancels_ = true;
  std::optional<core::ReplicaId> ending_;
  std::optional<core::ReplicaId> out_of_memory_;

 private:
  void start(core::ReplicaId id, const ReplicaSpec&) override {
    boost::asio::post(loop_, [this, id] {
      const auto path = directory_ / std::to_string(core::to_number(id));
      replicas_[id] = std::make_unique<FakeReplica>(loop_, path.string());
      ingress_->replica_ready(id, {.endpoint = replicas_[id]->endpoint(), .cancels = cancels_});
    });
  }
  void drain(core::ReplicaId) override {}
  bool is_ending(core::ReplicaId id) const override { return ending_ == id; }
  bool is_out_of_memory(core::ReplicaId id) const override { return out_of_memory_ == id; }
  void stop(core::ReplicaId id, core::Duration) override {
    stopped_.push_back(id);
    boost::asio::post(loop_, [this, id] {
      replicas_.erase(id);
      ingress_->replica_exited(id, {.kind = core::ExitKind::kExited});
    });
  }

  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override {
    const auto broken = invariants_->step(now, event, actions, service.view());
    ASSERT_FALSE(broken) << *broken;
  }
  void class_named(core::TimePoint, core::RequestClass, std::string_view name) override { classes_.emplace_back(name); }
  void request_ended(core::TimePoint now, core::RequestId, const ExchangeFacts& facts) override {
    ended_.push_back(facts);
    ended_at_.push_back(now);
  }

  std::filesystem::path directory_ = [] {
    std::string made = (std::filesystem::temp_directory_path() / "tenfold-ingress-XXXXXX").string();
    return std::filesystem::path{::mkdtemp(made.data())};
  }();
};

}  // namespace tenfold::live
