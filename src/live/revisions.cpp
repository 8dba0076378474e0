#include "live/revisions.hpp"

#include <utility>

namespace tenfold::live {

namespace {

// A replica that runs need not be replaced for what it was told of slots, or for how long its start might have taken.
bool is_same(ReplicaSpec a, const ReplicaSpec& b) {
  a.concurrency = b.concurrency;
  a.start_timeout = b.start_timeout;
  return a == b;
}

}  // namespace

core::RevisionId Revisions::take(ReplicaSpec spec, const core::ServiceView& view) {
  for (const core::RevisionId id : {view.revision, view.next_revision}) {
    const auto known = specs_.find(id);
    if (known == specs_.end() || !is_same(spec, known->second)) continue;
    known->second = std::move(spec);
    return id;
  }
  std::erase_if(specs_, [&view](const auto& entry) { return entry.first != view.revision; });
  newest_ = core::RevisionId{core::to_number(newest_) + 1};
  specs_.emplace(newest_, std::move(spec));
  return newest_;
}

}  // namespace tenfold::live
