#include "core/replica_set.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <tuple>
#include <utility>

namespace tenfold::core {

namespace {

// A replica that took no connection gets nothing for so long, doubled with each time in a row: short beside a solve,
// and long beside the cost of trying.
constexpr Duration kFirstPause = std::chrono::milliseconds{5};
constexpr Duration kLongestPause = std::chrono::seconds{1};

std::int64_t to_nanocpus(double cpus) { return std::llround(cpus * 1e9); }

}  // namespace

double ReplicaSet::cpus() const { return static_cast<double>(nanocpus_) * 1e-9; }

void ReplicaSet::configure(const ReplicaSettings& settings) {
  settings_ = settings;
  for (const Slot slot : by_age()) reorder(slot);
  for (const Slot slot : by_age(Role::kWarm)) reorder(slot);
}

void ReplicaSet::expect_standbys(Duration start_timeout) {
  standby_start_timeout_ = start_timeout;
  for (const Slot slot : by_age(Role::kStandby)) reorder(slot);
}

Role ReplicaSet::role(const ReplicaRecord& replica) const {
  if (replica.state > ReplicaState::kReady) return Role::kServing;
  if (replica.revision != revision_) return Role::kStandby;
  return replica.is_warm ? Role::kWarm : Role::kServing;
}

void ReplicaSet::serve(RevisionId revision) {
  assert(by_age(Role::kWarm).empty());
  revision_ = revision;
  counts_[to_index(Role::kStandby)] = {};
  for (const Slot slot : std::exchange(lists_[to_index(Role::kStandby)], {})) {
    assert(table_[slot].revision == revision);
    list(slot);
    reorder(slot);
  }
}

void ReplicaSet::list(Slot slot) {
  const ReplicaRecord& replica = table_[slot];
  std::vector<Slot>& slots = lists_[to_index(role(replica))];
  slots.insert(std::ranges::upper_bound(slots, replica.id, {}, [this](Slot other) { return table_[other].id; }), slot);
  count(replica, +1);
}

void ReplicaSet::unlist(Slot slot) {
  std::erase(lists_[to_index(role(table_[slot]))], slot);
  count(table_[slot], -1);
}

template <class Change>
void ReplicaSet::move(Slot slot, Change change) {
  unlist(slot);
  change(table_[slot]);
  list(slot);
  reorder(slot);
}

std::optional<Slot> ReplicaSet::next_warm() const {
  const std::vector<Slot>& warm = by_age(Role::kWarm);
  const auto distance = [this](Slot slot) {
    const ReplicaRecord& replica = table_[slot];
    return std::pair{replica.state == ReplicaState::kStarting || replica.is_unready, replica.is_unready};
  };
  const auto nearest = std::ranges::min_element(warm, {}, distance);
  return nearest == warm.end() ? std::nullopt : std::optional{*nearest};
}

void ReplicaSet::reserve(Slot slot) {
  assert(table_[slot].running == 0);
  move(slot, [](ReplicaRecord& replica) { replica.is_warm = true; });
}

void ReplicaSet::enlist(Slot slot, TimePoint now) {
  move(slot, [&](ReplicaRecord& replica) {
    replica.is_warm = false;
    replica.idle_since = now;
    replica.turn = next_turn_++;
  });
}

void ReplicaSet::prefer(Preference preference) {
  preference_ = preference;
  for (const Slot slot : by_age()) reorder(slot);
}

ReplicaId ReplicaSet::add(TimePoint now, RevisionId revision) {
  const ReplicaId id{next_id_++};
  const Slot slot = table_.insert({.id = id,
                                   .revision = revision,
                                   .state = ReplicaState::kStarting,
                                   .started = now,
                                   .since = now,
                                   .busy_until = now});
  list(slot);
  reorder(slot);
  return id;
}

void ReplicaSet::enter(Slot slot, ReplicaState state, TimePoint now) {
  assert(table_[slot].state < state);
  move(slot, [&](ReplicaRecord& replica) {
    replica.state = state;
    replica.since = now;
    if (state == ReplicaState::kReady) replica.readiness_changed = replica.idle_since = now;
    replica.turn = next_turn_++;
  });
}

void ReplicaSet::remove(Slot slot) {
  nanocpus_ -= to_nanocpus(table_[slot].cpus);
  unlist(slot);
  free_.erase(slot);
  idle_.erase(slot);
  state_deadlines_.erase(slot);
  suspended_.erase(slot);
  table_.erase(slot);
}

std::optional<Slot> ReplicaSet::next_free(ReplicaId avoided) const {
  if (free_.empty()) return std::nullopt;
  const bool has_choice = free_.size() > 1 && table_[free_.top()].id == avoided;
  return has_choice ? free_.second() : free_.top();
}

std::uint32_t ReplicaSet::serving() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(by_age(), [this](Slot slot) {
    const ReplicaRecord& replica = table_[slot];
    return replica.state == ReplicaState::kReady && !replica.is_unready && replica.withdrawn < settings_.concurrency;
  }));
}

