// A map from ids to slots of a table: open addressing, so that a warm core allocates nothing per event.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

namespace tenfold::core {

// Where something lies in a table of ours. Meaningless outside of it.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

// Linear probing at a load of at most one half, deletion by shifting back (Knuth, TAOCP 3, 6.4, algorithm R), so there
// are no tombstones to sweep. `Id` is an enum over an unsigned integer. Grows and never shrinks.
template <class Id>
class IdMap {
 public:
  IdMap() : cells_(kFirstCapacity) {}

  std::size_t size() const { return size_; }

  // `id` must not be in the map.
  void insert(Id id, Slot slot) {
    assert(!find(id));
    if ((size_ + 1) * 2 > cells_.size()) grow();
    place({id, slot});
    ++size_;
  }

  std::optional<Slot> find(Id id) const {
    for (std::size_t i = home(id);; i = next(i)) {
      if (cells_[i].slot == kNoSlot) return std::nullopt;
      if (cells_[i].id == id) return cells_[i].slot;
    }
  }

  // `id` must be in the map.
  void erase(Id id) {
    std::size_t hole = home(id);
    while (cells_[hole].id != id || cells_[hole].slot == kNoSlot) hole = next(hole);
    for (std::size_t i = next(hole); cells_[i].slot != kNoSlot; i = next(i)) {
      if (!may_move(i, hole)) continue;
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole].slot = kNoSlot;
    --size_;
  }

 private:
  struct Cell {
    Id id{};
    Slot slot = kNoSlot;
  };
  static constexpr std::size_t kFirstCapacity = 64;

  // Fibonacci hashing: ids are dense, the top bits of the product spread them.
  std::size_t home(Id id) const {
    const auto product = static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(product >> (64 - std::countr_zero(cells_.size())));
  }
  std::size_t next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }

  // Whether the cell at `i` is still found from its home when it moves to `hole`, which lies before it.
  bool may_move(std::size_t i, std::size_t hole) const {
    const std::size_t mask = cells_.size() - 1;
    return ((i - home(cells_[i].id)) & mask) >= ((i - hole) & mask);
  }

  void place(Cell cell) {
    std::size_t i = home(cell.id);
    while (cells_[i].slot != kNoSlot) i = next(i);
    cells_[i] = cell;
  }

  void grow() {
    std::vector<Cell> old(cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.slot != kNoSlot) place(cell);
    }
  }

  std::vector<Cell> cells_;
  std::size_t size_ = 0;
};

}  // namespace tenfold::core
