// A revision on its way to take the place of the one that serves.
//
// Its replicas start beside those that serve, as many as are wanted then, and wait. When they are ready they get what
// comes and the others leave, each when its requests have ended; so neither a request nor a free slot is lost between
// the two. If they fail to start the revision is given up, and the one that serves has not noticed. This is how Azure
// Container Apps replaces the revision of an app in single revision mode
// (learn.microsoft.com/azure/container-apps/revisions, "zero downtime deployment", read in 2026).
#pragma once

#include <cstdint>

#include "core/backoff.hpp"
#include "core/checkpoint.hpp"
#include "core/ids.hpp"
#include "core/settings.hpp"

namespace tenfold::core {

// Failed starts in a row after which a revision is given up, or as many as replicas are wanted where these are more:
// then it is wrong, not unlucky.
inline constexpr std::uint32_t kHopelessStarts = 3;

struct Rollout {
  RevisionId revision;
  ReplicaSettings settings;
  Backoff backoff;

  Rollout(RevisionId which, const ReplicaSettings& its) : revision{which}, settings{its}, backoff{its} {}
  explicit Rollout(const RolloutRecord& record)
      : revision{record.revision}, settings{record.settings}, backoff{record.settings, record.backoff} {}

  RolloutRecord save() const { return {.revision = revision, .settings = settings, .backoff = backoff.save()}; }
};

}  // namespace tenfold::core
