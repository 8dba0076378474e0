// A container's health probes, as Azure's file has them: properties.template.containers[].probes[].
#pragma once

#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "config/app_config.hpp"
#include "config/document.hpp"
#include "config/file_fault.hpp"

namespace tenfold::config {

inline constexpr std::string_view kProbes = "properties.template.containers[].probes";

// Takes the list that stands at kProbes. At most one probe of each type. What cannot be asked here becomes a gap.
void read_probes(AppConfig& config, const Node& list, Faults& faults);

// The flag: readiness is asked by a GET of `path`, at the pace of the file's readiness probe if there is one.
std::expected<void, std::string> apply_readiness_path(AppConfig& config, std::string_view path);

// Without a time of its own, a start may take as long as the startup probe lets it: that is when Azure gives it up.
void bound_start(AppConfig& config);

// All probes that replicas are asked by: the app's, and a readiness probe as Azure makes one where the app has none.
std::vector<Probe> asked_probes(const AppConfig& config);

// As the file has them.
void print_probes(std::span<const Probe> probes, Node& list);

// Adds to the gaps what the probes ask for and `up` does otherwise, or not yet.
void note_probes(const AppConfig& config, std::vector<GapNote>& gaps);

// "startup", "readiness", "liveness".
std::string_view name_of(Probe::Type type);

}  // namespace tenfold::config
