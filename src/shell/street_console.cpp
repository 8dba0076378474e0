#include "shell/street_console.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace tenfold::shell {

namespace {

// What a word about missing lines takes beside the lines.
constexpr std::size_t kWord = 100;

// How many lines such a word tells of; 0 for any other line.
std::uint64_t missing_of(std::string_view line) {
  constexpr std::string_view kBegin = "tenfold: ";
  constexpr std::string_view kEnd = " lines were not shown: nobody read them";
  if (!line.starts_with(kBegin) || !line.ends_with(kEnd)) return 0;
  std::uint64_t count = 0;
  std::from_chars(line.data() + kBegin.size(), line.data() + line.size(), count);
  return count;
}

}  // namespace

void StreetConsole::say(Stream, std::string_view lines) {
  said_ += static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
  backlog_.add(lines);
  if (!std::exchange(is_reading_soon_, true)) loop_.after(reads_every_, [this] { read(); });
}

void StreetConsole::read() {
  is_reading_soon_ = false;
  const live::ConsoleBacklog::Taken taken = backlog_.take();
  if (taken.text.size() > kLimit + kWord)
    ledger_.broken("the console kept " + std::to_string(taken.text.size()) + " bytes that nobody read");
  std::string_view left = taken.text;
  while (!left.empty()) {
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    const std::uint64_t missing = missing_of(line);
    missing_ += missing;
    if (missing == 0) ++shown_;
  }
}

void StreetConsole::finish() {
  read();
  if (shown_ + missing_ == said_) return;
  ledger_.broken("of " + std::to_string(said_) + " lines that were said, " + std::to_string(shown_) +
                 " were shown and " + std::to_string(missing_) + " told as missing");
}

}  // namespace tenfold::shell
