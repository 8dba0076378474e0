// The requests that are admitted and have not ended, and the queue of those that wait.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "core/checkpoint.hpp"
#include "core/id_map.hpp"
#include "core/indexed_heap.hpp"
#include "core/queue/order.hpp"
#include "core/queue/ranked_queue.hpp"
#include "core/queue/work.hpp"
#include "core/slot_table.hpp"

namespace tenfold::core {

// A request waits in the queue, runs in a slot, or was taken back and its slot is not free yet. One that is tried again
// stands at the queue's front, because it has waited longest.
//
// Requests that wait or run leave by their deadline, and those that were taken back must leave by a limit; the table
// knows the next of these instants.
class RequestTable {
 public:
  explicit RequestTable(const QueueSettings& settings) : settings_{settings} {}

  // Another order: what waits is put into it.
  void configure(const QueueSettings& settings);

  std::uint32_t waiting() const { return waiting_; }
  // Slots taken: running and being cancelled.
  std::uint32_t running() const { return static_cast<std::uint32_t>(table_.size()) - waiting_; }

  // Of these, the ones that nobody waits for any more.
  std::uint32_t withdrawn() const { return withdrawn_; }

  // What waits is expected to take so long in slots, all together, as far as anything was known of it when it came.
  Duration expected_work() const { return work_.expected; }
  // Of this, what would go before `record` if it were admitted now.
  Work work_before(const RequestRecord& record) const;

  std::optional<Slot> find(RequestId id) const { return table_.find(id); }
  const RequestRecord& operator[](Slot slot) const { return table_[slot].record; }
  bool contains(RequestId id) const { return table_.find(id).has_value(); }

  // Admits `record`, which waits at its place in the order. O(log n).
  void enqueue(const RequestRecord& record);

  // Takes the first of the queue to `replica`. The queue must not be empty. Returns its slot.
  Slot dispatch_front(TimePoint now, ReplicaId replica);

  // Lets a request that ran wait again, before all others, in the order of their coming. `how` says whether the stay
  // that ended counts as one of its attempts, with its replica lost.
  enum class Again : std::uint8_t { kUncounted, kCounted };
  void requeue_front(Slot slot, Again how);
  // It came back from a replica that read nothing of it.
  void count_return(Slot slot) { ++table_[slot].record.returns; }

  // Nobody waits for the request any more, but its slot is not free. It must run, and end by `limit`.
  void mark_cancelling(Slot slot, TimePoint limit);
  // It was taken back, and its limit has passed.
  void mark_stuck(Slot slot);

  // Ends a request in any state.
  void erase(Slot slot);

  // The first of the queue, which must not be empty.
  Slot front() const { return is_ranked() ? ranked_.front() : queue_.head; }

  // Calls `f(const RequestRecord&)` for each that waits, under `fifo` in the order of the queue.
  template <class F>
  void for_each_waiting(F f) const {
    for (Slot slot = queue_.head; slot != kNoSlot; slot = table_[slot].next) f(table_[slot].record);
  }

  // When the first and the last of those that wait arrived; those that came back from a replica are the first. There
  // must be some.
  TimePoint oldest_waiting() const { return table_[queue_.head].record.arrived; }
  TimePoint newest_waiting() const { return table_[queue_.tail].record.arrived; }

  // Calls `f(const RequestRecord&)` for each whose slot is taken, in an order that says nothing.
  template <class F>
  void for_each_running(F f) const {
    for (Slot slot = taken_.head; slot != kNoSlot; slot = table_[slot].next) f(table_[slot].record);
  }

  // When the next deadline or limit passes, kNever if there is none; and whose it is.
  TimePoint next_deadline() const { return deadlines_.empty() ? kNever : deadlines_.top_key().first; }
  Slot next_to_expire() const { return deadlines_.top(); }

  void save(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);

 private:
  struct Entry {
    RequestId id{};
    RequestRecord record;
    Slot previous = kNoSlot;
    Slot next = kNoSlot;
    bool live = true;
  };

  bool is_ranked() const { return settings_.order != QueueOrder::kFifo; }
  // A list through the entries.
  struct Chain {
    Slot head = kNoSlot;
    Slot tail = kNoSlot;
  };
  void link(Chain& chain, Slot slot, Slot before, Slot after);
  void unlink(Chain& chain, Slot slot);

  void queue_back(Slot slot);
  void queue_front(Slot slot);
  void count_waiting(Slot slot);
  void leave_queue(Slot slot);
  void watch(Slot slot, TimePoint limit);

  QueueSettings settings_;
  SlotTable<RequestId, Entry> table_;
  // All that wait, in the order of their coming. Orders other than fifo have `ranked_` beside it.
  Chain queue_;
  Chain taken_;  // all that have a slot
  std::uint32_t waiting_ = 0;
  std::uint32_t withdrawn_ = 0;
  Work work_;  // of all that wait
  std::uint64_t next_ticket_ = 1;
  std::uint32_t slots_ = 0;  // slots ever used: the bound of a scan
  RankedQueue ranked_;
  // The id breaks ties, so that the order does not depend on history.
  IndexedHeap<std::pair<TimePoint, RequestId>> deadlines_;
};

}  // namespace tenfold::core
