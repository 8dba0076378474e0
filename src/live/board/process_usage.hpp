// What this process takes of its machine.
#pragma once

#include <cstdint>
#include <optional>

namespace tenfold::live {

// With the meaning that Prometheus' client libraries give to their process_* metrics.
struct ProcessUsage {
  double cpu_s = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0;
  double started_unix_s = 0;
};

// Nothing where /proc cannot be read.
std::optional<ProcessUsage> process_usage();

}  // namespace tenfold::live
