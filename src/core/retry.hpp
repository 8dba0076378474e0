// What becomes of a request whose stay in a slot ended without an answer.
#pragma once

#include <cstdint>

#include "core/actions.hpp"
#include "core/checkpoint.hpp"
#include "core/events.hpp"

namespace tenfold::core {

// Whether a stay that ended so was none of the request's fault and left no answer.
constexpr bool is_loss(Outcome outcome) { return outcome != Outcome::kAnswered && outcome != Outcome::kAbandoned; }

// A request comes back so often from replicas that read nothing of it; then that counts as a loss.
inline constexpr std::uint8_t kMaxReturns = 10;

enum class Sequel : std::uint8_t {
  kWaitsAgain,  // it was not tried: it waits again, before all others
  kRepeats,     // the same, and it was the one retry
  kFails,
};

struct Verdict {
  Sequel sequel = Sequel::kFails;
  RejectReason reason = RejectReason::kReplicaLost;  // of kFails
};

// Judges `outcome`, which is a loss, of `request`, which ran. `lost_one_ended`: the replica that was lost with it
// before is not there any more. That tells poison from bad luck: one that still lives, or the same one twice, was not
// ended by the request.
//
// RFC 9110, 9.2.2: a proxy repeats a request by itself only if that is safe, or if it is known that nothing was done.
Verdict judge(const RequestRecord& request, Outcome outcome, bool lost_one_ended);

}  // namespace tenfold::core
