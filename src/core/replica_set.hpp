// The replicas of a service: their states, their slots, and which of them gets the next request.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/checkpoint.hpp"
#include "core/id_map.hpp"
#include "core/indexed_heap.hpp"
#include "core/settings.hpp"
#include "core/slot_table.hpp"

namespace tenfold::core {

struct ReplicaCounts {
  std::uint32_t starting = 0;
  std::uint32_t ready = 0;
  std::uint32_t draining = 0;
  std::uint32_t stopping = 0;

  // Those that serve or soon will.
  std::uint32_t active() const { return starting + ready; }
  std::uint32_t existing() const { return starting + ready + draining + stopping; }
};

// Which of the ready replicas with a free slot gets the next request, and which is missed least. The scale policy says.
enum class Preference : std::uint8_t {
  // The one with the fewest requests under way gets it, among equals the one that has waited longest; so all are used
  // alike. The youngest goes first.
  kLeastBusy,
  // The one that was started last gets it, so that the others have nothing to do. The one that has had nothing to do
  // for longest goes first.
  kNewest,
};

// What a replica is there for. Each role has a count and a list of its own.
enum class Role : std::uint8_t {
  kServing,  // of the revision that serves; and what leaves, whatever it was
  kStandby,  // of another revision, it starts or is ready, and gets nothing until its revision serves
  kWarm,     // of the revision that serves, it starts or is ready, and gets nothing until it is enlisted
};
inline constexpr std::size_t kRoles = 3;

// Keeps, in O(log n) per change, the order of dispatch. A replica whose slots are all taken, or that pauses, is not in
// it.
class ReplicaSet {
 public:
  explicit ReplicaSet(const ReplicaSettings& settings) : settings_{settings} {}

  // Slots and times from now on. A replica that has more requests than slots keeps them and gets no more.
  void configure(const ReplicaSettings& settings);
  // From now on.
  void prefer(Preference preference);
  // Slots of each replica.
  std::uint32_t concurrency() const { return settings_.concurrency; }
  const ReplicaSettings& settings() const { return settings_; }

  const ReplicaCounts& counts(Role role = Role::kServing) const { return counts_[to_index(role)]; }
  RevisionId revision() const { return revision_; }
  Role role(const ReplicaRecord& replica) const;
  // Replicas of a role that are ready and pass their readiness probe. O(n).
  std::uint32_t passing(Role role) const;
  std::optional<Slot> find(ReplicaId id) const { return table_.find(id); }
  const ReplicaRecord& operator[](Slot slot) const { return table_[slot]; }

  // The warm replica that is to be enlisted next: one that is ready, among equals the oldest. O(n).
  std::optional<Slot> next_warm() const;
  // A replica that serves is kept warm, which has nothing to do; and a warm one serves.
  void reserve(Slot slot);
  void enlist(Slot slot, TimePoint now);

  // A new replica, which starts.
  ReplicaId add(TimePoint now, RevisionId revision = kFirstRevision);
  // From now on this revision serves: its replicas are no standbys any more. Those of the one before have left, or
  // leave.
  void serve(RevisionId revision);
  // How long the starts of standbys may take.
  void expect_standbys(Duration start_timeout);
  // It announced that it ends a request whose connection is closed.
  void set_cancels(Slot slot, bool cancels) { table_[slot].cancels = cancels; }
  // Moves a replica on to `state`, never back.
  void enter(Slot slot, ReplicaState state, TimePoint now);
  void remove(Slot slot);

  // The replica that gets the next request, if a slot is free: another than `avoided` if there is one.
  std::optional<Slot> next_free(ReplicaId avoided = {}) const;
  void take_slot(Slot slot, TimePoint now);
  // A request leaves its slot, in which it was in `state`.
  void free_slot(Slot slot, TimePoint now, RequestState state);
  // A request that runs there was taken back; it should have ended by now.
  void count_withdrawn(Slot slot) { ++table_[slot].withdrawn; }
  void count_stuck(Slot slot) { ++table_[slot].stuck; }
  // Ready replicas that pass their readiness probe and have a slot that no withdrawn request holds. O(n).
  std::uint32_t serving() const;

