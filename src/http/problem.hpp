// Problem details: RFC 9457.
#pragma once

#include <string>
#include <string_view>

namespace tenfold::http {

inline constexpr std::string_view kProblemType = "application/problem+json";

struct Problem {
  int status = 500;
  // A URI reference that names the kind, for programs; "about:blank" when the status says it all.
  std::string_view type = "about:blank";
  // The kind in words. Empty for the status's own phrase.
  std::string_view title;
  // This occurrence in words: what was wrong and what to do.
  std::string_view detail;
  // A URI reference of this occurrence; left out when empty.
  std::string_view instance;
};

// The problem as a JSON object.
std::string to_json(const Problem& problem);

// Appends `text` as a JSON string, quoted. Bytes above 0x7F pass as they are.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tenfold::http
