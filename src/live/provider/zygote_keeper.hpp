// A zygote's keeper: the small process above a zygote and all replicas that are forked of it.
//
// It runs the zygote, has it fork a replica for each SpawnRequest (base/zygote_protocol.hpp), becomes the parent of
// each, puts it within its limits, and does for it what a keeper does (keeper.hpp), each replica having a control
// socket of its own. A replica is the subreaper of what it starts, so what reaches this process beside replicas was
// left behind by one that has ended, and is killed. When the zygote ends its replicas serve on, and those that are yet
// to be forked are told as not started; when Tenfold's end of the zygote's control socket ends, so does the zygote.
//
// It descends from a fork of Tenfold, which has threads, and therefore uses async-signal-safe calls only.
#pragma once

#include "live/provider/keeper.hpp"

namespace tenfold::live {

// Runs the zygote of `plan`, with its output to `output`, and takes the SpawnRequests that come on `control`; there it
// reports the zygote. Owns the four descriptors.
[[noreturn]] void run_zygote_keeper(int control, KeeperOutput output, int plan) noexcept;

}  // namespace tenfold::live
