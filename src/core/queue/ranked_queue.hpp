// What waits, in the order of a key, with the work before any place in it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/id_map.hpp"
#include "core/queue/work.hpp"

namespace tenfold::core {

// Rank, then ticket: the smallest goes first, the one that came first among equals. No two are the same.
using PlaceInQueue = std::pair<std::int64_t, std::uint64_t>;

// A treap (Seidel, Aragon: "Randomized Search Trees", 1996) over slots, each node with the sum of the work below it.
// Its random numbers are a hash of the ticket, so its shape follows from what is in it, and not from how that came
// about. All operations are O(log n) on average.
class RankedQueue {
 public:
  bool empty() const { return root_ == kNoSlot; }

  // `slot` must not be in.
  void insert(Slot slot, PlaceInQueue place, const Work& work);
  // `slot` must be in.
  void erase(Slot slot);

  // The first; there must be one.
  Slot front() const;
  // All work at smaller places.
  Work before(PlaceInQueue place) const;

 private:
  struct Node {
    PlaceInQueue place;
    std::uint64_t priority = 0;
    Slot left = kNoSlot;
    Slot right = kNoSlot;
    Work own;
    Work sum;
  };

  void add_up(Slot slot);
  Slot join(Slot left, Slot right);
  // Those at smaller places than `place`, and the others.
  std::pair<Slot, Slot> split(Slot tree, PlaceInQueue place);

  std::vector<Node> nodes_;  // by slot
  Slot root_ = kNoSlot;
};

}  // namespace tenfold::core
