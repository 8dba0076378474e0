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
  if (!burst_.empty()) {
    report::Selection selection{.scope = report::Scope::kNumberedBurst};
    const char* end = burst_.data() + burst_.size();
    const auto [read, error] = std::from_chars(burst_.data(), end, selection.number);
    if (error == std::errc{} && read == end && selection.number > 0) return selection;
    return std::unexpected(fmt::format("--burst: '{}' is no number of a burst: they begin at 1", burst_));
  }
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

}  // namespace tenfold::cli
