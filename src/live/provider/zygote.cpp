#include "live/provider/zygote.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <signal.h>
#include <sys/socket.h>

#include "live/provider/packet.hpp"
#include "live/provider/words.hpp"

namespace tenfold::live {

Zygote::Zygote(boost::asio::io_context& loop, Parts parts, OnLost on_lost)
    : control_{loop, parts.control.release()},
      relay_{loop, std::nullopt, std::move(parts.output), {.console = parts.console, .lines = parts.lines}},
      on_lost_{std::move(on_lost)} {}

void Zygote::watch() {
  wait();
  relay_.start(shared_from_this());
}

bool Zygote::spawn(core::ReplicaId replica, const Fd& control, const Fd& out, const Fd& err, const Fd& plan) {
  if (!control_.is_open()) return false;
  const SpawnRequest request{.replica = core::to_number(replica)};
  const std::array fds{control.get(), out.get(), err.get(), plan.get()};
  return send_packet(control_.native_handle(), &request, sizeof request, fds);
}

Fd Zygote::end() {
  is_ready_ = false;
  Fd control{control_.is_open() ? control_.release() : -1};
  ::shutdown(control.get(), SHUT_WR);
  relay_.finish();
  return control;
}

std::string Zygote::last_output() {
  relay_.catch_up();
  return relay_.last_output();
}

void Zygote::wait() {
  control_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->control_.is_open()) self->read_reports();
  });
}

void Zygote::read_reports() {
  KeeperReport report;
  const ssize_t n = ::recv(control_.native_handle(), &report, sizeof report, MSG_DONTWAIT);
  if (n == static_cast<ssize_t>(sizeof report)) {
    handle(report);
  } else if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
    handle({.kind = KeeperReport::Kind::kEnded, .status = SIGKILL});  // its keeper is gone
  }
  if (control_.is_open()) wait();
}

void Zygote::handle(const KeeperReport& report) {
  if (report.kind == KeeperReport::Kind::kStarted) {
    is_ready_ = true;
    return;
  }
  const bool was_ready = is_ready_;
  end();
  if (was_ready) on_lost_(words_of_end(report.status));
}

}  // namespace tenfold::live
