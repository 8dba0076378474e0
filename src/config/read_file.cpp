// The file: what `az containerapp create --yaml` takes, and one extra key, `tenfold`.
#include <fmt/format.h>

#include "config/app_config.hpp"
#include "config/containers.hpp"
#include "config/document.hpp"
#include "config/file_shape.hpp"
#include "config/gaps.hpp"
#include "config/probes.hpp"
#include "config/read_text.hpp"
#include "config/rules_file.hpp"

namespace tenfold::config {

namespace {

using Applied = std::expected<void, std::string>;

void take(AppConfig& config, const Setting& setting, const Node& node, Faults& faults) {
  if (node.is_list()) {
    for (const Entry& entry : node.entries) take(config, setting, entry.value, faults);
  }
  std::string text = node.scalar;
  if (node.is_map() && setting.takes_maps) {
    for (const Entry& entry : node.entries)
      text += fmt::format("{}{}={}", text.empty() ? "" : ",", entry.key, entry.value.scalar);
  } else if (!node.is_scalar()) {
    return;
  }
  if (auto applied = setting.apply(config, text); !applied) faults.add(node.line, setting.key, applied.error());
}

void read_settings(AppConfig& config, const Node& file, Faults& faults) {
  // An empty one is one: with it, the defaults of autoscaling/v2 count.
  config.core.scale.hpa.has_behavior |= find_at(file, "tenfold.hpa.behavior") != nullptr;
  for (const Setting& setting : settings()) {
    if (setting.key.empty()) continue;
    if (const Node* node = find_at(file, setting.key)) take(config, setting, *node, faults);
  }
}

}  // namespace

Applied apply_yaml(AppConfig& config, std::string_view text, std::string_view name) {
  auto file = parse_document(text, name);
  if (!file) return std::unexpected(file.error());
  drop_nulls(*file);
  Faults faults;
  check_shape(*file, faults);
  read_settings(config, *file, faults);
  read_containers(config, *file, faults);
  if (const Node* probes = find_at(*file, kProbes)) read_probes(config, *probes, faults);
  read_rules(config, *file, faults);
  note_gaps(config, *file);
  config.has_template |= find_at(*file, "properties.template") != nullptr;
  if (!faults.empty()) return std::unexpected(faults.text(name));
  return {};
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& file) {
  auto text = read_text(file.string());
  if (text) return text;
  return std::unexpected(
      fmt::format("{} cannot be read: {}; give the app's YAML file, or none and flags", file.string(), text.error()));
}

Applied apply_file(AppConfig& config, const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  return apply_yaml(config, *text, file.string());
}

}  // namespace tenfold::config
