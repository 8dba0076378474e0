// The requests that are admitted and have not ended, and the queue of those that wait.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "core/checkpoint.hpp"
#include "core/id_map.hpp"
#include "core/indexed_heap.hpp"
#include "core/slot_table.hpp"

namespace tenfold::core {

// A request is in one of three states: it waits in the queue, it runs in a slot, or it is being cancelled and its slot
// is not free yet. The queue is first in, first out; a request that is tried again stands at its front, because it
// has waited longest.
//
// Requests that wait or run leave by their deadline; the table knows the next one.
class RequestTable {
 public:
  std::uint32_t waiting() const { return waiting_; }
  // Slots taken: running and being cancelled.
  std::uint32_t running() const { return static_cast<std::uint32_t>(table_.size()) - waiting_; }

  std::optional<Slot> find(RequestId id) const { return table_.find(id); }
  const RequestRecord& operator[](Slot slot) const { return table_[slot].record; }
  bool contains(RequestId id) const { return table_.find(id).has_value(); }

  // Admits `record`, which waits at the end of the queue. O(log n).
  void enqueue(const RequestRecord& record);

  // Takes the first of the queue to `replica`. The queue must not be empty. Returns its slot.
  Slot dispatch_front(TimePoint now, ReplicaId replica);

  // Lets a request that ran wait again, before all others; `lost` says that its replica was lost with it.
  void requeue_front(Slot slot, bool lost);

  // The request no longer matters to a client, but its slot is not free. It must run.
  void mark_cancelling(Slot slot);

  // Ends a request in any state.
  void erase(Slot slot);

  // The first of the queue, which must not be empty.
  Slot front() const { return head_; }

  // When the next deadline passes, and whose it is.
  std::optional<TimePoint> next_deadline() const;
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

  void link_back(Slot slot);
  void link_front(Slot slot);
  void unlink(Slot slot);
  void watch_deadline(Slot slot);

  SlotTable<RequestId, Entry> table_;
  Slot head_ = kNoSlot;
  Slot tail_ = kNoSlot;
  std::uint32_t waiting_ = 0;
  std::uint32_t slots_ = 0;  // slots ever used: the bound of a scan
  // The id breaks ties, so that the order does not depend on history.
  IndexedHeap<std::pair<TimePoint, RequestId>> deadlines_;
};

}  // namespace tenfold::core
