// A container's health probes, as Azure's file has them: properties.template.containers[].probes[].
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/app_config.hpp"
#include "config/document.hpp"
#include "config/rules_file.hpp"

namespace tenfold::config {

inline constexpr std::string_view kProbes = "properties.template.containers[].probes";

// Takes the list that stands at kProbes. At most one probe of each type.
std::expected<void, FileFault> apply_probes(AppConfig& config, const Node& list);

// The flag: readiness is asked by a GET of `path`, at the pace of the file's readiness probe if there is one.
std::expected<void, std::string> apply_readiness_path(AppConfig& config, std::string_view path);

// Without a time of its own, a start may take as long as the startup probe lets it: that is when Azure gives it up.
void bound_start(AppConfig& config);

// As the file has them.
void print_probes(std::span<const Probe> probes, Node& list);

// What the probes ask for and `up` does otherwise, or not yet: a sentence each.
std::vector<std::string> notes_on_probes(const AppConfig& config);

// "startup", "readiness", "liveness".
std::string_view name_of(Probe::Type type);

}  // namespace tenfold::config
