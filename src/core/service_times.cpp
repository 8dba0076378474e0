#include "core/service_times.hpp"

#include <algorithm>
#include <cmath>

#include "core/duration_histogram.hpp"
#include "core/portable_math.hpp"

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

// The mean of the last values, with the weight of each falling by one in so many.
constexpr std::uint64_t kRecent = 32;
// The variance of such a mean is that of a value over 2 kRecent - 1. If it is off by so many of its standard
// deviations, and by a factor of three (e^1.1), what was measured before is of another service. By less it is off
// without one: when many begin at once, the short ones end first.
constexpr double kSurprise = 4;
constexpr double kLeastChange = 1.1;

double variance(double mean, double square) { return std::max(0.0, square - mean * mean); }

void add(MomentsRecord& moments, Duration value, std::uint64_t memory) {
  ++moments.count;
  const auto ns = static_cast<double>(value.count());
  const double log = portable_log(std::max(ns, 1.0));
  const auto approach = [](double& mean, double x, double weight) { mean += (x - mean) / weight; };
  const auto weight = static_cast<double>(std::min(moments.count, memory));
  approach(moments.mean, ns, weight);
  approach(moments.square, ns * ns, weight);
  approach(moments.log_mean, log, weight);
  approach(moments.log_square, log * log, weight);
  const auto recent_weight = static_cast<double>(std::min(moments.count, kRecent));
  approach(moments.recent, ns, recent_weight);
  approach(moments.recent_log, log, recent_weight);
}

// What a slot that used `cpus`, of which threads waited `waits` seconds in a second, would use if none had waited. One
// thread does nothing while it waits: without that it would have been done sooner. Where that cannot be, because
// several wait at once, all that could compute are wanted.
double cpus_without_waits(double cpus, double waits) {
  const double runnable = cpus + waits;
  return waits < 1 ? std::min(cpus / (1 - waits), runnable) : runnable;
}

// Whether the last values are not of the kind of those before.
bool has_changed(const MomentsRecord& moments) {
  if (moments.count < 2 * kRecent) return false;
  const double deviation = std::sqrt(variance(moments.log_mean, moments.log_square) / (2.0 * kRecent - 1));
  return std::abs(moments.recent_log - moments.log_mean) > std::max(kSurprise * deviation, kLeastChange);
}

// Only the last values count from now on. How they vary is not known of so few: as much as those before, for their
// size.
void forget(MomentsRecord& moments) {
  const double scale = moments.mean > 0 ? moments.recent / moments.mean : 1;
  const double log_variance = variance(moments.log_mean, moments.log_square);
  moments.count = kRecent;
  moments.square *= scale * scale;
  moments.mean = moments.recent;
  moments.log_mean = moments.recent_log;
  moments.log_square = moments.recent_log * moments.recent_log + log_variance;
}

}  // namespace

void ServiceTimes::finished(RequestClass klass, Duration service) {
  add(record_.service, service, kServiceMemory);
  add(record_.spans, service, kServiceMemory);
  if (has_changed(record_.service)) {
    forget(record_.service);
    scale(record_.spans, 1.0 / kServiceMemory);
  }
  const std::size_t index = to_number(klass);
  if (index >= kMaxClasses) return;
  if (record_.classes.size() <= index) record_.classes.resize(index + 1);
  MomentsRecord& own = record_.classes[index];
  add(own, service, kClassMemory);
  if (has_changed(own)) forget(own);
}

void ServiceTimes::started(StartWay way, Duration cold_start) {
  add(starts(way), cold_start, kColdStartMemory);
  record_.last_way = way;
}

MomentsRecord& ServiceTimes::starts(StartWay way) {
  switch (way) {
    case StartWay::kExec:
      break;
    case StartWay::kFork:
      return record_.fork;
    case StartWay::kFirstFork:
      return record_.first_fork;
  }
  return record_.cold_start;
}

// The zygote of a first fork is there for the next one; what came of that is all there is while no other was seen.
const MomentsRecord& ServiceTimes::next_start() const {
  if (record_.last_way == StartWay::kExec) return record_.cold_start;
  return record_.fork.count > 0 ? record_.fork : record_.first_fork;
}

void ServiceTimes::used(Duration cpu, Duration cpu_wait, Duration busy, bool is_saturated) {
  if (busy < kLeastBusy) return;
  const auto busy_ns = static_cast<double>(busy.count());
  const double cpus = static_cast<double>(cpu.count()) / busy_ns;
  const double wanted = cpus_without_waits(cpus, static_cast<double>(cpu_wait.count()) / busy_ns);
  const double usage_ns = std::min(record_.usage_ns + busy_ns, kUsageMemoryNs);
  const auto approach = [&](double& mean, double value) {
    if (is_usage_known() && is_saturated && value < mean) return;
    mean += (value - mean) * std::min(1.0, busy_ns / usage_ns);
  };
  approach(record_.cpus_per_slot, cpus);
  approach(record_.cpus_wanted, wanted);
  record_.most_cpus = std::max(record_.most_cpus, cpus);
  record_.usage_ns = usage_ns;
}

const MomentsRecord& ServiceTimes::moments(RequestClass klass) const {
  const std::size_t index = to_number(klass);
  const bool is_known = index < record_.classes.size() && record_.classes[index].count > 0;
  return is_known ? record_.classes[index] : record_.service;
}

Duration ServiceTimes::expected(RequestClass klass) const { return to_duration(moments(klass).mean); }

Duration ServiceTimes::deviation(RequestClass klass) const { return deviation_of(moments(klass)); }

Duration ServiceTimes::deviation_of(const MomentsRecord& moments) {
  return to_duration(std::sqrt(variance(moments.mean, moments.square)));
}

Duration ServiceTimes::longest_expected() const {
  double longest = record_.service.mean;
  for (const MomentsRecord& klass : record_.classes) longest = std::max(longest, klass.mean);
  return to_duration(longest);
}

bool ServiceTimes::has_classes() const {
  return std::ranges::count_if(record_.classes, [](const MomentsRecord& klass) { return klass.count > 0; }) > 1;
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
