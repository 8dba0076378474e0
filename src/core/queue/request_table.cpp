#include "core/queue/request_table.hpp"

#include <algorithm>
#include <cassert>

namespace tenfold::core {

void RequestTable::enqueue(const RequestRecord& record) {
  const Slot slot = table_.insert({.id = record.id, .record = record});
  slots_ = std::max(slots_, slot + 1);
  table_[slot].record.state = RequestState::kWaiting;
  link_back(slot);
  watch_deadline(slot);
}

Slot RequestTable::dispatch_front(TimePoint now, ReplicaId replica) {
  assert(head_ != kNoSlot);
  const Slot slot = head_;
  unlink(slot);
  RequestRecord& record = table_[slot].record;
  record.state = RequestState::kRunning;
  record.replica = replica;
  record.dispatched = now;
  ++record.attempts;
  return slot;
}

void RequestTable::requeue_front(Slot slot, bool lost) {
  RequestRecord& record = table_[slot].record;
  assert(record.state == RequestState::kRunning);
  record.state = RequestState::kWaiting;
  if (lost) ++record.replicas_lost;
  link_front(slot);
}

void RequestTable::mark_cancelling(Slot slot) {
  assert(table_[slot].record.state == RequestState::kRunning);
  table_[slot].record.state = RequestState::kCancelling;
  deadlines_.erase(slot);
}

void RequestTable::erase(Slot slot) {
  if (table_[slot].record.state == RequestState::kWaiting) unlink(slot);
  deadlines_.erase(slot);
  table_[slot].live = false;
  table_.erase(slot);
}

std::optional<TimePoint> RequestTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.top_key().first;
}

void RequestTable::save(Checkpoint& checkpoint) const {
  for (Slot slot = head_; slot != kNoSlot; slot = table_[slot].next) checkpoint.waiting.push_back(table_[slot].record);
  for (Slot slot = 0; slot < slots_; ++slot) {
    const Entry& entry = table_[slot];
    if (entry.live && entry.record.state != RequestState::kWaiting) checkpoint.running.push_back(entry.record);
  }
  std::ranges::sort(checkpoint.running, {}, &RequestRecord::id);
}

void RequestTable::load(const Checkpoint& checkpoint) {
  for (const RequestRecord& record : checkpoint.waiting) enqueue(record);
  for (const RequestRecord& record : checkpoint.running) {
    const Slot slot = table_.insert({.id = record.id, .record = record});
    slots_ = std::max(slots_, slot + 1);
    if (record.state == RequestState::kRunning) watch_deadline(slot);
  }
}

void RequestTable::link_back(Slot slot) {
  Entry& entry = table_[slot];
  entry.previous = tail_;
  entry.next = kNoSlot;
  (tail_ == kNoSlot ? head_ : table_[tail_].next) = slot;
  tail_ = slot;
  ++waiting_;
}

void RequestTable::link_front(Slot slot) {
  Entry& entry = table_[slot];
  entry.previous = kNoSlot;
  entry.next = head_;
  (head_ == kNoSlot ? tail_ : table_[head_].previous) = slot;
  head_ = slot;
  ++waiting_;
}

void RequestTable::unlink(Slot slot) {
  const Entry& entry = table_[slot];
  (entry.previous == kNoSlot ? head_ : table_[entry.previous].next) = entry.next;
  (entry.next == kNoSlot ? tail_ : table_[entry.next].previous) = entry.previous;
  --waiting_;
}

void RequestTable::watch_deadline(Slot slot) {
  const RequestRecord& record = table_[slot].record;
  if (record.deadline != kNever) deadlines_.set(slot, {record.deadline, record.id});
}

}  // namespace tenfold::core
