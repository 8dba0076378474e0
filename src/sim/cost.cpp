#include "sim/cost.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/time.hpp"

namespace tenfold::sim {

namespace {

struct Grants {
  double vcpu_s = 0;
  double gib_s = 0;
  double requests = 0;
};

Grants of_a_month(config::FreeGrants grants) {
  if (grants == config::FreeGrants::kNone) return {};
  return {.vcpu_s = 180'000, .gib_s = 360'000, .requests = 2'000'000};
}

// The part of `used` that is paid for; nothing was used where nothing is.
double paid_share(double used, double free) { return used <= free ? 0 : (used - free) / used; }

double consumption_cost(const Result& result, const core::ReplicaSettings& replica, const config::Prices& prices) {
  constexpr double kMonthS = 730 * 3600.0;
  const Grants grants = of_a_month(prices.free_grants);
  const double share = core::to_seconds(result.counted) / kMonthS;
  const double gib =
      static_cast<double>(core::to_number(replica.memory)) / static_cast<double>(core::to_number(core::gibibytes(1)));
  const double vcpu_s = replica.cpu * result.replica_s;
  const double gib_s = gib * result.replica_s;
  const double requests = static_cast<double>(result.requests);
  const double active_s = result.replica_s - result.idle_replica_s;
  const double cpu_cost =
      replica.cpu * (active_s * prices.vcpu_second_active + result.idle_replica_s * prices.vcpu_second_idle);
  return cpu_cost * paid_share(vcpu_s, share * grants.vcpu_s) +
         gib_s * prices.gib_second * paid_share(gib_s, share * grants.gib_s) +
         requests * prices.request * paid_share(requests, share * grants.requests);
}

double machines_cost(const Result& result, const core::ReplicaSettings& replica, const config::Prices& prices) {
  constexpr double kRounding = 1e-9;
  const double wanted = replica.cpu * static_cast<double>(result.most_replicas);
  const double machines =
      prices.machine_cpu > 0 ? std::max(1.0, std::ceil(wanted / prices.machine_cpu - kRounding)) : 1;
  return machines * prices.machine_hour * core::to_seconds(result.counted) / 3600;
}

}  // namespace

double cost_of(const Result& result, const config::AppConfig& app) {
  const config::Prices prices = app.prices.value_or(config::Prices{});
  const core::ReplicaSettings& replica = app.core.replica;
  return prices.machine_hour > 0 ? machines_cost(result, replica, prices) : consumption_cost(result, replica, prices);
}

}  // namespace tenfold::sim
