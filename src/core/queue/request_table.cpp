#include "core/queue/request_table.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>
#include <vector>

namespace tenfold::core {

namespace {

// Before all that come to the queue by themselves.
constexpr std::int64_t kFrontRank = std::numeric_limits<std::int64_t>::min();

Work work_of(const RequestRecord& record) {
  const auto ms = static_cast<std::uint64_t>(record.deviation / std::chrono::milliseconds{1});
  const bool is_known = record.expected > Duration::zero();
  return {.expected = record.expected, .variance_ms2 = ms * ms, .unknown = is_known ? 0U : 1U};
}

}  // namespace

void RequestTable::configure(const QueueSettings& settings) {
  std::vector<Slot> all;
  for (Slot slot = queue_.head; slot != kNoSlot; slot = table_[slot].next) all.push_back(slot);
  ranked_ = {};
  settings_ = settings;
  for (const Slot slot : all) {
    RequestRecord& record = table_[slot].record;
    if (record.rank != kFrontRank) record.rank = rank_of(settings_, record);
    if (is_ranked()) ranked_.insert(slot, {record.rank, record.ticket}, work_of(record));
  }
}

Work RequestTable::work_before(const RequestRecord& record) const {
  return is_ranked() ? ranked_.before({rank_of(settings_, record), next_ticket_}) : work_;
}

void RequestTable::enqueue(const RequestRecord& record) {
  const Slot slot = table_.insert({.id = record.id, .record = record});
  slots_ = std::max(slots_, slot + 1);
  RequestRecord& kept = table_[slot].record;
  kept.state = RequestState::kWaiting;
  kept.rank = rank_of(settings_, kept);
  kept.ticket = next_ticket_++;
  queue_back(slot);
  watch(slot, kept.deadline);
}

Slot RequestTable::dispatch_front(TimePoint now, ReplicaId replica) {
  assert(waiting_ > 0);
  const Slot slot = front();
  leave_queue(slot);
  link(taken_, slot, taken_.tail, kNoSlot);
  RequestRecord& record = table_[slot].record;
  record.state = RequestState::kRunning;
  record.replica = replica;
  record.dispatched = now;
  record.was_dispatched = true;
  ++record.attempts;
  return slot;
}

void RequestTable::requeue_front(Slot slot, Again how) {
  RequestRecord& record = table_[slot].record;
  assert(record.state == RequestState::kRunning);
  record.state = RequestState::kWaiting;
  record.rank = kFrontRank;
  if (how == Again::kCounted) record.lost_on = record.replica;
  if (how == Again::kUncounted) --record.attempts;
  unlink(taken_, slot);
  queue_front(slot);
}

void RequestTable::mark_cancelling(Slot slot, TimePoint limit) {
  RequestRecord& record = table_[slot].record;
  assert(record.state == RequestState::kRunning);
  record.state = RequestState::kCancelling;
  record.cancel_limit = limit;
  ++withdrawn_;
  watch(slot, limit);
}

void RequestTable::mark_stuck(Slot slot) {
  assert(table_[slot].record.state == RequestState::kCancelling);
  table_[slot].record.state = RequestState::kStuck;
  deadlines_.erase(slot);
}

void RequestTable::erase(Slot slot) {
  if (table_[slot].record.state == RequestState::kWaiting) {
    leave_queue(slot);
  } else {
    unlink(taken_, slot);
  }
  if (table_[slot].record.state >= RequestState::kCancelling) --withdrawn_;
  deadlines_.erase(slot);
  table_[slot].live = false;
  table_.erase(slot);
}

void RequestTable::save(Checkpoint& checkpoint) const {
  checkpoint.next_ticket = next_ticket_;
  for_each_waiting([&](const RequestRecord& record) { checkpoint.waiting.push_back(record); });
  for (Slot slot = 0; slot < slots_; ++slot) {
    const Entry& entry = table_[slot];
    if (entry.live && entry.record.state != RequestState::kWaiting) checkpoint.running.push_back(entry.record);
  }
  std::ranges::sort(checkpoint.running, {}, &RequestRecord::id);
}

void RequestTable::load(const Checkpoint& checkpoint) {
  next_ticket_ = checkpoint.next_ticket;
  const auto insert = [this](const RequestRecord& record) {
    const Slot slot = table_.insert({.id = record.id, .record = record});
    slots_ = std::max(slots_, slot + 1);
    if (record.state >= RequestState::kCancelling) ++withdrawn_;
    if (record.state <= RequestState::kCancelling) {
      watch(slot, record.state == RequestState::kCancelling ? record.cancel_limit : record.deadline);
    }
    return slot;
  };
  for (const RequestRecord& record : checkpoint.waiting) queue_back(insert(record));
  for (const RequestRecord& record : checkpoint.running) link(taken_, insert(record), taken_.tail, kNoSlot);
}

void RequestTable::link(Chain& chain, Slot slot, Slot before, Slot after) {
  table_[slot].previous = before;
  table_[slot].next = after;
  (before == kNoSlot ? chain.head : table_[before].next) = slot;
  (after == kNoSlot ? chain.tail : table_[after].previous) = slot;
}

void RequestTable::unlink(Chain& chain, Slot slot) {
  const Entry& entry = table_[slot];
  (entry.previous == kNoSlot ? chain.head : table_[entry.previous].next) = entry.next;
  (entry.next == kNoSlot ? chain.tail : table_[entry.next].previous) = entry.previous;
}

void RequestTable::queue_back(Slot slot) {
  link(queue_, slot, queue_.tail, kNoSlot);
  count_waiting(slot);
}

// Behind those that came back before it and are older. There are as many as slots at most, and mostly none.
void RequestTable::queue_front(Slot slot) {
  Slot before = kNoSlot;
  Slot after = queue_.head;
  const auto is_older = [&](Slot other) {
    const RequestRecord& record = table_[other].record;
    return record.rank == kFrontRank && record.ticket < table_[slot].record.ticket;
  };
  while (after != kNoSlot && is_older(after)) before = std::exchange(after, table_[after].next);
  link(queue_, slot, before, after);
  count_waiting(slot);
}

void RequestTable::count_waiting(Slot slot) {
  const RequestRecord& record = table_[slot].record;
  if (is_ranked()) ranked_.insert(slot, {record.rank, record.ticket}, work_of(record));
  work_ += work_of(record);
  ++waiting_;
}

void RequestTable::leave_queue(Slot slot) {
  unlink(queue_, slot);
  if (is_ranked()) ranked_.erase(slot);
  work_ -= work_of(table_[slot].record);
  --waiting_;
}

void RequestTable::watch(Slot slot, TimePoint limit) {
  if (limit == kNever) return deadlines_.erase(slot);
  deadlines_.set(slot, {limit, table_[slot].record.id});
}

}  // namespace tenfold::core
