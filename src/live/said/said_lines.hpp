// What replicas printed and what Tenfold said of itself, as far as it is kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "live/clock.hpp"
#include "live/console.hpp"

namespace tenfold::live {

struct SaidLine {
  std::uint64_t number = 0;  // from 1 on, of all that was ever said
  std::chrono::system_clock::time_point at;
  std::optional<core::ReplicaId> replica;  // nothing: Tenfold itself
  Console::Stream stream = Console::Stream::kErr;
  std::string text;  // without its line break
};

// Of whom a reader wants to hear: of one replica, or of all and of Tenfold itself.
struct SaidBy {
  std::optional<core::ReplicaId> replica;

  bool has(const SaidLine& line) const { return !replica || line.replica == replica; }
};

// The last lines, within bounds; older ones make room and are counted. On the loop's thread. Nobody is waited for: a
// follower that does not read has nothing kept for it, and is told how many lines it missed.
class SaidLines {
 public:
  static constexpr std::size_t kMostLines = 10'000;
  // Of text.
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20;

  // A reader who follows: what it took last, and what was dropped before it could take it.
  class Follower {
   public:
    // Begins with the last `count` of what is kept, and follows for as long as it lives. `lines` must outlive it.
    Follower(SaidLines& lines, SaidBy by, std::size_t count);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    struct Taken {
      std::uint64_t missed = 0;  // lines of those that it follows, dropped before the first one here
      std::vector<const SaidLine*> lines;
    };
    // What came since the last time, oldest first: some `bytes`, one line at least. Valid until the next `add`.
    Taken take(std::size_t bytes);
    // Whether there is something that it has not looked at.
    bool is_behind() const { return missed_ > 0 || next_ <= lines_.count_; }

   private:
    friend class SaidLines;
    // `line` is being dropped.
    void lose(const SaidLine& line);

    SaidLines& lines_;
    SaidBy by_;
    std::uint64_t next_;  // the first number that it has not looked at
    std::uint64_t missed_ = 0;
  };

  explicit SaidLines(WallClock clock) : clock_{std::move(clock)} {}

  void add(std::optional<core::ReplicaId> replica, Console::Stream stream, std::string_view text);
  // Called after each line. It must not add any.
  void when_added(std::function<void()> tell) { tell_ = std::move(tell); }

  // The last `count` of them, oldest first. Valid until the next `add`.
  std::vector<const SaidLine*> last(SaidBy by, std::size_t count) const;
  // Lines of all that made room for others.
  std::uint64_t dropped() const { return lines_.empty() ? 0 : lines_.front().number - 1; }

 private:
  void drop_first();

  WallClock clock_;
  std::function<void()> tell_;
  std::deque<SaidLine> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t count_ = 0;
  std::list<Follower*> followers_;
};

}  // namespace tenfold::live
