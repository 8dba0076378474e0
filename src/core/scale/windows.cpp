#include "core/scale/windows.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tenfold::core {

namespace {

// What adding and taking away leaves of a sum is noise, and a ceiling would make a replica of it.
double rounded(double value) {
  constexpr double kSixDigits = 1e6;
  return std::round(value * kSixDigits) / kSixDigits;
}

}  // namespace

SecondsWindow::SecondsWindow(Duration length) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(length).count();
  state_.seconds.assign(static_cast<std::size_t>(std::max<std::int64_t>(seconds, 1)), 0.0);
}

void SecondsWindow::record(std::int64_t second, double value) {
  assert(!state_.has_data || second >= state_.last);
  if (!state_.has_data || second - state_.last >= length()) begin_at(second);
  while (state_.last < second) {
    double& gone = at(++state_.last);
    state_.total -= gone;
    gone = 0;
  }
  at(second) += value;
  state_.total += value;
}

double SecondsWindow::average(std::int64_t now) const {
  const std::int64_t silent = state_.has_data ? std::max<std::int64_t>(now - state_.last, 0) : length();
  if (silent >= length()) return 0;
  // What is older than the window at `now` has left it, and with each of these seconds one place.
  double sum = state_.total;
  for (std::int64_t second = state_.last + 1; second <= state_.last + silent; ++second) {
    sum -= state_.seconds[index(second)];
  }
  const std::int64_t count = std::min(state_.last - state_.first + 1, length() - silent);
  return rounded(sum / static_cast<double>(count));
}

void SecondsWindow::load(const WindowRecord& record) {
  if (record.seconds.size() == state_.seconds.size()) state_ = record;
}

std::size_t SecondsWindow::index(std::int64_t second) const {
  assert(second >= 0);
  return static_cast<std::size_t>(second % length());
}

void SecondsWindow::begin_at(std::int64_t second) {
  std::ranges::fill(state_.seconds, 0.0);
  state_.total = 0;
  state_.has_data = true;
  state_.first = state_.last = second;
}

}  // namespace tenfold::core
