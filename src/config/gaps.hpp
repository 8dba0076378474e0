// What is done otherwise than on Azure, told in one line when the service starts.
#pragma once

#include <string>

#include "config/app_config.hpp"
#include "config/document.hpp"

namespace tenfold::config {

// Adds what the table of Azure's keys says of the values that the file holds.
void note_gaps(AppConfig& config, const Node& file);

// All that is to be told of a finished configuration, by importance: "volumes are not mounted; ..."; empty for nothing.
std::string gaps_line(const AppConfig& config);

}  // namespace tenfold::config