  // A usage sample of the replica. Returns for how long its slots were taken since the one before, all together.
  Duration sample(Slot slot, TimePoint now, double cpus, Bytes memory);
  // CPUs that all replicas used in their last samples.
  double cpus() const;

  // Its readiness probe failed, or passes again.
  void set_unready(Slot slot, TimePoint now, bool is_unready);
  // Its process is ending.
  void mark_ending(Slot slot) { table_[slot].is_ending = true; }

  // It took no connection: it gets nothing for a pause, which doubles until it answers.
  void pause(Slot slot, TimePoint now);
  void answered(Slot slot) { table_[slot].busy_pause = Duration::zero(); }
  // It has shown that it works.
  void mark_answered(Slot slot) { table_[slot].has_answered = true; }
  // Ends the pauses whose time has come.
  void resume_due(TimePoint now);

  // The replicas that are missed least, at most `count`: first one that does nothing for anybody, among these one that
  // does not serve yet or any more, then the fewest requests under way, the youngest. O(n log n).
  //
  // Where the newest is preferred: one that does nothing for anybody, among these one that is ready, then the fewest
  // requests under way, the longest idle.
  std::vector<Slot> least_needed(std::uint32_t count) const;

  // Ready replicas in which nothing has run since `since`. O(n).
  std::uint32_t idle_since(TimePoint since) const;
  // Since when nothing has run in the ready replica that has been idle for longest; kNever if none is idle. Known where
  // the newest is preferred.
  TimePoint longest_idle_since() const { return idle_.empty() ? kNever : idle_.top_key().first; }

  // From now on a replica that drains may take until `limit`.
  void limit_drains(TimePoint limit);
  // That limit; kNever if there is none.
  TimePoint drain_limit() const { return drain_limit_; }

  // The next instant that something is due by itself: a start or a drain takes too long, or a pause ends;
  // kNever if nothing is.
  TimePoint next_deadline() const {
    const TimePoint of_state = state_deadlines_.empty() ? kNever : state_deadlines_.top_key().first;
    return suspended_.empty() ? of_state : std::min(of_state, suspended_.top_key().first);
  }
  // A replica whose start or drain has taken too long by `due`.
  std::optional<Slot> overdue(TimePoint due) const;

  // The replicas of a role, in the order in which they were started.
  const std::vector<Slot>& by_age(Role role = Role::kServing) const { return lists_[to_index(role)]; }

  void save(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);

 private:
  static std::size_t to_index(Role role) { return static_cast<std::size_t>(role); }
  // Whatever `change` does to a replica, afterwards it is listed and counted with those of its role.
  template <class Change>
  void move(Slot slot, Change change);
  void list(Slot slot);
  void unlist(Slot slot);
  void count(const ReplicaRecord& replica, int change);
  void integrate(ReplicaRecord& replica, TimePoint now);
  // Puts the replica where it belongs in the orders that follow from its record.
  void reorder(Slot slot);

  ReplicaSettings settings_;
  Preference preference_ = Preference::kLeastBusy;
  SlotTable<ReplicaId, ReplicaRecord> table_;
  RevisionId revision_ = kFirstRevision;
  std::array<std::vector<Slot>, kRoles> lists_;
  std::array<ReplicaCounts, kRoles> counts_;
  Duration standby_start_timeout_{};
  std::int64_t nanocpus_ = 0;  // whole numbers: the sum must not depend on the order in which it came about
  TimePoint drain_limit_ = kNever;
  std::uint32_t next_id_ = 1;
  std::uint64_t next_turn_ = 0;
  IndexedHeap<std::pair<std::uint32_t, std::uint64_t>> free_;     // in the order of dispatch
  IndexedHeap<std::pair<TimePoint, ReplicaId>> idle_;             // ready and idle, where the newest is preferred
  IndexedHeap<std::pair<TimePoint, ReplicaId>> state_deadlines_;  // of starting and draining replicas
  IndexedHeap<std::pair<TimePoint, ReplicaId>> suspended_;
};

}  // namespace tenfold::core
