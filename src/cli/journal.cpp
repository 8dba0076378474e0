#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "journal/print.hpp"
#include "journal/reader.hpp"
#include "journal/replay.hpp"

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

void add(CLI::App& journal, const std::string& name, const std::string& help, int (*run)(const std::string&),
         int& exit_code) {
  CLI::App* command = journal.add_subcommand(name, help);
  auto directory = std::make_shared<std::string>();
  command->add_option("DIR", *directory, "the journal's directory")->required();
  command->callback([directory, run, &exit_code] { exit_code = run(*directory); });
}

}  // namespace

void add_journal_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("journal", "look into a journal: replay, dump");
  command->require_subcommand(1);
  add(*command, "replay", "feed its events to a fresh core: exit 0 if that takes the same actions, else 1", &replay,
      exit_code);
  add(*command, "dump", "print every record as words, times in seconds since the first", &dump, exit_code);
}

}  // namespace tenfold::cli
