// What somebody asks who wonders how it would have been.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::live {

// The last minutes again, with what is given here in the place of what was.
struct WhatIfQuestion {
  std::chrono::minutes minutes{10};
  std::optional<std::string> policy;
  std::optional<std::uint32_t> min_replicas;
  std::optional<std::uint32_t> max_replicas;
  std::optional<double> cores;

  // Reads {"minutes":10,"policy":"aca","min_replicas":2,"max_replicas":20,"cores":4}, each member of which may be left
  // out or null. The error says what is wrong with it; whether the values make sense is not looked at.
  static std::expected<WhatIfQuestion, std::string> parse(std::string_view json);
};

// The times of whose requests are meant, by the wall clock.
struct WhatIfTimes {
  std::chrono::system_clock::time_point from;
  std::chrono::system_clock::time_point until;
};

// The program that answers a question from a journal: it prints the answer as JSON, and ends with 0; with 2 where the
// question makes no sense and with 1 where there is no answer, each time with a sentence on standard error.
struct WhatIfCommand {
  std::vector<std::string> argv;
  std::string shown;  // for people, who may run it themselves
};
using WhatIfCommands = std::function<WhatIfCommand(const std::filesystem::path& journal, const WhatIfQuestion& question,
                                                   const WhatIfTimes& times)>;

}  // namespace tenfold::live
