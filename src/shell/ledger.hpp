// What clients sent and what became of it, kept by the world itself: the code under test is judged by it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace tenfold::shell {

struct Errand {
  std::size_t body_bytes = 0;
  std::size_t answer_bytes = 0;
  bool may_be_repeated = false;
  // The field that its client nominated by Connection, if any; x-hop is the only one that may be taken away.
  std::string_view nominated;
  // Its client has given all of it to the network.
  bool is_sent = false;
  // A program has answered it with what is no answer, and lives.
  bool is_answer_bad = false;
  // Its program died within an answer that only the end of its connection ends: nobody can tell that from a whole one.
  bool is_cut_short = false;
  std::uint32_t worked = 0;  // programs that have begun to work on it
};

class Ledger {
 public:
  // The id of a new errand.
  std::uint64_t open(const Errand& errand);
  // Nothing for an id that nobody has sent. Stays where it is.
  Errand* find(std::uint64_t id);

  // The first promise that was broken counts.
  void broken(std::string promise);
  const std::string& what_broke() const { return broken_; }

 private:
  std::deque<Errand> errands_;
  std::string broken_;
};

// The bytes that a request or an answer consists of: each errand has its own, so a byte that goes astray shows. At most
// kLongestPattern.
inline constexpr std::size_t kLongestPattern = std::size_t{1} << 20;
std::string_view pattern(std::uint64_t id, std::size_t bytes);

// Fields that describe, route or frame: whoever nominates them by Connection does not get rid of them.
inline constexpr std::string_view kKeptFields[] = {"authorization",  "content-type",      "cookie",
                                                   "content-length", "transfer-encoding", "host"};

}  // namespace tenfold::shell
