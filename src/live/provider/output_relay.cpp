#include "live/provider/output_relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace tenfold::live {
namespace {

constexpr std::size_t kKept = 4096;
// Longer lines are broken: one that never ends is shown, too.
constexpr std::size_t kMaxLine = 4096;
// One replica that never stops talking must not keep the loop from the others.
constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;
// What a pipe can hold at most (fcntl(2), F_SETPIPE_SZ).
constexpr std::size_t kPipeCapacity = std::size_t{1} << 20;

}  // namespace

OutputRelay::OutputRelay(boost::asio::io_context& loop, core::ReplicaId replica, Fd pipe, Console* console)
    : prefix_(fmt::format("[replica {}] ", core::to_number(replica))), pipe_(loop), console_(console) {
  ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
  pipe_.assign(pipe.release());
}

void OutputRelay::start(std::shared_ptr<void> owner) { wait(std::move(owner)); }

void OutputRelay::wait(std::shared_ptr<void> owner) {
  pipe_.async_wait(Descriptor::wait_read,
                   [this, owner = std::move(owner)](const boost::system::error_code& error) mutable {
                     if (error || !pipe_.is_open()) return;
                     if (relay_available(kReadAtOnce)) wait(std::move(owner));
                   });
}

void OutputRelay::finish() {
  if (!pipe_.is_open()) return;
  relay_available(kPipeCapacity);
  if (!partial_.empty()) take("\n");
  flush();
  pipe_.close();
}

std::string OutputRelay::last_output() const {
  const std::string_view all = kept_;
  if (all.size() <= kKept) return kept_;
  const std::string_view end = all.substr(all.size() - kKept);
  const std::size_t line_end = end.find('\n');
  return std::string{line_end + 1 < end.size() ? end.substr(line_end + 1) : end};
}

bool OutputRelay::relay_available(std::size_t limit) {
  std::array<char, 16'384> buffer;
  for (std::size_t done = 0; done < limit;) {
    const ssize_t n = ::read(pipe_.native_handle(), buffer.data(), buffer.size());
    if (n <= 0) {
      flush();
      return n < 0 && (errno == EAGAIN || errno == EINTR);
    }
    take({buffer.data(), static_cast<std::size_t>(n)});
    done += static_cast<std::size_t>(n);
  }
  flush();
  return true;
}

void OutputRelay::take(std::string_view text) {
  keep(text);
  if (console_ == nullptr) return;
  while (!text.empty()) {
    const std::size_t room = kMaxLine - partial_.size();
    const std::size_t line_end = text.substr(0, room).find('\n');
    const bool is_whole = line_end != std::string_view::npos;
    partial_.append(text.substr(0, is_whole ? line_end : room));
    text.remove_prefix(std::min(text.size(), is_whole ? line_end + 1 : room));
    if (!is_whole && partial_.size() < kMaxLine) return;
    pass_on(partial_);
    partial_.clear();
  }
}

void OutputRelay::pass_on(std::string_view line) { pending_.append(prefix_).append(line).append("\n"); }

void OutputRelay::flush() {
  if (console_ != nullptr && !pending_.empty()) console_->say(Console::Stream::kErr, pending_);
  pending_.clear();
}

void OutputRelay::keep(std::string_view text) {
  kept_.append(text.substr(text.size() - std::min(text.size(), 2 * kKept)));
  if (kept_.size() > 4 * kKept) kept_.erase(0, kept_.size() - 2 * kKept);
}

}  // namespace tenfold::live
