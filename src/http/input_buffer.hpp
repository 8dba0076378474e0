// What a connection has read: the message under way, and the bytes after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/body_decoder.hpp"
#include "http/memory_budget.hpp"

namespace tenfold::http {

// One block of memory, laid out as
//
//     | spent | head | taken | body, decoded | gap | raw | room |
//           start_      body_begin_  body_end_    raw_  end_   capacity_
//
// The head stays until its message is finished, so that it can be read again for a second try. A read may be under way
// into the room: nothing that was read moves except in `prepare`, which is called only when none is.
class InputBuffer {
 public:
  // What it takes above its first, small size comes from `budget`, if there is one; without any left it stays as it is.
  explicit InputBuffer(std::size_t limit, MemoryBudget* budget = nullptr);
  ~InputBuffer();
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  // Gives back what it took of the budget, and asks it no more: nothing is read any longer.
  void leave_budget();

  // Makes room: moves the message to the front, grows when what is there is not enough, up to the limit. Views die.
  void prepare();
  std::span<char> room() { return {data_.get() + end_, capacity_ - end_}; }
  void filled(std::size_t bytes);

  // The message under way from its first byte, before its head is taken.
  std::string_view message() const { return {data_.get() + start_, end_ - start_}; }
  // Where the message begins now.
  const char* base() const { return data_.get() + start_; }
  // The head is complete and `bytes` long; what follows is its body.
  void take_head(std::size_t bytes);

  // Decodes what has come of the body. Returns how many bytes of body that gave.
  std::size_t decode(BodyDecoder& decoder);
  std::string_view body() const { return {data_.get() + body_begin_, body_end_ - body_begin_}; }
  void consume(std::size_t bytes);

  // The message is over; what is left of its body is dropped, what follows is the next.
  void finish_message();
  // Forgets everything that came.
  void drop_all() { start_ = head_end_ = body_begin_ = body_end_ = raw_ = end_; }
  // Nothing more fits until something is consumed.
  bool is_full() const { return end_ == limit_ || (end_ == capacity_ && is_refused_); }
  // Whether bytes of another message are there.
  bool has_more() const { return end_ > raw_; }

 private:
  void move_to_front();
  void close_gaps();
  std::size_t next_capacity() const { return capacity_ * 2 < limit_ ? capacity_ * 2 : limit_; }
  // Whether the budget lets it be so large.
  bool may_hold(std::size_t capacity);
  void resize(std::size_t capacity);

  std::size_t limit_;
  MemoryBudget* budget_;
  std::size_t granted_ = 0;  // by the budget
  bool is_refused_ = false;
  std::size_t capacity_;
  std::unique_ptr<char[]> data_;
  std::size_t start_ = 0;
  std::size_t head_end_ = 0;
  std::size_t body_begin_ = 0;
  std::size_t body_end_ = 0;
  std::size_t raw_ = 0;
  std::size_t end_ = 0;
  bool was_filled_ = false;  // the last read took all the room: there is more to come
};

}  // namespace tenfold::http
