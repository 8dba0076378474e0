// What it costs to let replicas go: the requests that came too soon after.
#pragma once

#include <cstdint>

#include "core/checkpoint.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// Load that comes again finds no replica if the pause was longer than replicas are held, and its first requests are
// late by a cold start. Here late requests are counted by the pause that came before them; the shortest time to hold
// that would have kept their share within what is allowed is worth holding.
//
// Counts fade with the number of requests, not with time: what comes once in an hour is not forgotten within the hour.
class Pauses {
 public:
  explicit Pauses(PauseRecord& record) : record_{record} {}

  // So many requests were served, so many of them late.
  void served(double requests, double late);

  // Replicas are started that come too late for what waits already; so many were there `pause` ago.
  void ended(Duration pause);
  // The same where so many never were there: nothing is to be learned.
  void ended() { record_.bin = kNoBin; }

  // How long replicas are to be held, so that the share of the late comes down to `share`; zero if it is there.
  Duration worth_holding(double share) const;

 private:
  static constexpr std::uint8_t kNoBin = PauseRecord::kNoBin;

  double late() const;

  PauseRecord& record_;
};

}  // namespace tenfold::core
