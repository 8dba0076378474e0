#include "live/lost_requests.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tenfold::live {

namespace {

constexpr std::size_t kNamed = 3;

}  // namespace

void LostRequests::note(core::ReplicaId replica, core::RequestId request) {
  Lost& lost = lost_[replica];
  if (lost.named.size() < kNamed) lost.named.push_back(request);
  ++lost.count;
}

std::string LostRequests::take(core::ReplicaId replica) {
  const auto found = lost_.extract(replica);
  if (found.empty()) return {};
  const Lost& lost = found.mapped();
  std::vector<std::uint64_t> numbers;
  numbers.reserve(lost.named.size());
  for (const core::RequestId id : lost.named) numbers.push_back(core::to_number(id));
  const std::string more = lost.count > kNamed ? fmt::format(" and {} more", lost.count - kNamed) : "";
  return fmt::format(" while it had request{} {}{}", lost.count == 1 ? "" : "s", fmt::join(numbers, ", "), more);
}

}  // namespace tenfold::live