std::uint32_t ReplicaSet::passing(Role role) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(by_age(role), [this](Slot slot) {
    return table_[slot].state == ReplicaState::kReady && !table_[slot].is_unready;
  }));
}

void ReplicaSet::take_slot(Slot slot, TimePoint now) {
  ReplicaRecord& replica = table_[slot];
  integrate(replica, now);
  assert(replica.state == ReplicaState::kReady && replica.running < settings_.concurrency);
  ++replica.running;
  replica.turn = next_turn_++;
  reorder(slot);
}

void ReplicaSet::free_slot(Slot slot, TimePoint now, RequestState state) {
  ReplicaRecord& replica = table_[slot];
  integrate(replica, now);
  assert(replica.running > 0);
  if (--replica.running == 0) replica.idle_since = now;
  if (state >= RequestState::kCancelling) --replica.withdrawn;
  if (state == RequestState::kStuck) --replica.stuck;
  replica.turn = next_turn_++;
  reorder(slot);
}

void ReplicaSet::integrate(ReplicaRecord& replica, TimePoint now) {
  replica.busy += static_cast<double>(replica.running) * static_cast<double>((now - replica.busy_until).count());
  replica.busy_until = now;
}

Duration ReplicaSet::sample(Slot slot, TimePoint now, double cpus, Bytes memory) {
  ReplicaRecord& replica = table_[slot];
  integrate(replica, now);
  const Duration busy{static_cast<Duration::rep>(replica.busy - replica.busy_sampled)};
  replica.busy_sampled = replica.busy;
  nanocpus_ += to_nanocpus(cpus) - to_nanocpus(replica.cpus);
  replica.cpus = cpus;
  replica.memory = memory;
  replica.sample_began = std::max(replica.sampled, replica.started);
  replica.sampled = now;
  return busy;
}

void ReplicaSet::set_unready(Slot slot, TimePoint now, bool is_unready) {
  ReplicaRecord& replica = table_[slot];
  if (replica.is_unready != is_unready) replica.readiness_changed = now;
  replica.is_unready = is_unready;
  reorder(slot);
}

void ReplicaSet::pause(Slot slot, TimePoint now) {
  ReplicaRecord& replica = table_[slot];
  if (replica.suspended_until > now) return;  // by another of its requests in the same breath
  replica.busy_pause = std::clamp(2 * replica.busy_pause, kFirstPause, kLongestPause);
  replica.suspended_until = now + replica.busy_pause;
  suspended_.set(slot, {replica.suspended_until, replica.id});
  reorder(slot);
}

void ReplicaSet::resume_due(TimePoint now) {
  while (!suspended_.empty() && suspended_.top_key().first <= now) {
    const Slot slot = suspended_.top();
    suspended_.erase(slot);
    table_[slot].suspended_until = TimePoint{};
    reorder(slot);
  }
}

std::vector<Slot> ReplicaSet::least_needed(std::uint32_t count) const {
  const auto need = [this](Slot slot) {
    const ReplicaRecord& replica = table_[slot];
    const bool is_ready = replica.state == ReplicaState::kReady;
    const bool is_wanted = replica.running > replica.withdrawn;
    if (preference_ == Preference::kNewest) {
      return std::tuple{is_wanted, !is_ready, replica.running,
                        std::int64_t{replica.idle_since.time_since_epoch().count()}};
    }
    return std::tuple{is_wanted, is_ready && !replica.is_unready, replica.running,
                      -std::int64_t{to_number(replica.id)}};
  };
  std::vector<Slot> slots = by_age();
  std::erase_if(slots, [this](Slot slot) { return table_[slot].state > ReplicaState::kReady; });
  std::ranges::stable_sort(slots, {}, need);
  slots.resize(std::min<std::size_t>(slots.size(), count));
  return slots;
}

