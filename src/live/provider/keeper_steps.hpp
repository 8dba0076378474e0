// What both kinds of keepers do (keeper.hpp, zygote_keeper.hpp). Async-signal-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

#include "live/provider/keeper.hpp"
#include "live/provider/launch_plan.hpp"
#include "live/provider/messages.hpp"

namespace tenfold::live {

// How long killed processes may take to end before /proc is searched for such as escaped from their group.
inline constexpr int kSearchAfterMs = 2;
// The longest pause between two searches: what will not die hangs in the kernel, and the search is not free.
inline constexpr int kSearchAgainMs = 64;
// How long Tenfold may take to look at a replica that has ended, before its control groups are removed.
inline constexpr std::int64_t kLastLookMs = 2000;

// Milliseconds of the steady clock.
std::int64_t now_ms() noexcept;

struct LaunchFailure {
  KeeperReport::Step step = KeeperReport::Step::kFork;
  std::int32_t error = 0;  // an errno; 0 for none
};

// Runs the launch `which` of the plan as a child in a session and group of its own, with its output to `output`, in the
// plan's bounds and groups if `is_bounded`, and with `inherited` as its first descriptor after those three, -1 for
// none; LISTEN_PID in its environment, if it is there, becomes its process id. Returns when its program has begun; the
// process id is 0, and `failure` says why, if there is none.
pid_t run_program(const PlanView& plan, std::size_t which, KeeperOutput output, bool is_bounded, int inherited,
                  LaunchFailure& failure) noexcept;

// Puts a process, 0 for this one, into the plan's control groups. False, with errno set, if it cannot be.
bool enter_groups(const PlanView& plan, pid_t pid) noexcept;

// What holds where there are no groups: not for all processes together, but for each.
void bound(const PlanView& plan, pid_t pid) noexcept;

// Removes the plan's control groups, and what is above if that goes with the last group below it.
void remove_groups(const PlanView& plan) noexcept;

// Makes a keeper of this process: by its name, and as the subreaper of all below it. Returns a descriptor that can be
// read when a child has ended; -1, with errno set, if there is none.
int become_keeper() noexcept;
// Takes what is to be read of it.
void clear_news(int children) noexcept;

}  // namespace tenfold::live
