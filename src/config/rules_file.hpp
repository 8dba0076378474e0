// The scale rules of a file: properties.template.scale.rules, as Azure writes them, and tenfold.rules.
#pragma once

#include <string_view>

#include "config/app_config.hpp"
#include "config/document.hpp"
#include "config/file_fault.hpp"

namespace tenfold::config {

inline constexpr std::string_view kAzureRules = "properties.template.scale.rules";
inline constexpr std::string_view kOurRules = "tenfold.rules";

// Adds the rules of both lists. A name may stand once in them. What Azure scales by and we do not becomes a gap.
void read_rules(AppConfig& config, const Node& file, Faults& faults);

// Adds the configuration's rules to the file's map, each in its place.
void print_rules(const AppConfig& config, Node& file);

}  // namespace tenfold::config