std::uint32_t ReplicaSet::idle_since(TimePoint since) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(by_age(), [&](Slot slot) {
    const ReplicaRecord& replica = table_[slot];
    return replica.state == ReplicaState::kReady && replica.running == 0 && replica.idle_since <= since;
  }));
}

void ReplicaSet::limit_drains(TimePoint limit) {
  drain_limit_ = limit;
  for (const Slot slot : by_age()) reorder(slot);
}

std::optional<Slot> ReplicaSet::overdue(TimePoint due) const {
  if (state_deadlines_.empty() || state_deadlines_.top_key().first > due) return std::nullopt;
  return state_deadlines_.top();
}

void ReplicaSet::save(Checkpoint& checkpoint) const {
  checkpoint.next_replica = next_id_;
  checkpoint.next_turn = next_turn_;
  checkpoint.drain_limit = drain_limit_;
  for (const std::vector<Slot>& slots : lists_) {
    for (const Slot slot : slots) checkpoint.replicas.push_back(table_[slot]);
  }
  std::ranges::sort(checkpoint.replicas, {}, &ReplicaRecord::id);
  checkpoint.revision = revision_;
}

void ReplicaSet::load(const Checkpoint& checkpoint) {
  next_id_ = checkpoint.next_replica;
  next_turn_ = checkpoint.next_turn;
  drain_limit_ = checkpoint.drain_limit;
  revision_ = checkpoint.revision;
  if (checkpoint.rollout) standby_start_timeout_ = checkpoint.rollout->settings.start_timeout;
  for (const ReplicaRecord& replica : checkpoint.replicas) {
    const Slot slot = table_.insert(replica);
    list(slot);
    nanocpus_ += to_nanocpus(replica.cpus);
    if (replica.suspended_until != TimePoint{}) suspended_.set(slot, {replica.suspended_until, replica.id});
    reorder(slot);
  }
}

void ReplicaSet::count(const ReplicaRecord& replica, int change) {
  const auto add = [change](std::uint32_t& counter) { counter += static_cast<std::uint32_t>(change); };
  ReplicaCounts& counts = counts_[to_index(role(replica))];
  switch (replica.state) {
    case ReplicaState::kStarting:
      return add(counts.starting);
    case ReplicaState::kReady:
      return add(counts.ready);
    case ReplicaState::kDraining:
      return add(counts.draining);
    case ReplicaState::kStopping:
      return add(counts.stopping);
  }
}

void ReplicaSet::reorder(Slot slot) {
  const ReplicaRecord& replica = table_[slot];
  const Role its_role = role(replica);
  const bool serves = replica.state == ReplicaState::kReady && its_role == Role::kServing;
  const bool has_room = serves && !replica.is_unready && replica.running < settings_.concurrency;
  const bool prefers_newest = preference_ == Preference::kNewest;
  if (has_room && !suspended_.contains(slot)) {
    const std::uint64_t newest_first = ~std::uint64_t{to_number(replica.id)};
    free_.set(slot, prefers_newest ? std::pair{0U, newest_first} : std::pair{replica.running, replica.turn});
  } else {
    free_.erase(slot);
  }
  if (prefers_newest && serves && replica.running == 0) {
    idle_.set(slot, {replica.idle_since, replica.id});
  } else {
    idle_.erase(slot);
  }
  if (replica.state == ReplicaState::kStarting) {
    const Duration timeout = its_role == Role::kStandby ? standby_start_timeout_ : settings_.start_timeout;
    state_deadlines_.set(slot, {replica.since + timeout, replica.id});
  } else if (replica.state == ReplicaState::kDraining && drain_limit_ != kNever) {
    state_deadlines_.set(slot, {drain_limit_, replica.id});
  } else {
    state_deadlines_.erase(slot);
  }
}

}  // namespace tenfold::core
