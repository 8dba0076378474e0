// The file: what `az containerapp create --yaml` takes, and one extra key, `tenfold`.
#include "config/read_file.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/containers.hpp"
#include "config/cross_checks.hpp"
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

void apply_document(AppConfig& config, Node document, Faults& faults) {
  drop_nulls(document);
  check_shape(document, faults);
  read_settings(config, document, faults);
  read_containers(config, document, faults);
  if (const Node* probes = find_at(document, kProbes)) read_probes(config, *probes, faults);
  read_rules(config, document, faults);
  note_gaps(config, document);
  config.has_template |= find_at(document, "properties.template") != nullptr;
  config.document = std::move(document);
}

Applied apply_yaml(AppConfig& config, std::string_view text, std::string_view name) {
  auto document = parse_document(text, name);
  if (!document) return std::unexpected(document.error());
  config.document_name = name;
  Faults faults;
  apply_document(config, std::move(*document), faults);
  if (faults.empty()) return {};  // flags may mend what does not fit together: `finish` looks at that
  check_together(config, faults);
  return std::unexpected(faults.text(name));
}

Applied apply_flag(AppConfig& config, const Setting& setting, std::string_view text) {
  auto applied = setting.apply(config, text);
  if (applied && !setting.key.empty()) config.overridden.push_back(setting.key);
  return applied;
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
