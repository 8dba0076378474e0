#include "cli/selection_line.hpp"

#include <charconv>
#include <chrono>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/units.hpp"
#include "sim/trace_time.hpp"

namespace tenfold::cli {

namespace {

std::expected<core::Duration, std::string> read_time(std::string_view option, const std::string& text) {
  const auto time = sim::parse_time(text);
  if (time) return *time;
  return std::unexpected(fmt::format("{}: '{}' is no time; write 2026-01-05T08:00:00Z", option, text));
}

// The N-th burst; `what` says where N stands.
std::expected<report::Selection, std::string> read_burst(std::string_view what, std::string_view number) {
  report::Selection selection{.scope = report::Scope::kNumberedBurst};
  const char* end = number.data() + number.size();
  const auto [read, error] = std::from_chars(number.data(), end, selection.number);
  if (error == std::errc{} && read == end && selection.number > 0) return selection;
  return std::unexpected(fmt::format("{}: '{}' is no number of a burst: they begin at 1", what, number));
}

}  // namespace

void SelectionLine::add_to(CLI::App& command) {
  CLI::App* group = command.add_option_group("Which requests", "one of these; none: the largest burst");
  auto* last = group->add_flag("--last", is_last_, "the last burst");
  auto* burst = group->add_option("--burst", burst_, "the N-th burst, from 1")->type_name("N");
  auto* since = group->add_option("--since", since_, "what arrived in the past TIME, such as 10m")->type_name("TIME");
  auto* from = group->add_option("--from", from_, "what arrived from then on: 2026-01-05T08:00:00Z")->type_name("TIME");
  auto* to = group->add_option("--to", to_, "and until then")->type_name("TIME");
  burst->excludes(last);
  since->excludes(last)->excludes(burst);
  for (CLI::Option* each : {from, to}) each->excludes(last)->excludes(burst)->excludes(since);
}

std::expected<report::Selection, std::string> SelectionLine::read() const {
  if (is_last_) return report::Selection{.scope = report::Scope::kLastBurst};
  if (!burst_.empty()) return read_burst("--burst", burst_);
  report::Selection selection{.scope = report::Scope::kTimes};
  if (!since_.empty()) {
    const auto span = config::parse_duration(since_);
    if (!span) return std::unexpected("--since: " + span.error());
    selection.from = std::chrono::system_clock::now().time_since_epoch() - *span;
    return selection;
  }
  if (from_.empty() && to_.empty()) return report::Selection{};
  if (!from_.empty()) {
    const auto from = read_time("--from", from_);
    if (!from) return std::unexpected(from.error());
    selection.from = *from;
  }
  if (!to_.empty()) {
    const auto until = read_time("--to", to_);
    if (!until) return std::unexpected(until.error());
    selection.until = *until;
  }
  if (selection.from > selection.until) return std::unexpected("--to: it is before --from");
  return selection;
}

std::expected<JournalPart, std::string> read_part(std::string_view text, const report::Selection& selection) {
  constexpr std::string_view kBurst = "burst=";
  JournalPart part{.directory = std::string{text}, .selection = selection};
  // A directory may have commas; what stands behind the last one is ours if it looks so.
  const std::size_t comma = text.rfind(',');
  if (comma == std::string_view::npos) return part;
  const std::string_view last = text.substr(comma + 1);
  if (last == "last") {
    part.selection = {.scope = report::Scope::kLastBurst};
  } else if (last.starts_with(kBurst)) {
    const auto burst = read_burst(text, last.substr(kBurst.size()));
    if (!burst) return std::unexpected(burst.error());
    part.selection = *burst;
  } else {
    return part;
  }
  part.directory = text.substr(0, comma);
  return part;
}

}  // namespace tenfold::cli
