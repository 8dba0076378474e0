// A run's result, for people, for programs and for a browser.
#pragma once

#include <string>
#include <vector>

#include "load/result.hpp"
#include "load/threshold.hpp"

namespace tenfold::load {

struct Summary {
  std::string what;  // what was sent, in words: "burst of 100 to http://127.0.0.1:8080/solve"
  std::string how;   // how it was sent: "released together"
  Result result;
  std::vector<Threshold> thresholds;
};

// Whether one of the thresholds is crossed.
bool is_crossed(const Summary& summary);
// Whether all requests were answered 2xx and as expected; where a threshold is of errors, whether it says that so many
// are few enough.
bool is_good(const Summary& summary);

std::string to_text(const Summary& summary);
// One object, on one line.
std::string to_json(const Summary& summary);
// A page that needs nothing else: no scripts, no fonts, no network. Light and dark as its reader has it.
std::string to_html(const Summary& summary);

}  // namespace tenfold::load
