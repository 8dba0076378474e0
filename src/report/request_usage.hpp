// What a single request used of CPU and memory, worked out of the samples of its replica.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "journal/reader.hpp"

namespace tenfold::report {

// Of a request that had its replica to itself. Samples are of a second: the CPU of one in which several requests were
// there one after the other, or the replica's start too, is shared by the time that each took.
struct UsedByRequest {
  core::Duration cpu{};
  core::Bytes most_memory{};  // of the replica, meanwhile
};

// Takes the records of a journal, and tells of each request that had a slot, once its replica's next sample is there:
// what it used the last time that it had one, or nothing where that cannot be known, because it was not alone, its
// replica ended, or no sample came within ten seconds.
class RequestUsage {
 public:
  using OnKnown = std::function<void(core::RequestId, const std::optional<UsedByRequest>&)>;
  explicit RequestUsage(OnKnown on_known) : on_known_{std::move(on_known)} {}

  void take(const core::Checkpoint& checkpoint);
  void take(const journal::Step& step);
  template <class Other>
  void take(const Other&) {}

  // The request has or had a slot, and it is not told yet what it used.
  bool awaits(core::RequestId request) const { return where_.contains(request); }

 private:
  struct Visit {
    core::RequestId request{};
    core::TimePoint from{};
    core::TimePoint until = core::kNever;
    bool was_alone = true;
    UsedByRequest used;
    core::Duration covered{};  // by samples
    bool is_start = false;     // of the replica, and no request's
  };

  struct Replica {
    std::vector<Visit> open;
    std::deque<Visit> ended;  // since the last sample, in the order of their end
  };

  void begin(core::RequestId request, core::ReplicaId replica, core::TimePoint now);
  void end(core::RequestId request, core::ReplicaId replica, core::TimePoint now);
  void share(const core::UsageSampled& sample, core::TimePoint now);
  void give_up_before(core::TimePoint time);
  void forget(core::ReplicaId replica);
  void tell(const Visit& visit, bool is_known);

  OnKnown on_known_;
  std::unordered_map<core::ReplicaId, Replica> replicas_;
  std::unordered_map<core::RequestId, core::ReplicaId> where_;
  std::deque<std::pair<core::TimePoint, core::ReplicaId>> ends_;  // of visits, in their order
};

}  // namespace tenfold::report
