#include "live/spool.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tenfold::live {

std::optional<SpoolStore::Block> SpoolStore::take(bool may_be_memory) {
  if (may_be_memory && memory_.take(kBlock)) return Block{.memory = std::make_unique_for_overwrite<char[]>(kBlock)};
  if (disk_used() + kBlock > limits_.disk) return std::nullopt;
  ++blocks_on_disk_;
  if (free_places_.empty()) return Block{.place = next_place_++};
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  return Block{.place = place};
}

void SpoolStore::give_back(Block block) {
  if (block.memory) return memory_.give_back(kBlock);
  free_places_.push_back(block.place);
  if (--blocks_on_disk_ > 0) return;
  free_places_.clear();
  next_place_ = 0;
  scratch_.reset();
  file_->clear();
}

bool SpoolStore::write(Block& block, std::size_t offset, std::string_view bytes) {
  if (!block.memory) return file_->write(std::uint64_t{block.place} * kBlock + offset, bytes);
  std::memcpy(block.memory.get() + offset, bytes.data(), bytes.size());
  return true;
}

std::optional<std::string_view> SpoolStore::read(const Block& block, std::size_t from, std::size_t to) {
  if (block.memory) return std::string_view{block.memory.get() + from, to - from};
  if (!scratch_) scratch_ = std::make_unique_for_overwrite<char[]>(kBlock);
  if (!file_->read(std::uint64_t{block.place} * kBlock + from, {scratch_.get(), to - from})) return std::nullopt;
  return std::string_view{scratch_.get(), to - from};
}

Spool::~Spool() { shrink_to(0); }

bool Spool::append(std::span<const std::string_view> pieces) {
  std::uint64_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  const std::size_t blocks = blocks_.size();
  std::uint64_t end = size_;
  bool is_written = reserve(bytes);
  for (const std::string_view piece : pieces) {
    is_written = is_written && write(piece, end);
    end += piece.size();
  }
  if (is_written) {
    size_ = end;
  } else {
    shrink_to(blocks);
  }
  return is_written;
}

bool Spool::reserve(std::uint64_t bytes) {
  while (begin_ + std::uint64_t{blocks_.size()} * SpoolStore::kBlock < size_ + bytes) {
    const bool may_be_memory = (blocks_.size() + 1) * SpoolStore::kBlock <= store_.limits_.memory_of_one;
    auto block = store_.take(may_be_memory);
    if (!block) return false;
    blocks_.push_back(std::move(*block));
  }
  return true;
}

bool Spool::write(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const std::size_t within = (offset - begin_) % SpoolStore::kBlock;
    const std::size_t some = std::min(bytes.size(), SpoolStore::kBlock - within);
    if (!store_.write(blocks_[(offset - begin_) / SpoolStore::kBlock], within, bytes.substr(0, some))) return false;
    bytes.remove_prefix(some);
    offset += some;
  }
  return true;
}

std::optional<std::string_view> Spool::read(std::uint64_t offset) {
  if (offset >= size_) return std::nullopt;
  const std::size_t within = (offset - begin_) % SpoolStore::kBlock;
  const std::uint64_t to = std::min<std::uint64_t>(SpoolStore::kBlock, within + size_ - offset);
  auto bytes = store_.read(blocks_[(offset - begin_) / SpoolStore::kBlock], within, static_cast<std::size_t>(to));
  is_broken_ = is_broken_ || !bytes;
  return bytes;
}

void Spool::drop_before(std::uint64_t offset) {
  while (!blocks_.empty() && begin_ + SpoolStore::kBlock <= offset) {
    store_.give_back(std::move(blocks_.front()));
    blocks_.pop_front();
    begin_ += SpoolStore::kBlock;
  }
}

void Spool::shrink_to(std::size_t blocks) {
  while (blocks_.size() > blocks) {
    store_.give_back(std::move(blocks_.back()));
    blocks_.pop_back();
  }
}

}  // namespace tenfold::live
