// Whether a request may wait, and when to come again if not.
#pragma once

#include <optional>

#include "core/actions.hpp"
#include "core/queue/request_table.hpp"
#include "core/replica_set.hpp"
#include "core/service_times.hpp"
#include "core/settings.hpp"

namespace tenfold::core {

// Looks at the work that goes before the request in its order, by what is measured of each class.
class Admission {
 public:
  // All are the service's own and outlive this.
  Admission(const Settings& settings, const RequestTable& requests, const ReplicaSet& replicas,
            const ServiceTimes& times)
      : settings_{settings}, requests_{requests}, replicas_{replicas}, times_{times} {}

  // Why the request is not admitted at `now`, if so. A deadline is impossible only if it could not be met with all
  // the replicas that there may be, and some luck.
  std::optional<RejectReason> reason_to_refuse(TimePoint now, const RequestRecord& record) const;

  // When it would start at the pace of now; zero for reasons to which that is no answer.
  Duration retry_after(const RequestRecord& record, RejectReason reason) const;

 private:
  const Settings& settings_;
  const RequestTable& requests_;
  const ReplicaSet& replicas_;
  const ServiceTimes& times_;
};

}  // namespace tenfold::core
