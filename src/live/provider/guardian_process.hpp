// What the guardian's process does (guardian.hpp). It descends from a fork of Tenfold, which has threads, and therefore
// uses async-signal-safe calls only.
#pragma once

#include <cstdint>

namespace tenfold::live {

// Serves SpawnRequests that come on `inherited` until that ends; sends UsageReports each `sample_interval_ns`.
[[noreturn]] void run_guardian(int inherited, std::int64_t sample_interval_ns) noexcept;

}  // namespace tenfold::live
