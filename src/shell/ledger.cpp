#include "shell/ledger.hpp"

#include <utility>

namespace tenfold::shell {

std::uint64_t Ledger::open(std::size_t body_bytes, bool may_be_repeated) {
  const std::uint64_t id = errands_.size() + 1;
  errands_[id] = {.body_bytes = body_bytes, .may_be_repeated = may_be_repeated};
  return id;
}

Errand* Ledger::find(std::uint64_t id) {
  const auto found = errands_.find(id);
  return found == errands_.end() ? nullptr : &found->second;
}

void Ledger::broken(std::string promise) {
  if (broken_.empty()) broken_ = std::move(promise);
}

std::string pattern(std::uint64_t id, std::size_t bytes) {
  std::string made(bytes, '\0');
  std::uint64_t state = id * 0x9E3779B97F4A7C15U;
  for (char& c : made) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>('a' + (state >> 59) % 26);
  }
  return made;
}

}  // namespace tenfold::shell
