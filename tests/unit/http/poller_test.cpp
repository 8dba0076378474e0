// What the poller says where epoll refuses, and that nothing of it throws: a socket's destructor calls it.
#include "http/poller.hpp"

#include <array>
#include <cerrno>
#include <functional>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/socket_net.hpp"

namespace tenfold::http {
namespace {

static_assert(noexcept(std::declval<Poller&>().remove(0, std::declval<ReadinessHandler&>())));

class Heard final : public ReadinessHandler {
 public:
  void on_ready(Readiness) override {
    ++times;
    if (then) then();
  }

  int times = 0;
  std::function<void()> then;
};

// Two ends that know each other.
struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()), 0); }
  ~Pair() {
    for (const int fd : fds) ::close(fd);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  void write() const { EXPECT_EQ(::send(fds[1], "x", 1, 0), 1); }

  std::array<int, 2> fds{};
};

class PollerTest : public testing::Test {
 protected:
  boost::asio::io_context context_;
  Poller& poller_ = Poller::of(context_);
};

TEST_F(PollerTest, AddSaysWhatEpollSaid) {
  Heard heard;
  const Pair pair;
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(poller_.add(-1, heard), EBADF);
  EXPECT_EQ(poller_.add(file, heard), EPERM);  // what is always ready cannot be watched
  EXPECT_EQ(poller_.add(pair.fds[0], heard), 0);
  EXPECT_EQ(poller_.add(pair.fds[0], heard), EEXIST);
  poller_.remove(pair.fds[0], heard);
  ::close(file);
}

TEST_F(PollerTest, RoomCannotBeAskedForWhereNothingIsWatched) {
  Heard heard;
  const Pair pair;
  EXPECT_EQ(poller_.set_writable_wanted(pair.fds[0], heard, true), ENOENT);
  EXPECT_EQ(poller_.set_writable_wanted(-1, heard, true), EBADF);
}

// A loop that goes on waiting for what was refused, or removed twice, would never end.
TEST_F(PollerTest, WhatWasRefusedOrRemovedTwiceLeavesNothingToWaitFor) {
  Heard heard;
  const Pair pair;
  poller_.remove(pair.fds[0], heard);
  ASSERT_EQ(poller_.add(-1, heard), EBADF);
  poller_.remove(-1, heard);
  ASSERT_EQ(poller_.add(pair.fds[0], heard), 0);
  poller_.remove(pair.fds[0], heard);
  poller_.remove(pair.fds[0], heard);
  context_.run();
  EXPECT_EQ(heard.times, 0);
}

TEST_F(PollerTest, AnEventThatWasTakenAlreadyDoesNotReachWhoWasRemoved) {
  const Pair one;
  const Pair two;
  Heard first;
  Heard second;
  // Whichever comes first removes both.
  first.then = second.then = [&] {
    poller_.remove(one.fds[0], first);
    poller_.remove(two.fds[0], second);
  };
  ASSERT_EQ(poller_.add(one.fds[0], first), 0);
  ASSERT_EQ(poller_.add(two.fds[0], second), 0);
  one.write();
  two.write();
  context_.run();
  EXPECT_EQ(first.times + second.times, 1);
}

// A socket ends in a destructor: with no descriptor left, after its descriptor was closed by somebody else, or where
// it was never watched.
TEST_F(PollerTest, ASocketThatEndsThrowsNothingWhateverTheDescriptors) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers' own check of objects needs a descriptor";
#endif
  SocketNet net{context_};
  auto acceptor = net.listen(Endpoint::tcp("127.0.0.1", 0));
  ASSERT_TRUE(acceptor) << acceptor.error();
  auto unwatched = net.connect((*acceptor)->endpoint());
  auto watched = net.connect((*acceptor)->endpoint());
  ASSERT_TRUE(unwatched && watched);
  Heard heard;
  ASSERT_EQ((*watched)->watch(heard), 0);

  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_EQ(net.connect((*acceptor)->endpoint()).error(), EMFILE);
  EXPECT_NO_THROW({
    unwatched->reset();
    watched->reset();
    acceptor->reset();
  });
  ::setrlimit(RLIMIT_NOFILE, &before);
  context_.run();
}

}  // namespace
}  // namespace tenfold::http
