#include "report/cost.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/words.hpp"

namespace tenfold::report {

namespace {

ReplicaSize size_of(const Story& story) {
  const core::ReplicaSettings& replica = story.settings.front().settings.replica;
  return {.cpu = replica.cpu, .memory_bytes = core::to_number(replica.memory)};
}

std::string gib_text(const ReplicaSize& size) {
  constexpr double kGib = 1024.0 * 1024 * 1024;
  return fmt::format("{:.4g} GiB", static_cast<double>(size.memory_bytes) / kGib);
}

// To the cent, and small sums to four digits.
std::string money(double amount, const Prices& prices) {
  constexpr int kDigits = 4;
  const double size = amount > 0 ? std::floor(std::log10(amount)) : 0;
  return fmt::format("{:.{}f} {}", amount, std::max(2, kDigits - 1 - static_cast<int>(size)), prices.currency);
}

// "24.6 replica-seconds of 0.5 CPU and 1 GiB, 3.1 of them idle, and 100 requests".
std::string used_text(const Story& story) {
  const Consumption& used = story.used;
  const ReplicaSize size = size_of(story);
  if (story.prices.machine_hour > 0) {
    const auto machines = static_cast<std::uint64_t>(machines_of(used, size, story.prices));
    const std::string kind = story.prices.machine_cpu > 0 ? fmt::format(" of {:g} CPU", story.prices.machine_cpu) : "";
    return fmt::format("{}{} for {}", counted(machines, "machine"), kind, span_text(used.time));
  }
  return fmt::format("{:.2f} replica-seconds of {:g} CPU and {}, {:.2f} of them idle, and {}", used.replica_s, size.cpu,
                     gib_text(size), used.idle_replica_s, counted(used.requests, "request"));
}

std::string tariff_text(const Prices& prices) {
  if (prices.machine_hour > 0) return fmt::format("at {} an hour", money(prices.machine_hour, prices));
  Prices listed;
  listed.free_grants = prices.free_grants;
  const std::string tariff =
      prices == listed ? "by the list prices of Azure Container Apps" : "by the prices that are stated";
  return prices.free_grants == FreeGrants::kNone ? tariff : tariff + ", less its share of a month's free grants";
}

// What nobody said; nothing where it makes no difference.
std::string assumed_text(const Story& story) {
  const Prices& prices = story.prices;
  const bool has_machines = prices.machine_hour > 0;
  const bool lacks_cpu = !story.has_cpu && (!has_machines || prices.machine_cpu > 0);
  const bool lacks_memory = !story.has_memory && !has_machines;
  const ReplicaSize size = size_of(story);
  const std::string cpu = fmt::format("{:g} CPU", size.cpu);
  if (lacks_cpu && lacks_memory)
    return fmt::format("{} and {} are assumed: cpu and memory are not stated.", cpu, gib_text(size));
  if (lacks_cpu) return fmt::format("{} is assumed: cpu is not stated.", cpu);
  if (lacks_memory) return fmt::format("{} is assumed: memory is not stated.", gib_text(size));
  return {};
}

// What the replicas cost that were kept warm, and whether they were of use; empty where there were none.
std::string warm_text(const Story& story) {
  if (story.warm_replica_seconds <= 0) return {};
  std::uint64_t taken = 0;
  for (const ReplicaStory& replica : story.replicas)
    taken += static_cast<std::uint64_t>(
        std::ranges::count_if(replica.warm, [](const ReplicaStory::Warm& warm) { return warm.to != core::kNever; }));
  return fmt::format(
      "{:.2f} of the replica-seconds ({:.0f} %) were of replicas kept warm; {} taken when more were wanted.",
      story.warm_replica_seconds, 100 * story.warm_replica_seconds / story.replica_seconds,
      taken == 0   ? "none was"
      : taken == 1 ? "one was"
                   : fmt::format("{} were", taken));
}

}  // namespace

std::optional<Cost> cost_of(const Story& story) {
  if (story.settings.empty() || story.used.time <= core::Duration::zero()) return std::nullopt;
  const double run = tenfold::cost_of(story.used, size_of(story), story.prices);
  return Cost{.run = run,
              .month = run * (std::chrono::duration<double>{kMonth} / std::chrono::duration<double>{story.used.time})};
}

std::vector<std::string> cost_sentences(const Story& story) {
  const auto cost = cost_of(story);
  if (!cost) return {};
  std::vector<std::string> sentences{fmt::format("The run cost {}: {}, {}.", money(cost->run, story.prices),
                                                 used_text(story), tariff_text(story.prices)),
                                     fmt::format("A month at this load, {} over and over, would cost {}.",
                                                 span_text(story.used.time), money(cost->month, story.prices))};
  if (std::string warm = warm_text(story); !warm.empty()) sentences.push_back(std::move(warm));
  if (std::string assumed = assumed_text(story); !assumed.empty()) sentences.push_back(std::move(assumed));
  return sentences;
}

}  // namespace tenfold::report
