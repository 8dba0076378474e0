// What the replicas of each revision are.
//
//   Revisions revisions{spec};                       // the first
//   const auto id = revisions.take(other, view);     // a new one, unless its replicas would be the same
//   provider.start(replica, revisions.spec_of(id));
#pragma once

#include <map>

#include "core/ids.hpp"
#include "core/service.hpp"
#include "live/provider/replica_spec.hpp"

namespace tenfold::live {

class Revisions {
 public:
  explicit Revisions(ReplicaSpec first) { specs_.emplace(core::kFirstRevision, std::move(first)); }

  // The revision whose replicas are as `spec` says: the one that serves, or the one that is on its way, where they are
  // the same but for what may change between two starts; else a new one. `view` says which those are. Which is neither
  // of the three is forgotten: none of it is started any more.
  core::RevisionId take(ReplicaSpec spec, const core::ServiceView& view);

  // Of the one that serves, the one that is on its way, and the last that was taken.
  const ReplicaSpec& spec_of(core::RevisionId id) const { return specs_.at(id); }

 private:
  std::map<core::RevisionId, ReplicaSpec> specs_;
  core::RevisionId newest_ = core::kFirstRevision;
};

}  // namespace tenfold::live
