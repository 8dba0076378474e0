#include "sim/cold_start.hpp"

#include <utility>

#include "sim/journal_source.hpp"
#include "sim/logs/traffic_log.hpp"

namespace tenfold::sim {

namespace {

using MadeSpan = std::expected<std::unique_ptr<Span>, std::string>;

std::unique_ptr<Span> recorded(SpecReader& spec) {
  spec.take_all();
  ClassNames classes;
  auto recording = read_recording(spec.rest(), classes);
  if (!recording) {
    spec.fail(recording.error());
    return nullptr;
  }
  if (recording->cold_starts.empty()) {
    spec.fail("no replica started in the journal, so it tells no cold starts");
    return nullptr;
  }
  return make_empirical_span(std::move(recording->cold_starts));
}

// Of a log of replicas.
std::unique_ptr<Span> logged(SpecReader& spec) {
  const LogSource source = read_log_source(spec);
  if (!spec.error().empty()) return nullptr;
  const auto log = read_log(source);
  if (!log) spec.fail(log.error());
  if (log && (*log)->cold_starts.empty())
    spec.fail("no replica starts in it: it is " + std::string{(*log)->kind->words});
  return log && !(*log)->cold_starts.empty() ? make_empirical_span((*log)->cold_starts) : nullptr;
}

MadeSpan finish(SpecReader& spec, std::unique_ptr<Span> span) {
  if (const std::string error = spec.error(); !error.empty()) return std::unexpected(error);
  return span;
}

}  // namespace

MadeSpan make_cold_start(std::string_view text) {
  SpecReader spec{"--cold-start", text};
  if (spec.kind() == "journal") return finish(spec, recorded(spec));
  return finish(spec, spec.kind() == "log" ? logged(spec) : make_span(spec, {"journal", "log"}));
}

MadeSpan make_patience(std::string_view text) {
  SpecReader spec{"--patience", text};
  return finish(spec, spec.kind() == "never" ? nullptr : make_span(spec, {"never"}));
}

MadeSpan make_request_memory(std::string_view text) {
  SpecReader spec{"--request-memory", text, SpecReader::Unit::kSize};
  return finish(spec, make_span(spec));
}

}  // namespace tenfold::sim
