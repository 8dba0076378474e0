#include "http/poller.hpp"

#include <cerrno>
#include <system_error>

namespace tenfold::http {

namespace {

constexpr std::uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLET;

// Batches in a row before timers and what was posted get their turn.
constexpr int kRounds = 16;

Readiness to_readiness(std::uint32_t events) {
  return {.readable = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
          .writable = (events & EPOLLOUT) != 0,
          .hung_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
          .is_cut = (events & (EPOLLHUP | EPOLLERR)) != 0};
}

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
  return fd;
}

}  // namespace

Poller::Poller(boost::asio::execution_context& context)
    : service{context}, epoll_{static_cast<boost::asio::io_context&>(context), make_epoll()} {}

void Poller::shutdown() {
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

int Poller::add(int fd, ReadinessHandler& handler) {
  epoll_event event{.events = kInput, .data = {.ptr = &handler}};
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) return errno;
  ++watched_;
  wait();
  return 0;
}

int Poller::set_writable_wanted(int fd, ReadinessHandler& handler, bool wants_write) {
  epoll_event event{.events = kInput | (wants_write ? static_cast<std::uint32_t>(EPOLLOUT) : 0U),
                    .data = {.ptr = &handler}};
  return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : errno;
}

void Poller::remove(int fd, ReadinessHandler& handler) noexcept {
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, nullptr) != 0) return;  // it was never added
  for (int i = next_; i < count_; ++i) {
    if (events_[static_cast<std::size_t>(i)].data.ptr == &handler)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
  }
  // A loop with nothing to watch may end.
  boost::system::error_code ignored;
  if (--watched_ == 0 && is_waiting_) epoll_.cancel(ignored);
}

void Poller::wait() {
  if (is_waiting_ || watched_ == 0) return;
  is_waiting_ = true;
  epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    is_waiting_ = false;
    if (!error) dispatch();
    if (epoll_.is_open()) wait();
  });
}

// Under load more has come while a batch was served: asking again is one system call, going back to the loop is three.
void Poller::dispatch() {
  for (int round = 0; round < kRounds && epoll_.is_open(); ++round) {
    count_ = ::epoll_wait(epoll_.native_handle(), events_.data(), kBatch, 0);
    if (count_ <= 0) break;
    for (next_ = 0; next_ < count_;) {
      const epoll_event& event = events_[static_cast<std::size_t>(next_++)];
      if (event.data.ptr) static_cast<ReadinessHandler*>(event.data.ptr)->on_ready(to_readiness(event.events));
    }
  }
  count_ = next_ = 0;
}

}  // namespace tenfold::http
