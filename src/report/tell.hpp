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

// The story of what `collector` took from `reader`, which is at its end; or what is wrong with it.
std::expected<Story, std::string> finish_story(Collector& collector, const journal::Reader& reader,
                                               const Selection& selection);

// As `tell`; `also` is called with each record, whatever its type.
template <class Also>
std::expected<Story, std::string> tell_with(const std::filesystem::path& directory, const Selection& selection,
                                            journal::Disk& disk, Also&& also) {
  auto reader = journal::Reader::open(directory, disk);
  if (!reader) return std::unexpected(reader.error());
  Collector collector;
  while (const auto record = reader->next()) {
    std::visit(
        [&](const auto& r) {
          collector.take(r);
          also(r);
        },
        *record);
  }
  return finish_story(collector, *reader, selection);
}

}  // namespace tenfold::report
