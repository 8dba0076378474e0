// What Tenfold says: nothing waits for a reader, and what is lost is counted.
#include "live/console.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {
namespace {

using Stream = Console::Stream;

TEST(ConsoleBacklog, TellsHowManyLinesDidNotFitWhereTheyAreMissing) {
  ConsoleBacklog backlog{10};
  backlog.add("123456\n");
  backlog.add("1234\n5678\n");
  backlog.add("x\n");  // would fit, but those before it are missing
  EXPECT_EQ(backlog.take().text, "123456\ntenfold: 3 lines were not shown: nobody read them\n");
  EXPECT_TRUE(backlog.is_empty());
  backlog.add("later\n");
  EXPECT_EQ(backlog.take().text, "later\n");
}

TEST(ConsoleBacklog, WhatCouldNotBeWrittenIsToldBeforeWhatComesNext) {
  ConsoleBacklog backlog{20};
  backlog.add("one\ntwo\n");
  backlog.add("this does not fit any more\n");
  const ConsoleBacklog::Taken taken = backlog.take();
  EXPECT_EQ(taken.lines, 3U);
  backlog.lose(taken.lines);
  EXPECT_TRUE(backlog.is_empty()) << "nothing is said for its own sake";
  backlog.add("next\n");
  EXPECT_EQ(backlog.take().text, "tenfold: 3 lines were not shown: nobody read them\nnext\n");
}

class StreamConsoleTest : public testing::Test {
 protected:
  StreamConsoleTest() {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader_ = Fd{ends[0]};
    writer_ = Fd{ends[1]};
  }

  // What comes until it ends with `end`.
  std::string read_until(const std::string& end) {
    std::string text;
    char buffer[4096];
    while (!text.ends_with(end)) {
      pollfd ready{reader_.get(), POLLIN, 0};
      if (::poll(&ready, 1, 30'000) != 1) break;
      const ssize_t n = ::read(reader_.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
  }

  Fd reader_;
  Fd writer_;
};

TEST_F(StreamConsoleTest, SayingDoesNotWaitForAReaderAndTheLossIsTold) {
  StreamConsole console{writer_.get(), writer_.get()};
  const std::string line = std::string(99, 'x') + "\n";
  for (int i = 0; i < 100'000; ++i) console.say(Stream::kErr, line);  // 10 MB into a pipe of 64 KiB
  std::uint64_t shown = 0;
  std::uint64_t missing = 0;  // told once or more often, as the writer came between
  while (shown + missing < 100'000) {
    const std::string text = read_until("nobody read them\n");
    ASSERT_THAT(text, testing::HasSubstr("tenfold: ")) << shown << " shown, " << missing << " told to be missing";
    for (std::size_t at = text.find("tenfold: "); at != std::string::npos; at = text.find("tenfold: ", at + 1)) {
      missing += std::stoul(text.substr(at + 9));
    }
    shown += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), 'x')) / 99;
  }
  EXPECT_EQ(shown + missing, 100'000U);
  EXPECT_GT(missing, 50'000U);
  console.say(Stream::kErr, "after\n");
  EXPECT_THAT(read_until("after\n"), testing::EndsWith("after\n"));
}

TEST_F(StreamConsoleTest, OneStreamDoesNotWaitForTheOther) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  Fd unread{ends[0]};
  const Fd full{ends[1]};
  StreamConsole console{writer_.get(), full.get()};
  console.say(Stream::kErr, std::string(1 << 19, 'x') + "\n");
  console.say(Stream::kOut, "ready\n");
  EXPECT_EQ(read_until("\n"), "ready\n");
  unread.reset();
}

TEST_F(StreamConsoleTest, WhereBothAreOneTheOrderIsKept) {
  StreamConsole console{writer_.get(), writer_.get()};
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    console.say(i % 2 == 0 ? Stream::kErr : Stream::kOut, std::to_string(i) + "\n");
    expected += std::to_string(i) + "\n";
  }
  console.say(Stream::kErr, "end\n");
  EXPECT_EQ(read_until("end\n"), expected + "end\n");
}

TEST_F(StreamConsoleTest, AReaderThatLeavesIsHarmless) {
  StreamConsole console{writer_.get(), writer_.get()};
  reader_.reset();
  for (int i = 0; i < 1000; ++i) console.say(Stream::kErr, "to nobody\n");
}

TEST_F(StreamConsoleTest, ItsEndShowsWhatWaits) {
  {
    StreamConsole{writer_.get(), writer_.get()}.say(Stream::kOut, "last words\n");
  }
  EXPECT_EQ(read_until("\n"), "last words\n");
}

TEST_F(StreamConsoleTest, ItsEndDoesNotWaitForAReaderForEver) {
  // Stays open, as a process's own streams do: the thread that is left behind writes to this number.
  const int stream = ::fcntl(writer_.get(), F_DUPFD_CLOEXEC, 0);
  const auto began = std::chrono::steady_clock::now();
  {
    StreamConsole console{stream, stream};
    for (int i = 0; i < 1000; ++i) console.say(Stream::kErr, std::string(999, 'x') + "\n");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
}

TEST_F(StreamConsoleTest, ADescriptorThatOthersMadeNonBlockingIsWaitedFor) {
  ::fcntl(writer_.get(), F_SETFL, O_NONBLOCK);
  StreamConsole console{writer_.get(), writer_.get()};
  std::string expected;
  for (int i = 0; i < 500; ++i) expected += std::string(999, 'y') + "\n";
  console.say(Stream::kErr, expected);
  console.say(Stream::kErr, "end\n");
  EXPECT_EQ(read_until("end\n"), expected + "end\n");
}

}  // namespace
}  // namespace tenfold::live
