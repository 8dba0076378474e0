#include "config/app_name.hpp"

#include <filesystem>

#include "config/document.hpp"

namespace tenfold::config {

std::string app_name(const AppConfig& config) {
  if (!config.name.empty()) return config.name;
  if (config.document.is_map()) {
    std::string name = text_at(config.document, "name");
    if (!name.empty()) return name;
  }
  if (config.command.empty()) return "app";
  return std::filesystem::path{config.command.front()}.filename().string();
}

}  // namespace tenfold::config
