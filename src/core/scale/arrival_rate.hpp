// How many requests arrive in a second: steady while the load is, and quick when it changes.
#pragma once

#include "core/checkpoint.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// Two counts of arrivals, each weighted by exp(-age / horizon), with a long horizon and one a twelfth as long. Of a
// Poisson process such a count over its horizon has the mean rate and the variance rate / (2 horizon) (Campbell's
// theorem). When the two differ by more than chance explains, what is older says nothing any more.
class ArrivalRate {
 public:
  explicit ArrivalRate(RateRecord& record) : record_{record} {}

  void start(TimePoint now);
  // `fresh` more have arrived by `now`. The long horizon may differ from that of the last time.
  void count(TimePoint now, double fresh, double horizon_s);

  double per_s() const { return record_.arrivals / record_.horizon_s; }
  // A rate is known to about its standard deviation, and it may be growing: what it may well be at most.
  double at_most_per_s() const;

 private:
  double deviation() const;
  double recent_per_s() const;

  RateRecord& record_;
};

}  // namespace tenfold::core
