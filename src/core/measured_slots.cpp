#include "core/measured_slots.hpp"

#include <algorithm>

namespace tenfold::core {

namespace {

// Slots that are measured do not change more often.
constexpr Duration kPause = std::chrono::seconds{5};

}  // namespace

void MeasuredSlots::configure(const ReplicaSettings& settings, const ReplicaSettings& before) {
  const bool is_kept = settings.is_concurrency_auto && before.is_concurrency_auto;
  if (!is_kept) record_ = {.slots = first(settings)};
}

bool MeasuredSlots::measure(TimePoint now, const ReplicaSettings& settings, const ServiceTimes& times) {
  if (!settings.is_concurrency_auto || !times.is_usage_known()) return false;
  const std::uint32_t slots = std::min(slots_for(settings.cpu, times.cpus_wanted()), kMaxAutoConcurrency);
  const bool is_news = slots != record_.slots && now >= record_.changed + kPause;
  if (record_.is_measured && !is_news) return false;
  record_ = {.slots = slots, .is_measured = true, .changed = now};
  return true;
}

}  // namespace tenfold::core
