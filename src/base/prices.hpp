// What replicas cost: the tariff, what was used, and the sum of both.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tenfold {

// What each month is free of charge.
enum class FreeGrants : std::uint8_t {
  kNone,
  // The first 180,000 vCPU-seconds, 360,000 GiB-seconds and 2 million requests of a subscription
  // (learn.microsoft.com/azure/container-apps/billing, read in 2026).
  kAzure,
};

// The defaults are those of Azure Container Apps' consumption plan, pay as you go, in US regions:
// azure.microsoft.com/pricing/details/container-apps, and Microsoft's "Understanding Idle Usage in Azure Container
// Apps" (techcommunity.microsoft.com, 2025).
struct Prices {
  std::string currency = "USD";
  double vcpu_second_active = 0.000024;
  double vcpu_second_idle = 0.000003;
  double gib_second = 0.000003;
  double request = 0.0000004;
  FreeGrants free_grants = FreeGrants::kNone;
  // Of a machine that replicas run on. Above zero it is the whole price, instead of all those before it.
  double machine_hour = 0;
  // CPUs of a machine: so many are paid for, all the time, as the most replicas need. 0: all fit on one.
  double machine_cpu = 0;
  friend bool operator==(const Prices&, const Prices&) = default;
};

// What is paid for. A replica's seconds are from its start to its exit; of them it is idle while it is ready and has no
// request and there are no more replicas than the minimum.
struct Consumption {
  double replica_s = 0;
  double idle_replica_s = 0;
  std::uint32_t most_replicas = 0;
  std::uint64_t requests = 0;
  std::chrono::nanoseconds time{};  // in which all that was
};

// A replica's size.
struct ReplicaSize {
  double cpu = 0;
  std::uint64_t memory_bytes = 0;
};

inline constexpr std::chrono::hours kMonth{730};

// In the currency of `prices`.
//
// As Azure bills it (learn.microsoft.com/azure/container-apps/billing): a replica's CPUs are idle, at a lower price, in
// its idle seconds; else they are active, while it starts too. Memory has one price. Where there are free grants the
// run counts as its share of a month that goes on like it: so much of each grant is its own. Free vCPU-seconds are
// active and idle ones alike, in proportion.
//
// With a price of machines, that of as many as the most replicas need, for as long as the run.
double cost_of(const Consumption& used, const ReplicaSize& replica, const Prices& prices);

// As many as the most replicas need; of prices with one of machines.
double machines_of(const Consumption& used, const ReplicaSize& replica, const Prices& prices);

}  // namespace tenfold
