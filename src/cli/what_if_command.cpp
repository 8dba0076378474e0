#include "cli/what_if_command.hpp"

#include <string>

#include <fmt/format.h>

#include "cli/again.hpp"
#include "live/log.hpp"

namespace tenfold::cli {

namespace {

// This very program, also where its file was replaced meanwhile.
constexpr const char* kSelf = "/proc/self/exe";

}  // namespace

live::WhatIfCommand what_if_command(const std::filesystem::path& journal, const live::WhatIfQuestion& question,
                                    const live::WhatIfTimes& times) {
  live::WhatIfCommand command{.argv = {kSelf}, .shown = "tenfold"};
  const auto add = [&command](const std::string& word) {
    command.argv.push_back(word);
    command.shown += ' ' + shell_word(word);
  };
  add("what-if");
  add("--journal=" + journal.string());
  add("--from=" + live::to_iso8601(times.from));
  add("--to=" + live::to_iso8601(times.until));
  if (question.policy) add("--policy=" + *question.policy);
  if (question.min_replicas) add(fmt::format("--min-replicas={}", *question.min_replicas));
  if (question.max_replicas) add(fmt::format("--max-replicas={}", *question.max_replicas));
  if (question.cores) add(fmt::format("--cores={}", *question.cores));
  command.argv.emplace_back("--json");
  return command;
}

}  // namespace tenfold::cli
