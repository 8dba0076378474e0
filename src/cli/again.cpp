#include "cli/again.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace tenfold::cli {

namespace {

// Of several bursts, which one.
std::string part_text(const report::Story& story) {
  const report::Burst& burst = *story.burst;
  if (burst.arrivals == story.requests) return {};
  const core::TimePoint first = story.bursts.front().began;
  return fmt::format(",skip={}ns,for={}ns", (burst.began - first).count(), (burst.last_arrival - burst.began).count());
}

}  // namespace

Again again(const report::Story& story, const std::string& directory) {
  const std::string journal = "journal:" + directory;
  Again made;
  made.scenario.workload = journal + part_text(story);
  made.command = fmt::format("tenfold simulate --workload {}", shell_word(made.scenario.workload));
  // What was not answered has no service time of its own.
  const auto is_answered = [](const report::RequestStory& request) { return request.end == report::End::kAnswered; };
  if (!std::ranges::all_of(story.burst->requests, is_answered)) {
    made.scenario.service = journal;
    made.scenario.is_service_stated = true;
    made.command += " --service " + shell_word(journal);
  }
  const auto is_start = [](const report::ReplicaStory& replica) { return replica.started && replica.ready; };
  if (std::ranges::any_of(story.replicas, is_start)) {
    made.scenario.cold_start = journal;
    made.command += " --cold-start " + shell_word(journal);
  }
  made.command += " --as-recorded";
  return made;
}

std::string settings_unknown(const report::Story& story) {
  return story.settings.size() > 1 ? "they changed while the service ran" : "";
}

std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"/._-:=,+"}.contains(c);
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string made = "'";
  for (const char c : text) made += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return made + "'";
}

}  // namespace tenfold::cli
