#include "core/queue/ranked_queue.hpp"

namespace tenfold::core {

namespace {

// SplitMix64's finaliser (Steele, Lea, Flood 2014).
std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

void RankedQueue::insert(Slot slot, PlaceInQueue place, const Work& work) {
  if (slot >= nodes_.size()) nodes_.resize(slot + 1);
  nodes_[slot] = {.place = place, .priority = scramble(place.second + 1), .own = work, .sum = work};
  const auto [smaller, larger] = split(root_, place);
  root_ = join(join(smaller, slot), larger);
}

void RankedQueue::erase(Slot slot) {
  const PlaceInQueue place = nodes_[slot].place;
  const auto [smaller, others] = split(root_, place);
  const auto [self, larger] = split(others, {place.first, place.second + 1});
  root_ = join(smaller, larger);
}

Slot RankedQueue::front() const {
  Slot slot = root_;
  while (nodes_[slot].left != kNoSlot) slot = nodes_[slot].left;
  return slot;
}

Work RankedQueue::before(PlaceInQueue place) const {
  Work work;
  for (Slot slot = root_; slot != kNoSlot;) {
    const Node& node = nodes_[slot];
    if (node.place < place) {
      if (node.left != kNoSlot) work += nodes_[node.left].sum;
      work += node.own;
      slot = node.right;
    } else {
      slot = node.left;
    }
  }
  return work;
}

void RankedQueue::add_up(Slot slot) {
  Node& node = nodes_[slot];
  node.sum = node.own;
  if (node.left != kNoSlot) node.sum += nodes_[node.left].sum;
  if (node.right != kNoSlot) node.sum += nodes_[node.right].sum;
}

Slot RankedQueue::join(Slot left, Slot right) {
  if (left == kNoSlot) return right;
  if (right == kNoSlot) return left;
  const bool is_left_above = nodes_[left].priority >= nodes_[right].priority;
  const Slot top = is_left_above ? left : right;
  if (is_left_above) {
    nodes_[left].right = join(nodes_[left].right, right);
  } else {
    nodes_[right].left = join(left, nodes_[right].left);
  }
  add_up(top);
  return top;
}

std::pair<Slot, Slot> RankedQueue::split(Slot tree, PlaceInQueue place) {
  if (tree == kNoSlot) return {kNoSlot, kNoSlot};
  if (nodes_[tree].place < place) {
    const auto [smaller, larger] = split(nodes_[tree].right, place);
    nodes_[tree].right = smaller;
    add_up(tree);
    return {tree, larger};
  }
  const auto [smaller, larger] = split(nodes_[tree].left, place);
  nodes_[tree].left = larger;
  add_up(tree);
  return {smaller, tree};
}

}  // namespace tenfold::core
