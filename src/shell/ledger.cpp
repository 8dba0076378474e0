#include "shell/ledger.hpp"

#include <utility>

#include "base/require.hpp"

namespace tenfold::shell {

namespace {

// Errands begin at so many different places of the text.
constexpr std::uint64_t kBeginnings = 65'521;

std::string make_text() {
  std::string made(kLongestPattern + kBeginnings, '\0');
  std::uint64_t state = 1;
  for (char& c : made) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>('a' + (state >> 59) % 26);
  }
  return made;
}

}  // namespace

std::uint64_t Ledger::open(const Errand& errand) {
  errands_.push_back(errand);
  return errands_.size();
}

Errand* Ledger::find(std::uint64_t id) { return id == 0 || id > errands_.size() ? nullptr : &errands_[id - 1]; }

void Ledger::broken(std::string promise) {
  if (broken_.empty()) broken_ = std::move(promise);
}

std::string_view pattern(std::uint64_t id, std::size_t bytes) {
  static const std::string text = make_text();
  require(bytes <= kLongestPattern, "an errand is no longer than the text");
  return std::string_view{text}.substr(id * 7919 % kBeginnings, bytes);
}

}  // namespace tenfold::shell
