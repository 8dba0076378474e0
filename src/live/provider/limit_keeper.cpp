#include "live/provider/limit_keeper.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/units.hpp"

namespace tenfold::live {

namespace {

// Enough that Tenfold and what else runs goes first, and no idle machine is left idle.
constexpr std::int32_t kNiceness = 5;

std::string words_of(const ReplicaLimits& limits) {
  std::vector<std::string> words;
  if (limits.cpu) words.push_back(fmt::format("cpu {:g}", *limits.cpu));
  if (limits.memory) words.push_back(fmt::format("memory {}", config::format_size(*limits.memory)));
  return fmt::format("{}", fmt::join(words, " and "));
}

}  // namespace

void ReplicaBounds::put_into(LaunchPlan& plan) const {
  if (group) plan.groups = group->directories();
  plan.data_limit = data_limit;
  plan.niceness = niceness;
}

LimitKeeper::LimitKeeper(config::LimitMode mode, const ReplicaLimits& limits) : mode_{mode} {
  if (mode_ != config::LimitMode::kAuto) {
    why_no_groups_ = "tenfold.limits.replica is process";
    return;
  }
  if (limits == ReplicaLimits{}) {
    why_no_groups_ = "control groups are there after a restart";
    return;
  }
  auto groups = Cgroups::open();
  if (groups) {
    groups_ = std::move(*groups);
  } else {
    why_no_groups_ = groups.error();
  }
}

std::expected<ReplicaBounds, std::string> LimitKeeper::of(core::ReplicaId replica, const ReplicaLimits& limits) const {
  ReplicaBounds bounds{.limits = limits};
  if (mode_ == config::LimitMode::kOff) return bounds;
  const bool has_limits = limits.cpu || limits.memory;
  if (groups_ && has_limits) {
    auto group = groups_->make(replica, limits);
    if (!group) return std::unexpected(group.error());
    bounds.group = std::move(*group);
  }
  const bool is_memory_kept = groups_ && groups_->limits_memory();
  const bool is_cpu_kept = groups_ && groups_->limits_cpu();
  if (limits.memory && !is_memory_kept) bounds.data_limit = core::to_number(*limits.memory);
  if (limits.cpu && !is_cpu_kept) bounds.niceness = kNiceness;
  return bounds;
}

std::string LimitKeeper::text(const ReplicaLimits& limits) const {
  const std::string words = words_of(limits);
  if (words.empty()) return {};
  if (mode_ == config::LimitMode::kOff)
    return fmt::format("{} of a replica are not kept: tenfold.limits.replica is off", words);
  const ReplicaLimits by_group{.cpu = groups_ && groups_->limits_cpu() ? limits.cpu : std::nullopt,
                               .memory = groups_ && groups_->limits_memory() ? limits.memory : std::nullopt};
  std::vector<std::string> parts;
  if (by_group != ReplicaLimits{})
    parts.push_back(fmt::format("{} of each replica by {}", words_of(by_group), groups_->description()));
  if (limits.memory && !by_group.memory)
    parts.push_back(fmt::format("memory {} of each process by its data limit", config::format_size(*limits.memory)));
  if (limits.cpu && !by_group.cpu) parts.push_back(fmt::format("cpu {:g} by niceness alone", *limits.cpu));
  const std::string because = groups_ ? "" : fmt::format(" ({})", why_no_groups_);
  return fmt::format("limits: {}{}", fmt::join(parts, ", "), because);
}

void LimitKeeper::remove() const {
  if (groups_) groups_->remove();
}

}  // namespace tenfold::live
