// Somebody at the other end of a connection: a client or a program. Says what it has to say as the network takes it,
// and hears at its own pace.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/transport.hpp"
#include "shell/virtual_loop.hpp"

namespace tenfold::shell {

// Reads so many bytes every so often; zero bytes: nothing at all.
struct Pace {
  std::size_t bytes = ~std::size_t{0};
  Duration every{};
};

class Talker : private http::ReadinessHandler {
 public:
  Talker(VirtualLoop& loop, std::unique_ptr<http::Transport> transport, Pace pace);
  virtual ~Talker() = default;
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  bool is_open() const { return transport_ != nullptr; }
  // What it holds.
  std::size_t memory() const;

 protected:
  // More was heard; all that was not taken yet is in `heard_`.
  virtual void on_heard() = 0;
  // The other side has sent FIN, or the connection broke.
  virtual void on_end(bool is_broken) = 0;
  // All that was said has gone.
  virtual void on_said() {}
  // So many bytes have gone to the network since the beginning.
  virtual void on_gone(std::uint64_t /*bytes*/) {}
  // Whether it may hear now; `resume` when it may again.
  virtual bool is_listening() const { return true; }

  // From the owner's constructor's end on.
  void begin();
  void say(std::string_view text);
  bool has_said_all() const { return saying_.empty(); }
  void finish_saying();
  void hang_up(bool is_reset);
  void resume();
  // Expires with the talker.
  std::weak_ptr<bool> lifetime() const { return is_alive_; }
  // Calls `task` later, if the talker is still there.
  void later(Duration span, std::function<void()> task);

  VirtualLoop& loop_;
  std::string heard_;
  std::unique_ptr<http::Transport> transport_;
  Pace pace_;

 private:
  void on_ready(http::Readiness readiness) override;
  void hear();
  void flush();

  std::string saying_;
  std::size_t said_ = 0;  // of it
  std::uint64_t gone_ = 0;
  bool is_finishing_ = false;
  bool has_ended_ = false;
  bool is_hearing_later_ = false;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace tenfold::shell
