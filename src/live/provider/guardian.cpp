#include "live/provider/guardian.hpp"

#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/provider/guardian_process.hpp"
#include "live/provider/packet.hpp"

namespace tenfold::live {
namespace {

// At most this many reports are taken at once before the loop gets its turn.
constexpr int kReportsAtOnce = 256;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Guardian::Guardian(boost::asio::io_context& loop, core::Duration sample_interval, OnUsage on_usage)
    : loop_(loop), sample_interval_(sample_interval), on_usage_(std::move(on_usage)), socket_(loop) {
  fork_process();
}

Guardian::~Guardian() { end_process(); }

void Guardian::spawn(const SpawnRequest& request, const Fd& control, const Fd& out, const Fd& err, const Fd& plan,
                     const Fd& handed) {
  const std::array all{control.get(), out.get(), err.get(), plan.get(), handed.get()};
  const auto fds = std::span{all}.first(handed ? all.size() : all.size() - 1);
  if (send_packet(socket_.native_handle(), &request, sizeof request, fds)) return;
  end_process();
  fork_process();
  if (!send_packet(socket_.native_handle(), &request, sizeof request, fds))
    fail("asking the guardian to start a replica");
}

void Guardian::measure(core::ReplicaId replica, pid_t process) {
  const SpawnRequest request{.kind = SpawnRequest::Kind::kMeasure, .replica = core::to_number(replica), .pid = process};
  // Without a guardian nothing is measured until the next start.
  [[maybe_unused]] const bool is_told = send_packet(socket_.native_handle(), &request, sizeof request, {});
}

void Guardian::fork_process() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  Fd ours{ends[0]};
  const Fd theirs{ends[1]};
  process_ = ::fork();
  if (process_ < 0) fail("fork");
  if (process_ == 0) run_guardian(theirs.get(), sample_interval_.count());
  socket_.assign(ours.release());
  connection_ = std::make_shared<int>();
  listen();
}

void Guardian::end_process() {
  connection_.reset();
  socket_ = Descriptor{loop_};
  ::waitpid(process_, nullptr, 0);
}

void Guardian::listen() {
  socket_.async_wait(Descriptor::wait_read,
                     [this, connection = std::weak_ptr{connection_}](const boost::system::error_code& error) {
                       if (!error && !connection.expired()) read_reports();
                     });
}

void Guardian::read_reports() {
  for (int i = 0; i < kReportsAtOnce; ++i) {
    UsageReport report;
    const ssize_t n = ::recv(socket_.native_handle(), &report, sizeof report, MSG_DONTWAIT);
    if (n == 0) return;  // killed: the next start makes a new one
    if (n != static_cast<ssize_t>(sizeof report)) break;
    on_usage_(report);
  }
  listen();
}

}  // namespace tenfold::live
