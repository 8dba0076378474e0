#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "journal/files.hpp"
#include "journal/print.hpp"
#include "journal/reader.hpp"
#include "journal/replay.hpp"
#include "journal/started.hpp"
#include "report/moments.hpp"
#include "report/story.hpp"
#include "report/words.hpp"

namespace tenfold::cli {

namespace {

int replay(const std::string& directory) {
  const auto result = journal::replay(directory);
  if (!result) {
    fmt::print(stderr, "tenfold journal replay: {}\n", result.error());
    return 1;
  }
  if (!result->difference.empty()) {
    fmt::print("the replay differs first at step {}:\n{}\n", result->steps, result->difference);
    return 1;
  }
  fmt::print("{} steps replayed, {} actions: all the same\n", result->steps, result->actions);
  if (result->records_lost > 0) fmt::print("records missing: {}\n", result->records_lost);
  if (result->damaged_places == 0) return 0;
  fmt::print(
      "places damaged: {}, the first: {}\nsteps between damage and the next checkpoint, which prove nothing: {}\n",
      result->damaged_places, result->damage, result->steps_unproved);
  return 1;
}

struct TimeOf {
  core::TimePoint operator()(const journal::Step& step) const { return step.now; }
  core::TimePoint operator()(const core::Checkpoint&) const { return {}; }
  core::TimePoint operator()(const journal::Gap&) const { return {}; }
  template <class Note>
  core::TimePoint operator()(const Note& note) const {
    return note.at;
  }
};

int dump(const std::string& directory) {
  auto reader = journal::Reader::open(directory);
  if (!reader) {
    fmt::print(stderr, "tenfold journal dump: {}\n", reader.error());
    return 1;
  }
  core::TimePoint since{};
  while (const auto record = reader->next()) {
    if (since == core::TimePoint{}) since = std::visit(TimeOf{}, *record);
    fmt::print("{}\n", journal::to_string(*record, since));
  }
  if (reader->damaged_places() == 0) return 0;
  fmt::print(stderr, "tenfold journal dump: places damaged: {}, the first: {}\n", reader->damaged_places(),
             reader->damage());
  return 1;
}

std::string size_text(std::uint64_t bytes) {
  constexpr double kUnit = 1024;
  const auto size = static_cast<double>(bytes);
  if (size < kUnit * kUnit) return fmt::format("{:.1f} KiB", size / kUnit);
  if (size < kUnit * kUnit * kUnit) return fmt::format("{:.1f} MiB", size / (kUnit * kUnit));
  return fmt::format("{:.1f} GiB", size / (kUnit * kUnit * kUnit));
}

std::uint64_t size_of(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  const auto entries = journal::real_disk().list(directory);
  if (!entries) return 0;
  for (const journal::Disk::Entry& entry : *entries) {
    if (journal::is_journal_file(entry)) bytes += entry.size;
  }
  return bytes;
}

// Of services that started here; more of them need a look into more journals, whose time is that of reading them.
int list(std::size_t most) {
  const std::filesystem::path root = journal::default_root();
  const auto all = journal::all_started(journal::real_disk(), root);
  if (all.empty()) {
    fmt::print("no service that started here has kept a journal (none is noted in {})\n", root.string());
    return 0;
  }
  fmt::print("{:<27}  {:>9}  {:>9}  {:>6}  {:>9}  journal\n", "started", "told", "requests", "bursts", "size");
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i) {
    const std::filesystem::path& directory = all[i];
    const std::string size = size_text(size_of(directory));
    const auto story = report::tell(directory);
    if (!story) {
      fmt::print("{:<27}  {:>9}  {:>9}  {:>6}  {:>9}  {}: {}\n", "", "", "", "", size, directory.string(),
                 story.error());
      continue;
    }
    fmt::print("{:<27}  {:>9}  {:>9}  {:>6}  {:>9}  {}\n", report::clock_text(*story, story->began),
               report::span_text(story->ended - story->began), story->requests, story->bursts.size(), size,
               directory.string());
  }
  if (all.size() > most) fmt::print("and {} older; -n shows more\n", all.size() - most);
  return 0;
}

void add_list(CLI::App& journal, int& exit_code) {
  CLI::App* command = journal.add_subcommand(
      "list", "the services that started here, the last first: when, for how long, requests, bursts, size, where");
  auto most = std::make_shared<std::size_t>(20);
  command->add_option("-n", *most, "so many at most")->capture_default_str()->check(CLI::PositiveNumber);
  command->callback([most, &exit_code] { exit_code = list(*most); });
}

void add(CLI::App& journal, const std::string& name, const std::string& help, int (*run)(const std::string&),
         int& exit_code) {
  CLI::App* command = journal.add_subcommand(name, help);
  auto directory = std::make_shared<std::string>();
  command->add_option("DIR", *directory, "the journal's directory")->required();
  command->callback([directory, run, &exit_code] { exit_code = run(*directory); });
}

}  // namespace

void add_journal_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("journal", "look into journals: list, replay, dump");
  command->require_subcommand(1);
  add_list(*command, exit_code);
  add(*command, "replay", "feed its events to a fresh core: exit 0 if that takes the same actions, else 1", &replay,
      exit_code);
  add(*command, "dump", "print every record as words, times in seconds since the first", &dump, exit_code);
}

}  // namespace tenfold::cli
