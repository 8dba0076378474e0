// Bodies that wait for their reader: in memory as far as a budget allows, then in a file.
//
// A request that is larger than a connection's buffer is kept here until its replica has answered, so that a slow
// sender holds no slot and a second try reads the same bytes. An answer is kept here as far as its client has not read
// it, so that the slot is free when the replica is done. Small bodies never come here.
//
//   SpoolStore store{{}, budget, make_spool_file(default_spool_directory())};
//   Spool spool{store};
//   if (!spool.append({head, piece})) wait();         // no room anywhere: nothing was taken
//   while (auto piece = spool.read(sent)) send(*piece), sent += piece->size();
//
// One thread. What is written to disk goes to the page cache, as a proxy's temporary files do.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http/memory_budget.hpp"
#include "live/spool_file.hpp"

namespace tenfold::live {

struct SpoolLimits {
  // Of one body, what stays in memory.
  std::uint64_t memory_of_one = std::uint64_t{1} << 20;
  // In the file, all bodies together.
  std::uint64_t disk = std::uint64_t{1} << 30;
};

// Gives room to spools, in blocks of one size.
class SpoolStore {
 public:
  static constexpr std::size_t kBlock = std::size_t{32} << 10;

  // `memory` must outlive it.
  SpoolStore(const SpoolLimits& limits, http::MemoryBudget& memory, std::unique_ptr<SpoolFile> file)
      : limits_{limits}, memory_{memory}, file_{std::move(file)} {}
  SpoolStore(const SpoolStore&) = delete;
  SpoolStore& operator=(const SpoolStore&) = delete;

  // Bytes that are taken on disk now.
  std::uint64_t disk_used() const { return std::uint64_t{blocks_on_disk_} * kBlock; }

 private:
  friend class Spool;
  // Room for kBlock bytes: in memory, or at a place of the file.
  struct Block {
    std::unique_ptr<char[]> memory;
    std::uint32_t place = 0;
  };

  std::optional<Block> take(bool may_be_memory);
  void give_back(Block block);
  bool write(Block& block, std::size_t offset, std::string_view bytes);
  // The bytes [from, to) of the block; those on disk until the next call.
  std::optional<std::string_view> read(const Block& block, std::size_t from, std::size_t to);

  SpoolLimits limits_;
  http::MemoryBudget& memory_;
  std::unique_ptr<SpoolFile> file_;
  std::uint32_t blocks_on_disk_ = 0;
  std::uint32_t next_place_ = 0;  // that was never taken since the file was empty
  std::vector<std::uint32_t> free_places_;
  std::unique_ptr<char[]> scratch_;
};

// One body. Bytes are named by their place in it, also when those before are gone.
class Spool {
 public:
  // `store` must outlive it.
  explicit Spool(SpoolStore& store) : store_{store} {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Takes all pieces, or nothing: false when neither memory nor disk has room for them.
  bool append(std::span<const std::string_view> pieces);
  bool append(std::initializer_list<std::string_view> pieces) {
    return append(std::span{pieces.begin(), pieces.size()});
  }

  // All that was appended.
  std::uint64_t size() const { return size_; }
  // The bytes from `offset` on, as far as they lie in one piece: valid until the next call to any spool of the store.
  // Nothing at the end, and when the disk fails: then `is_broken`.
  std::optional<std::string_view> read(std::uint64_t offset);
  bool is_broken() const { return is_broken_; }
  // What lies before `offset` is not read again.
  void drop_before(std::uint64_t offset);

 private:
  bool reserve(std::uint64_t bytes);
  bool write(std::string_view bytes, std::uint64_t offset);
  void shrink_to(std::size_t blocks);

  SpoolStore& store_;
  std::deque<SpoolStore::Block> blocks_;
  std::uint64_t begin_ = 0;  // of the first block
  std::uint64_t size_ = 0;
  bool is_broken_ = false;
};

}  // namespace tenfold::live
