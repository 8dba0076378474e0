// The requests of a story once more, in simulation: what the advice of `tenfold explain` and `tenfold what-if` share.
#pragma once

#include <string>

#include "report/story.hpp"
#include "sim/scenario.hpp"

namespace tenfold::cli {

struct Again {
  sim::Scenario scenario;
  // The same for a shell, with the settings that the service had; other flags may follow.
  std::string command;
};

// Of the burst of `story`, which is told from the journal in `directory` and has one: who came when, how long each took
// in its slot, and how long replicas took to start, as far as the journal tells.
Again again(const report::Story& story, const std::string& directory);

// Why the settings that the service had are not those under which the burst went; empty where they are.
std::string settings_unknown(const report::Story& story);

// For a shell: as it is, where it needs no quotes.
std::string shell_word(const std::string& text);

}  // namespace tenfold::cli
