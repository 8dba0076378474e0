// A priority queue whose items can be moved and removed: deadlines, timers and the order of dispatch.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/id_map.hpp"

namespace tenfold::core {

// A binary min-heap over slots, which knows where each slot lies in it. Every operation is O(log n), `top` O(1). Keys
// must be distinct where the order of equals would matter: ties come out in no stated order.
template <class Key>
class IndexedHeap {
 public:
  bool empty() const { return nodes_.empty(); }
  std::size_t size() const { return nodes_.size(); }
  bool contains(Slot slot) const { return slot < positions_.size() && positions_[slot] != kAbsent; }

  Slot top() const { return nodes_.front().slot; }
  const Key& top_key() const { return nodes_.front().key; }
  // The one that would be on top without the top; there must be two.
  Slot second() const {
    const bool is_last = nodes_.size() > 2 && nodes_[2].key < nodes_[1].key;
    return nodes_[is_last ? 2 : 1].slot;
  }

  // Puts `slot` in, or gives it another key.
  void set(Slot slot, const Key& key) {
    if (slot >= positions_.size()) positions_.resize(slot + 1, kAbsent);
    if (positions_[slot] == kAbsent) {
      positions_[slot] = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({key, slot});
    } else {
      nodes_[positions_[slot]].key = key;
    }
    restore(positions_[slot]);
  }

  // Takes `slot` out, if it is in.
  void erase(Slot slot) {
    if (!contains(slot)) return;
    const std::uint32_t hole = positions_[slot];
    positions_[slot] = kAbsent;
    const Node last = nodes_.back();
    nodes_.pop_back();
    if (last.slot == slot) return;
    put(hole, last);
    restore(hole);
  }

 private:
  struct Node {
    Key key;
    Slot slot;
  };
  static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};

  void put(std::uint32_t position, const Node& node) {
    nodes_[position] = node;
    positions_[node.slot] = position;
  }

  void restore(std::uint32_t position) { sift_down(sift_up(position)); }

  std::uint32_t sift_up(std::uint32_t position) {
    const Node node = nodes_[position];
    while (position > 0) {
      const std::uint32_t parent = (position - 1) / 2;
      if (!(node.key < nodes_[parent].key)) break;
      put(position, nodes_[parent]);
      position = parent;
    }
    put(position, node);
    return position;
  }

  void sift_down(std::uint32_t position) {
    const Node node = nodes_[position];
    const auto count = static_cast<std::uint32_t>(nodes_.size());
    for (std::uint32_t child = 2 * position + 1; child < count; child = 2 * position + 1) {
      if (child + 1 < count && nodes_[child + 1].key < nodes_[child].key) ++child;
      if (!(nodes_[child].key < node.key)) break;
      put(position, nodes_[child]);
      position = child;
    }
    put(position, node);
  }

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> positions_;  // by slot
};

}  // namespace tenfold::core
