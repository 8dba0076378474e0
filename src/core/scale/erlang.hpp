// What queueing theory says of steady load.
#pragma once

#include <cstdint>

#include "core/settings.hpp"

namespace tenfold::core {

// The fewest servers with which the wait for one exceeds `target_s` with a probability of at most `share`, at `load`
// erlangs (arrival rate times mean service time), service times of mean `service_s` and squared coefficient of
// variation `scv`: P(W > t) = C(n, a) exp(-(n - a) t 2 / ((1 + scv) s)). Erlang C (Erlang 1917) is exact for
// exponential times; the factor is Allen and Cunneen's (Allen, "Probability, Statistics and Queueing Theory", 2nd ed.,
// 1990). `most` if it takes as many or more: the search is linear in the result.
std::uint32_t servers_for(double load, double service_s, double scv, double target_s, double share,
                          std::uint32_t most = kMaxReplicas);

// The base stock of inventory theory (Arrow, Harris and Marschak, "Optimal Inventory Policy", Econometrica 19, 1951):
// the fewest spare slots of which all are taken with a probability of at most `share` before one that was ordered when
// the first was taken is there, if `mean` requests come meanwhile, by a Poisson process. None where nothing comes.
std::uint32_t spares_for(double mean, double share);

// How many of the servers of a stationary load are missed sooner than a start of one takes: the k-th is missed when the
// number of busy ones rises to k, for which it takes P(B < k) / (rate P(B = k - 1)) on average, B being Poisson with
// mean `load` (M/G/infinity: Takacs, "Introduction to the Theory of Queues", 1962). `starts` is how many requests
// come during a start.
std::uint32_t servers_missed_soon(double load, double starts);

}  // namespace tenfold::core
