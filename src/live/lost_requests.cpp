#include "live/lost_requests.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tenfold::live {

namespace {

constexpr std::size_t kNamed = 3;

// A replica that lost a request longer ago has lived on.
constexpr std::chrono::seconds kMoment{1};

}  // namespace

void LostRequests::note(core::TimePoint now, core::ReplicaId replica, core::RequestId request) {
  Lost& lost = lost_[replica];
  if (now - lost.last > kMoment) lost = {};
  lost.last = now;
  if (lost.named.size() < kNamed) lost.named.push_back(request);
  ++lost.count;
}

std::string LostRequests::take(core::TimePoint now, core::ReplicaId replica) {
  const auto found = lost_.extract(replica);
  if (found.empty() || now - found.mapped().last > kMoment) return {};
  const Lost& lost = found.mapped();
  std::vector<std::uint64_t> numbers;
  numbers.reserve(lost.named.size());
  for (const core::RequestId id : lost.named) numbers.push_back(core::to_number(id));
  const std::string more = lost.count > kNamed ? fmt::format(" and {} more", lost.count - kNamed) : "";
  return fmt::format(" while it had request{} {}{}", lost.count == 1 ? "" : "s", fmt::join(numbers, ", "), more);
}

}  // namespace tenfold::live
