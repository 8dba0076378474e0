// One connection of a generator, and the request that is under way on it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.hpp"
#include "load/generator.hpp"

namespace tenfold::load {

class Caller final : public http::ClientHandler {
 public:
  Caller(Generator& generator, std::size_t server) : generator_{generator}, server_{server} {}
  ~Caller() { hang_up(); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  std::size_t server() const { return server_; }
  bool is_busy() const { return is_busy_; }
  // When the request under way was due.
  core::Duration due() const { return due_.at; }
  std::uint32_t client() const { return due_.client; }

  // Connects, unless a connection stands.
  void connect();
  // Sends a request; `now` is when.
  void ask(const Generator::Due& due, core::Duration now);
  // The request under way gets no answer any more.
  void give_up(core::Duration now, std::string_view why);
  // The exchange is over: keeps the connection for the next if it can carry one.
  void rest();
  void hang_up();

 private:
  void on_head(http::ClientConnection& connection) override;
  void on_body(http::ClientConnection& connection) override;
  void on_writable(http::ClientConnection&) override {}
  void on_closed(http::ClientConnection& connection, std::string_view problem) override;

  void finish();
  std::optional<std::string> difference() const;

  Generator& generator_;
  std::size_t server_;
  std::shared_ptr<http::ClientConnection> connection_;
  Generator::Due due_;
  core::Duration sent_{};
  bool is_busy_ = false;
  std::string replica_;
  std::string body_;
  bool keeps_body_ = false;
  std::optional<ServerTiming> server_timing_;
};

}  // namespace tenfold::load
