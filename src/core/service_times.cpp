#include "core/service_times.hpp"

#include <algorithm>
#include <cmath>

namespace tenfold::core {

namespace {

// Means are plain over the first values and then forget: each new one weighs as much as one of so many.
constexpr std::uint64_t kServiceMemory = 256;
constexpr std::uint64_t kClassMemory = 64;
constexpr std::uint64_t kColdStartMemory = 16;

// The usage of so much slot time is remembered.
constexpr double kUsageMemoryNs = 10e9;
// Samples in which next to nothing ran say nothing of a request.
constexpr Duration kLeastBusy = std::chrono::milliseconds{20};

// Measurements of usage are right to some percent: 0.98 CPUs of 2 are two slots, and so are 1.02.
constexpr double kUsageTolerance = 0.1;

void add(MomentsRecord& moments, Duration value, std::uint64_t memory) {
  ++moments.count;
  const auto weight = static_cast<double>(std::min(moments.count, memory));
  const auto ns = static_cast<double>(value.count());
  moments.mean += (ns - moments.mean) / weight;
  moments.square += (ns * ns - moments.square) / weight;
}

}  // namespace

void ServiceTimes::finished(RequestClass klass, Duration service) {
  add(record_.service, service, kServiceMemory);
  const std::size_t index = to_number(klass);
  if (index >= kMaxClasses) return;
  if (record_.classes.size() <= index) record_.classes.resize(index + 1);
  add(record_.classes[index], service, kClassMemory);
}

void ServiceTimes::started(Duration cold_start) { add(record_.cold_start, cold_start, kColdStartMemory); }

void ServiceTimes::used(Duration cpu, Duration busy, bool is_saturated) {
  if (busy < kLeastBusy) return;
  const auto busy_ns = static_cast<double>(busy.count());
  const double cpus = static_cast<double>(cpu.count()) / busy_ns;
  if (is_usage_known() && is_saturated && cpus < record_.cpus_per_slot) return;
  record_.usage_ns = std::min(record_.usage_ns + busy_ns, kUsageMemoryNs);
  record_.cpus_per_slot += (cpus - record_.cpus_per_slot) * std::min(1.0, busy_ns / record_.usage_ns);
}

const MomentsRecord& ServiceTimes::moments(RequestClass klass) const {
  const std::size_t index = to_number(klass);
  const bool is_known = index < record_.classes.size() && record_.classes[index].count > 0;
  return is_known ? record_.classes[index] : record_.service;
}

Duration ServiceTimes::expected(RequestClass klass) const { return to_duration(moments(klass).mean); }

Duration ServiceTimes::deviation(RequestClass klass) const {
  const MomentsRecord& known = moments(klass);
  return to_duration(std::sqrt(std::max(0.0, known.square - known.mean * known.mean)));
}

Duration ServiceTimes::longest_expected() const {
  double longest = record_.service.mean;
  for (const MomentsRecord& klass : record_.classes) longest = std::max(longest, klass.mean);
  return to_duration(longest);
}

double ServiceTimes::service_scv() const {
  const double mean = record_.service.mean;
  if (mean <= 0) return 0;
  return std::max(0.0, record_.service.square / (mean * mean) - 1);
}

std::uint32_t slots_for(double cpu, double cpus_per_slot) {
  if (cpus_per_slot <= 0) return kMaxConcurrency;
  const double slots = std::floor(cpu / cpus_per_slot + kUsageTolerance);
  return static_cast<std::uint32_t>(std::clamp(slots, 1.0, double{kMaxConcurrency}));
}

}  // namespace tenfold::core
