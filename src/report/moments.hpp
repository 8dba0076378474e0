// What happened when, in words: the middle of the story, for the terminal and for the page.
#pragma once

#include <string>
#include <vector>

#include "report/story.hpp"

namespace tenfold::report {

struct Moment {
  core::TimePoint at{};
  std::string text;
};

// The moments of the story's burst in their order; of a story without one, what the replicas did. No more than a person
// reads: of many, decisions that changed nothing are left out, then the middle, and a moment says so.
std::vector<Moment> moments_of(const Story& story);

// The bursts of a story that tells one of several, a line each; of many the first and the last ones. Empty else.
std::vector<std::string> bursts_of(const Story& story);

// What the moments mean, where that is not plain: one sentence each. May be empty.
std::vector<std::string> explanations_of(const Story& story);

// "Tenfold 0.2 served `solver` at 127.0.0.1:8080 for 12.00 s.", then what else must be known first.
std::vector<std::string> introduction_of(const Story& story);

// "2026-11-24 10:15:00.123 UTC".
std::string clock_text(const Story& story, core::TimePoint at);

// "100 requests from 2026-11-24 10:15:00.123 UTC".
std::string headline_of(const Story& story);

}  // namespace tenfold::report
