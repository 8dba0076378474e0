// The scale rules of a file: properties.template.scale.rules, as Azure writes them, and tenfold.rules.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "config/document.hpp"

namespace tenfold::config {

inline constexpr std::string_view kAzureRules = "properties.template.scale.rules";
inline constexpr std::string_view kOurRules = "tenfold.rules";

// What is wrong in a file, and where.
struct FileFault {
  int line = 0;
  std::string path;  // of the key, dotted; may be empty
  std::string what;
};

// Adds the rules of the list that stands at `path`, one of the two above. A name that the file uses twice is an error;
// so `names` goes through both lists.
std::expected<void, FileFault> apply_rules(AppConfig& config, const Node& list, std::string_view path,
                                           std::vector<std::string>& names);

// Adds the configuration's rules to the file's map, each in its place.
void print_rules(const AppConfig& config, Node& file);

}  // namespace tenfold::config
