#include "http/input_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/require.hpp"

namespace tenfold::http {

namespace {

// Holds the head and body of a small request with room to spare: a read that does not fill its room tells Asio that the
// socket is empty, and saves a system call. It is more than half of what a request that waits costs.
constexpr std::size_t kFirstCapacity = 1792;

// Less room than this is not worth a system call.
constexpr std::size_t kLeastRoom = 512;

// An idle connection gives back what a large message made it take.
constexpr std::size_t kIdleCapacity = 16 << 10;

}  // namespace

InputBuffer::InputBuffer(std::size_t limit, MemoryBudget* budget)
    : limit_{std::max(limit, kFirstCapacity)},
      budget_{budget},
      capacity_{kFirstCapacity},
      data_{std::make_unique_for_overwrite<char[]>(kFirstCapacity)} {}

InputBuffer::~InputBuffer() { leave_budget(); }

void InputBuffer::leave_budget() {
  if (budget_) budget_->give_back(std::exchange(granted_, 0));
  budget_ = nullptr;
}

void InputBuffer::prepare() {
  move_to_front();
  close_gaps();
  if (end_ == 0 && capacity_ > kIdleCapacity && !was_filled_) return resize(kFirstCapacity);
  const bool is_short = capacity_ - end_ < kLeastRoom || was_filled_;
  if (is_short && capacity_ < limit_ && may_hold(next_capacity())) resize(next_capacity());
}

void InputBuffer::filled(std::size_t bytes) {
  require(bytes <= capacity_ - end_, "a read stays within its room");
  was_filled_ = bytes == capacity_ - end_;
  end_ += bytes;
  // Asked for now, so that whoever takes the input learns that no more fits.
  is_refused_ = was_filled_ && capacity_ < limit_ && !may_hold(next_capacity());
}

void InputBuffer::take_head(std::size_t bytes) {
  require(bytes <= end_ - start_, "a head ends within what came");
  head_end_ = body_begin_ = body_end_ = raw_ = start_ + bytes;
}

void InputBuffer::consume(std::size_t bytes) {
  require(bytes <= body_end_ - body_begin_, "what is consumed of a body was there");
  body_begin_ += bytes;
}

std::size_t InputBuffer::decode(BodyDecoder& decoder) {
  const BodyDecoder::Step step = decoder.decode(data_.get() + raw_, end_ - raw_, data_.get() + body_end_);
  raw_ += step.consumed;
  body_end_ += step.produced;
  return step.produced;
}

void InputBuffer::finish_message() { start_ = head_end_ = body_begin_ = body_end_ = raw_; }

void InputBuffer::move_to_front() {
  if (start_ == 0) return;
  std::memmove(data_.get(), data_.get() + start_, end_ - start_);
  for (std::size_t* position : {&head_end_, &body_begin_, &body_end_, &raw_, &end_})
    *position -= std::min(start_, *position);
  start_ = 0;
}

// Moves the body over what was taken of it, and the raw bytes over the gap that chunk framing left.
void InputBuffer::close_gaps() {
  const std::size_t taken = body_begin_ - head_end_;
  if (taken > 0) {
    std::memmove(data_.get() + head_end_, data_.get() + body_begin_, body_end_ - body_begin_);
    body_begin_ -= taken;
    body_end_ -= taken;
  }
  const std::size_t gap = raw_ - body_end_;
  if (gap > 0) {
    std::memmove(data_.get() + body_end_, data_.get() + raw_, end_ - raw_);
    raw_ -= gap;
    end_ -= gap;
  }
}

bool InputBuffer::may_hold(std::size_t capacity) {
  const std::size_t wanted = capacity - kFirstCapacity;
  if (!budget_ || wanted <= granted_) return true;
  if (!budget_->take(wanted - granted_)) return false;
  granted_ = wanted;
  return true;
}

void InputBuffer::resize(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(larger.get(), data_.get(), end_);
  data_ = std::move(larger);
  capacity_ = capacity;
  const std::size_t needed = capacity_ - kFirstCapacity;
  if (budget_ && granted_ > needed) budget_->give_back(std::exchange(granted_, needed) - needed);
}

}  // namespace tenfold::http
