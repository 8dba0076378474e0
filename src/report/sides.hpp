// Runs side by side: live beside simulated, policy beside policy, before beside after.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "report/story.hpp"
#include "report/summary.hpp"

namespace tenfold::report {

// One run of several, and what it is called beside the others. Its burst is what is compared; each side has one.
struct Side {
  std::string name;
  Story story;
};

// Two runs beside each other: who they are, their numbers with the differences, and then in words which measured
// differences make up the others. Only sums that must come out are told as parts: an answer's time is its wait and its
// time in a slot, a wait is for a start or for a slot, and the work of all slots is how many were busy times how long.
// Lines have at most `width` characters; where that is little the ratios are left out, then the differences.
std::string to_sides_text(const Side& a, const Side& b, std::size_t width = kTextWidth);

// The same as one object: `a` and `b`, an object each with name, simulated, policy, requests, arrivals_within_s,
// answered, failed_by_tenfold, failed_by_program, left, makespan_s, wait and service and total with their percentiles,
// wait_for_start_mean_s, busy_slots_mean, replicas_started, most_ready, first_start_s, first_cold_start_s,
// replica_seconds, decisions; `difference`, the same keys with what b has more, where both have a number; and
// `explanations`, the sentences.
std::string to_sides_json(const Side& a, const Side& b);

// Which measured differences make up the others, a sentence each: part of the above.
std::vector<std::string> explain_difference(const Side& a, const Side& b);

// The numbers of a side's burst alone: also replicas and decisions are those between its first arrival and its last
// end.
Summary summarize(const Side& side);

// Any number of runs as one page that needs nothing else: the table of their numbers, `summaries`, and of each what
// waited, which replicas there were and how long requests waited, all on one axis of time; of two, what explains the
// difference. Readable at 400 px and on paper, on light and dark ground.
std::string to_sides_html(std::span<const Side> sides, std::span<const Summary> summaries);

}  // namespace tenfold::report
