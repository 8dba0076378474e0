// Goes through a journal and makes its story, while somebody else looks at the records too.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include "journal/reader.hpp"
#include "report/collector.hpp"

namespace tenfold::report {

// Calls `take` with each record of the journal, whatever its type. Returns the reader at its end, which knows what was
// wrong.
template <class Take>
std::expected<journal::Reader, std::string> read_journal(const std::filesystem::path& directory, journal::Disk& disk,
                                                         Take&& take) {
  auto reader = journal::Reader::open(directory, disk);
  if (!reader) return reader;
  while (const journal::Record* record = reader->next()) std::visit(take, *record);
  return reader;
}

// What is to be said of a story that came of what `reader` read; or what is wrong with it.
std::expected<Story, std::string> finish_story(Story story, const journal::Reader& reader);

// As `tell`; `also` is called with each record, once.
template <class Also>
std::expected<Story, std::string> tell_with(const std::filesystem::path& directory, const Selection& selection,
                                            journal::Disk& disk, Also&& also) {
  Collector collector;
  auto reader = read_journal(directory, disk, [&](const auto& record) {
    collector.take(record);
    also(record);
  });
  if (!reader) return std::unexpected(reader.error());
  Story story = collector.finish(selection, reader->unix_time_at_zero());
  // Of a journal that is being written, what is the largest or the last may be another the next time.
  constexpr int kMostTimes = 3;
  auto range = collector.range_to_take();
  for (int again = 0; range && again < kMostTimes; ++again) {
    Collector other{Origin::kJournal, range};
    reader = read_journal(directory, disk, [&](const auto& record) { other.take(record); });
    if (!reader) return std::unexpected(reader.error());
    story = other.finish(selection, reader->unix_time_at_zero());
    range = other.range_to_take();
  }
  return finish_story(std::move(story), *reader);
}

}  // namespace tenfold::report
