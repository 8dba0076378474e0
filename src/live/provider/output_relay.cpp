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

OutputRelay::OutputRelay(boost::asio::io_context& loop, std::optional<core::ReplicaId> replica, Pipes pipes,
                         Sinks sinks)
    : replica_(replica),
      prefix_(replica ? fmt::format("[replica {}] ", core::to_number(*replica)) : "[zygote] "),
      sinks_(sinks),
      lanes_{Lane{Console::Stream::kOut, Descriptor{loop}, {}}, Lane{Console::Stream::kErr, Descriptor{loop}, {}}} {
  for (auto& [lane, pipe] : {std::pair{&lanes_[0], &pipes.out}, std::pair{&lanes_[1], &pipes.err}}) {
    ::fcntl(pipe->get(), F_SETFL, O_NONBLOCK);
    lane->pipe.assign(pipe->release());
  }
}

void OutputRelay::start(const std::shared_ptr<void>& owner) {
  for (Lane& lane : lanes_) wait(lane, owner);
}

void OutputRelay::wait(Lane& lane, std::shared_ptr<void> owner) {
  lane.pipe.async_wait(Descriptor::wait_read,
                       [this, &lane, owner = std::move(owner)](const boost::system::error_code& error) mutable {
                         if (error || !lane.pipe.is_open()) return;
                         if (relay_available(lane, kReadAtOnce)) wait(lane, std::move(owner));
                       });
}

void OutputRelay::catch_up() {
  for (Lane& lane : lanes_) {
    if (lane.pipe.is_open()) relay_available(lane, kPipeCapacity);
  }
}

void OutputRelay::finish() {
  catch_up();
  for (Lane& lane : lanes_) {
    if (!lane.partial.empty()) pass_on(lane);
    lane.pipe.close();
  }
  flush();
}

std::string OutputRelay::last_output() const {
  const std::string_view all = kept_;
  if (all.size() <= kKept) return kept_;
  const std::string_view end = all.substr(all.size() - kKept);
  const std::size_t line_end = end.find('\n');
  return std::string{line_end + 1 < end.size() ? end.substr(line_end + 1) : end};
}

bool OutputRelay::relay_available(Lane& lane, std::size_t limit) {
  std::array<char, 16'384> buffer;
  for (std::size_t done = 0; done < limit;) {
    const ssize_t n = ::read(lane.pipe.native_handle(), buffer.data(), buffer.size());
    if (n <= 0) {
      flush();
      return n < 0 && (errno == EAGAIN || errno == EINTR);
    }
    take(lane, {buffer.data(), static_cast<std::size_t>(n)});
    done += static_cast<std::size_t>(n);
  }
  flush();
  return true;
}

void OutputRelay::take(Lane& lane, std::string_view text) {
  while (!text.empty()) {
    const std::size_t room = kMaxLine - lane.partial.size();
    const std::size_t line_end = text.substr(0, room).find('\n');
    const bool is_whole = line_end != std::string_view::npos;
    lane.partial.append(text.substr(0, is_whole ? line_end : room));
    text.remove_prefix(std::min(text.size(), is_whole ? line_end + 1 : room));
    if (!is_whole && lane.partial.size() < kMaxLine) return;
    pass_on(lane);
  }
}

void OutputRelay::pass_on(Lane& lane) {
  const std::string& line = lane.partial;
  keep(line);
  if (sinks_.console != nullptr) pending_.append(prefix_).append(line).append("\n");
  if (sinks_.lines != nullptr) sinks_.lines->add(replica_, lane.stream, replica_ ? line : prefix_ + line);
  lane.partial.clear();
}

void OutputRelay::flush() {
  if (!pending_.empty()) sinks_.console->say(Console::Stream::kErr, pending_);
  pending_.clear();
}

void OutputRelay::keep(std::string_view line) {
  kept_.append(line).append("\n");
  if (kept_.size() > 4 * kKept) kept_.erase(0, kept_.size() - 2 * kKept);
}

}  // namespace tenfold::live
