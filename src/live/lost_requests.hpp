// The requests that a replica had when it ended, for whoever asks why a request failed or came twice.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"

namespace tenfold::live {

class LostRequests {
 public:
  // The request's connection to the replica ended without an answer: its end may be told a moment later.
  void note(core::TimePoint now, core::ReplicaId replica, core::RequestId request);

  // The replica has ended. " while it had request 17", " while it had requests 17, 18, 19 and 4 more"; empty if it had
  // none.
  std::string take(core::TimePoint now, core::ReplicaId replica);

 private:
  struct Lost {
    std::vector<core::RequestId> named;  // the first ones
    std::size_t count = 0;
    core::TimePoint last{};
  };
  std::unordered_map<core::ReplicaId, Lost> lost_;
};

}  // namespace tenfold::live
