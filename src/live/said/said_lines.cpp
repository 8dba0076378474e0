#include "live/said/said_lines.hpp"

#include <algorithm>
#include <utility>

namespace tenfold::live {

namespace {

// What a line takes beside its text, where it is told.
constexpr std::size_t kAroundText = 80;

}  // namespace

void SaidLines::add(std::optional<core::ReplicaId> replica, Console::Stream stream, std::string_view text) {
  lines_.push_back(
      {.number = ++count_, .at = clock_(), .replica = replica, .stream = stream, .text = std::string{text}});
  bytes_ += text.size();
  while (lines_.size() > kMostLines || (bytes_ > kMostBytes && lines_.size() > 1)) drop_first();
  if (tell_) tell_();
}

void SaidLines::drop_first() {
  for (Follower* follower : followers_) follower->lose(lines_.front());
  bytes_ -= lines_.front().text.size();
  lines_.pop_front();
}

std::vector<const SaidLine*> SaidLines::last(SaidBy by, std::size_t count) const {
  std::vector<const SaidLine*> found;
  for (auto line = lines_.rbegin(); line != lines_.rend() && found.size() < count; ++line) {
    if (by.has(*line)) found.push_back(&*line);
  }
  std::ranges::reverse(found);
  return found;
}

SaidLines::Follower::Follower(SaidLines& lines, SaidBy by, std::size_t count)
    : lines_{lines}, by_{by}, next_{lines.count_ + 1} {
  if (const auto first = lines.last(by, count); !first.empty()) next_ = first.front()->number;
  lines_.followers_.push_back(this);
}

SaidLines::Follower::~Follower() { lines_.followers_.remove(this); }

void SaidLines::Follower::lose(const SaidLine& line) {
  if (line.number < next_) return;
  next_ = line.number + 1;
  if (by_.has(line)) ++missed_;
}

SaidLines::Follower::Taken SaidLines::Follower::take(std::size_t bytes) {
  Taken taken{.missed = std::exchange(missed_, 0)};
  std::size_t taken_bytes = 0;
  while (next_ <= lines_.count_ && taken_bytes < bytes) {
    const SaidLine& line = lines_.lines_[next_ - lines_.lines_.front().number];
    ++next_;
    if (!by_.has(line)) continue;
    taken_bytes += kAroundText + line.text.size();
    taken.lines.push_back(&line);
  }
  return taken;
}

}  // namespace tenfold::live
