// The core's two containers against the standard library's, over random operations by seed.
#include <map>
#include <random>
#include <set>
#include <unordered_map>

#include <gtest/gtest.h>

#include "core/id_map.hpp"
#include "core/ids.hpp"
#include "core/indexed_heap.hpp"

namespace tenfold::core {
namespace {

TEST(IdMap, HoldsWhatAStandardMapHolds) {
  std::mt19937_64 random{1};
  IdMap<RequestId> map;
  std::unordered_map<std::uint64_t, Slot> expected;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t key = random() % 3000;
    const RequestId id{key};
    if (expected.contains(key)) {
      ASSERT_EQ(map.find(id), expected[key]);
      map.erase(id);
      expected.erase(key);
    } else {
      ASSERT_EQ(map.find(id), std::nullopt);
      map.insert(id, static_cast<Slot>(i));
      expected[key] = static_cast<Slot>(i);
    }
    ASSERT_EQ(map.size(), expected.size());
  }
  for (const auto& [key, slot] : expected) EXPECT_EQ(map.find(RequestId{key}), slot);
}

TEST(IndexedHeap, ComesOutInTheOrderOfAStandardSet) {
  std::mt19937_64 random{2};
  IndexedHeap<std::pair<int, Slot>> heap;
  std::map<Slot, int> keys;
  std::set<std::pair<int, Slot>> expected;
  for (int i = 0; i < 200'000; ++i) {
    const auto slot = static_cast<Slot>(random() % 500);
    if (const auto old = keys.find(slot); old != keys.end()) expected.erase({old->second, slot});
    if (random() % 3 == 0) {
      keys.erase(slot);
      heap.erase(slot);
    } else {
      const int key = static_cast<int>(random() % 1000);
      keys[slot] = key;
      expected.insert({key, slot});
      heap.set(slot, {key, slot});
    }
    ASSERT_EQ(heap.size(), expected.size());
    ASSERT_EQ(heap.contains(slot), keys.contains(slot));
    if (!expected.empty()) {
      ASSERT_EQ(heap.top_key(), *expected.begin());
      ASSERT_EQ(heap.top(), expected.begin()->second);
    }
  }
}

}  // namespace
}  // namespace tenfold::core
