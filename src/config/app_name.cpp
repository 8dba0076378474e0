#include "config/app_name.hpp"

#include <filesystem>
#include <string_view>

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

std::string revision_name(const AppConfig& config) {
  const Node* map = &config.document;
  for (const std::string_view key : {"properties", "template"}) {
    map = map != nullptr && map->is_map() ? map->find(key) : nullptr;
  }
  if (map == nullptr || !map->is_map()) return {};
  const std::string suffix = text_at(*map, "revisionSuffix");
  return suffix.empty() ? "" : app_name(config) + "--" + suffix;
}

}  // namespace tenfold::config
