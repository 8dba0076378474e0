// The one place for all that Tenfold says to people while it serves: its own sentences, and what replicas write.
//
//   console.say(Console::Stream::kErr, "tenfold: replica 1 is ready after 3.1 ms\n");
//
// Saying never waits for a reader. What nobody reads is kept up to a bound; lines beyond it are dropped, counted, and
// told in one line when there is a reader again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tenfold::live {

// Used on one thread, the loop's.
class Console {
 public:
  enum class Stream : std::uint8_t { kOut, kErr };

  virtual ~Console() = default;

  // Shows whole lines, each with its line break, after all that was said before on that stream. Does not wait.
  virtual void say(Stream stream, std::string_view lines) = 0;
};

// Lines that wait to be shown: what consoles share. Not thread-safe.
class ConsoleBacklog {
 public:
  struct Taken {
    std::string text;
    std::uint64_t lines = 0;  // that it shows, and those of which it says that they are missing
  };

  // Keeps about so many bytes.
  explicit ConsoleBacklog(std::size_t limit) : limit_{limit} {}

  // Keeps the lines, or drops and counts them: all of them, once one was dropped, until the next `take`.
  void add(std::string_view lines);
  // So many lines were taken and could not be shown.
  void lose(std::uint64_t lines) { lost_ += lines; }

  bool is_empty() const { return text_.empty(); }
  // All that waits, in its order, and where lines are missing, how many.
  Taken take();

 private:
  std::size_t limit_;
  std::string text_;
  std::uint64_t lost_ = 0;     // before it
  std::uint64_t dropped_ = 0;  // after it
};

// Standard output and error, or other descriptors in their place.
//
// Threads of their own write to them, one for each, or one for both where they are the same pipe, terminal or file and
// the order of what is said on them shows. Threads, because nothing else keeps the loop free. O_NONBLOCK is a property
// of the open file, not of the descriptor: set on a terminal or pipe that is shared with a shell or a pager, it would
// be set for those too, and they fail on it. And poll(2) promises too little: a pipe that two processes write to is
// full again when we come, and a terminal that was stopped by Ctrl-S is called writable.
class StreamConsole final : public Console {
 public:
  // Throws std::system_error when there can be no threads. The descriptors stay their owner's, and open.
  explicit StreamConsole(int out = 1, int err = 2);
  // Shows what waits, if that takes a second at most. A thread that hangs in a write is left behind.
  ~StreamConsole() override;
  StreamConsole(const StreamConsole&) = delete;
  StreamConsole& operator=(const StreamConsole&) = delete;

  void say(Stream stream, std::string_view lines) override;

 private:
  class Lane;
  std::shared_ptr<Lane> err_;
  std::shared_ptr<Lane> out_;  // may be the same
};

}  // namespace tenfold::live
