#include "base/prices.hpp"

#include <algorithm>
#include <cmath>

namespace tenfold {

namespace {

double seconds_of(std::chrono::nanoseconds span) { return std::chrono::duration<double>{span}.count(); }

struct Grants {
  double vcpu_s = 0;
  double gib_s = 0;
  double requests = 0;
};

Grants of_a_month(FreeGrants grants) {
  if (grants == FreeGrants::kNone) return {};
  return {.vcpu_s = 180'000, .gib_s = 360'000, .requests = 2'000'000};
}

// The part of `used` that is paid for; nothing was used where nothing is.
double paid_share(double used, double free) { return used <= free ? 0 : (used - free) / used; }

double consumption_cost(const Consumption& used, const ReplicaSize& replica, const Prices& prices) {
  const Grants grants = of_a_month(prices.free_grants);
  const double share = seconds_of(used.time) / seconds_of(kMonth);
  const double vcpu_s = replica.cpu * used.replica_s;
  constexpr double kGib = 1024.0 * 1024 * 1024;
  const double gib_s = static_cast<double>(replica.memory_bytes) / kGib * used.replica_s;
  const double requests = static_cast<double>(used.requests);
  const double active_s = used.replica_s - used.idle_replica_s;
  const double cpu_cost =
      replica.cpu * (active_s * prices.vcpu_second_active + used.idle_replica_s * prices.vcpu_second_idle);
  return cpu_cost * paid_share(vcpu_s, share * grants.vcpu_s) +
         gib_s * prices.gib_second * paid_share(gib_s, share * grants.gib_s) +
         requests * prices.request * paid_share(requests, share * grants.requests);
}

}  // namespace

double machines_of(const Consumption& used, const ReplicaSize& replica, const Prices& prices) {
  constexpr double kRounding = 1e-9;
  const double wanted = replica.cpu * static_cast<double>(used.most_replicas);
  return prices.machine_cpu > 0 ? std::max(1.0, std::ceil(wanted / prices.machine_cpu - kRounding)) : 1;
}

double cost_of(const Consumption& used, const ReplicaSize& replica, const Prices& prices) {
  if (prices.machine_hour == 0) return consumption_cost(used, replica, prices);
  return machines_of(used, replica, prices) * prices.machine_hour * seconds_of(used.time) / 3600;
}

}  // namespace tenfold
