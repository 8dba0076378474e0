#include "core/backoff.hpp"

#include <algorithm>

namespace tenfold::core {

void Backoff::failed(TimePoint now, TimePoint started) {
  if (started > next_start() + settings_.backoff_reset) record_ = {};
  record_.pause = record_.failures == 0 ? settings_.backoff_first : std::min(record_.pause * 2, settings_.backoff_max);
  ++record_.failures;
  record_.last_failure = now;
}

}  // namespace tenfold::core
