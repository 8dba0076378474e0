// What strangers may make the service keep in memory, all together.
#pragma once

#include <cstdint>

namespace tenfold::http {

// Shared by all that buffers for them: who gets no bytes from it stops reading, or writes to disk. One thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : left_{bytes} {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // False when so much is not left; then nothing is taken.
  bool take(std::uint64_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  void give_back(std::uint64_t bytes) { left_ += bytes; }
  std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
};

}  // namespace tenfold::http
