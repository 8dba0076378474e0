// Records in reusable slots, found by id.
#pragma once

#include <cassert>
#include <optional>
#include <vector>

#include "core/id_map.hpp"

namespace tenfold::core {

// `Record` has a member `id`. A slot stays valid until its record is erased; references stay valid until the next
// insert.
template <class Id, class Record>
class SlotTable {
 public:
  std::size_t size() const { return ids_.size(); }

  // `record.id` must be new.
  Slot insert(const Record& record) {
    Slot slot = 0;
    if (free_.empty()) {
      slot = static_cast<Slot>(records_.size());
      records_.push_back(record);
    } else {
      slot = free_.back();
      free_.pop_back();
      records_[slot] = record;
    }
    ids_.insert(record.id, slot);
    return slot;
  }

  std::optional<Slot> find(Id id) const { return ids_.find(id); }

  void erase(Slot slot) {
    ids_.erase(records_[slot].id);
    free_.push_back(slot);
  }

  Record& operator[](Slot slot) { return records_[slot]; }
  const Record& operator[](Slot slot) const { return records_[slot]; }

 private:
  std::vector<Record> records_;
  std::vector<Slot> free_;
  IdMap<Id> ids_;
};

}  // namespace tenfold::core
