#include "live/spool.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace tenfold::live {
namespace {

// A disk of a few bytes that counts what lies on it.
class SmallDisk final : public SpoolFile {
 public:
  explicit SmallDisk(std::uint64_t capacity) : capacity_{capacity} {}
  bool write(std::uint64_t offset, std::string_view bytes) override {
    if (offset + bytes.size() > capacity_) return false;
    if (bytes_.size() < offset + bytes.size()) bytes_.resize(offset + bytes.size());
    bytes_.replace(offset, bytes.size(), bytes);
    return true;
  }
  bool read(std::uint64_t offset, std::span<char> room) override {
    if (is_failing || offset + room.size() > bytes_.size()) return false;
    std::ranges::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), static_cast<std::ptrdiff_t>(room.size()),
                        room.begin());
    return true;
  }
  void clear() override { bytes_.clear(); }

  std::size_t size() const { return bytes_.size(); }
  bool is_failing = false;

 private:
  std::uint64_t capacity_;
  std::string bytes_;
};

constexpr std::uint64_t kBlock = SpoolStore::kBlock;

struct World {
  explicit World(std::uint64_t memory, std::uint64_t disk_bytes, SpoolLimits limits = {})
      : budget{memory}, store{limits, budget, [&] {
                                auto made = std::make_unique<SmallDisk>(disk_bytes);
                                disk = made.get();
                                return made;
                              }()} {}
  SmallDisk* disk = nullptr;
  http::MemoryBudget budget;
  SpoolStore store;
};

std::string pattern(std::size_t size, unsigned seed = 1) {
  std::mt19937 random{seed};
  std::string made(size, '\0');
  for (char& c : made) c = static_cast<char>('a' + random() % 26);
  return made;
}

std::string all_of(Spool& spool, std::uint64_t from = 0) {
  std::string whole;
  while (const auto piece = spool.read(from + whole.size())) whole += *piece;
  return whole;
}

TEST(Spool, GivesBackWhatItTookAsOftenAsItIsAsked) {
  World world{16 * kBlock, 0};
  Spool spool{world.store};
  const std::string body = pattern(100'000);
  ASSERT_TRUE(spool.append({std::string_view{body}.substr(0, 1), std::string_view{body}.substr(1)}));
  EXPECT_EQ(all_of(spool), body);
  EXPECT_EQ(all_of(spool), body);
  EXPECT_EQ(all_of(spool, 40'000), body.substr(40'000));
}

TEST(Spool, GoesToDiskAboveItsShareOfMemory) {
  World world{1000 * kBlock, 1000 * kBlock, {.memory_of_one = 2 * kBlock}};
  Spool spool{world.store};
  const std::string body = pattern(5 * kBlock + 7);
  for (std::size_t i = 0; i < body.size(); i += 1000)
    ASSERT_TRUE(spool.append({std::string_view{body}.substr(i, 1000)}));
  EXPECT_EQ(world.budget.left(), 998 * kBlock);
  EXPECT_EQ(world.store.disk_used(), 4 * kBlock);
  EXPECT_EQ(all_of(spool), body);
}

TEST(Spool, GoesToDiskWhenTheBudgetOfAllIsSpent) {
  World world{kBlock, 1000 * kBlock};
  Spool one{world.store};
  Spool two{world.store};
  ASSERT_TRUE(one.append({pattern(kBlock, 1)}));
  ASSERT_TRUE(two.append({pattern(kBlock, 2)}));
  EXPECT_EQ(world.budget.left(), 0);
  EXPECT_EQ(world.store.disk_used(), kBlock);
  EXPECT_EQ(all_of(one), pattern(kBlock, 1));
  EXPECT_EQ(all_of(two), pattern(kBlock, 2));
}

TEST(Spool, TakesNothingThatHasNoRoom) {
  World world{kBlock, 2 * kBlock};
  Spool spool{world.store};
  const std::string body = pattern(3 * kBlock);
  ASSERT_TRUE(spool.append({body}));
  EXPECT_FALSE(spool.append({"one byte more"}));
  EXPECT_EQ(spool.size(), body.size());
  EXPECT_EQ(all_of(spool), body);
  spool.drop_before(kBlock);
  EXPECT_TRUE(spool.append({"fits now"}));
  EXPECT_EQ(all_of(spool, 3 * kBlock), "fits now");
}

TEST(Spool, KeepsWithinTheLimitOfDisk) {
  World world{0, 1000 * kBlock, {.disk = 2 * kBlock}};
  Spool spool{world.store};
  EXPECT_FALSE(spool.append({pattern(3 * kBlock)}));
  EXPECT_EQ(world.store.disk_used(), 0);
  EXPECT_TRUE(spool.append({pattern(2 * kBlock)}));
}

TEST(Spool, GivesMemoryAndDiskBack) {
  World world{kBlock, 1000 * kBlock};
  {
    Spool one{world.store};
    Spool two{world.store};
    ASSERT_TRUE(one.append({pattern(3 * kBlock)}));
    ASSERT_TRUE(two.append({pattern(3 * kBlock)}));
    one.drop_before(2 * kBlock);
    EXPECT_EQ(world.budget.left(), kBlock);
  }
  EXPECT_EQ(world.budget.left(), kBlock);
  EXPECT_EQ(world.store.disk_used(), 0);
  EXPECT_EQ(world.disk->size(), 0);
}

TEST(Spool, SaysThatTheDiskFails) {
  World world{0, 1000 * kBlock};
  Spool spool{world.store};
  ASSERT_TRUE(spool.append({pattern(100)}));
  world.disk->is_failing = true;
  EXPECT_FALSE(spool.read(0));
  EXPECT_TRUE(spool.is_broken());
}

TEST(Spool, HoldsOnARealDisk) {
  http::MemoryBudget none{0};
  SpoolStore store{{}, none, make_spool_file(default_spool_directory())};
  Spool spool{store};
  const std::string body = pattern(1'000'000);
  ASSERT_TRUE(spool.append({body}));
  EXPECT_EQ(all_of(spool), body);
}

TEST(Spool, IsFullWhereNoFileCanBeMade) {
  http::MemoryBudget none{0};
  SpoolStore store{{}, none, make_spool_file("/nowhere/at/all")};
  Spool spool{store};
  EXPECT_FALSE(spool.append({"x"}));
}

}  // namespace
}  // namespace tenfold::live
