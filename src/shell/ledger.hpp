// What clients sent and what became of it, kept by the world itself: the code under test is judged by it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tenfold::shell {

struct Errand {
  std::size_t body_bytes = 0;
  bool may_be_repeated = false;
  std::uint32_t worked = 0;  // programs that have begun to work on it
};

class Ledger {
 public:
  std::uint64_t open(std::size_t body_bytes, bool may_be_repeated);
  // Nothing for an id that nobody has sent.
  Errand* find(std::uint64_t id);

  // The first promise that was broken counts.
  void broken(std::string promise);
  const std::string& what_broke() const { return broken_; }

 private:
  std::map<std::uint64_t, Errand> errands_;
  std::string broken_;
};

// The bytes that a request or an answer consists of: each errand has its own, so a byte that goes astray shows.
std::string pattern(std::uint64_t id, std::size_t bytes);

}  // namespace tenfold::shell
