#include "config/export.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/document.hpp"
#include "config/probes.hpp"
#include "config/rules_file.hpp"

namespace tenfold::config {

namespace {

// The node at a dotted path; "[]" is the first element of a list.
Node& node_at(Node& root, std::string_view path) {
  Node* node = &root;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    std::string_view key = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    const bool is_list = key.ends_with("[]");
    if (is_list) key.remove_suffix(2);
    node = &node->at(key);
    if (is_list) node = node->is_list() && !node->entries.empty() ? &node->entries.front().value : &node->append();
  }
  return *node;
}

void print_container(const AppConfig& config, Node& file) {
  constexpr std::string_view kContainer = "properties.template.containers[].";
  const auto at = [&](std::string_view key) -> Node& { return node_at(file, fmt::format("{}{}", kContainer, key)); };
  if (!config.image.empty()) at("image") = Node::text(config.image);
  for (const std::string& word : config.command) at("command").append() = Node::text(word);
  for (const auto& [name, value] : config.env) {
    Node& variable = at("env").append();
    variable.at("name") = Node::text(name);
    variable.at("value") = Node::text(value);
  }
  if (!config.probes.empty()) print_probes(config.probes, at("probes"));
}

// "key=value,key=value; ..." as a list of maps.
Node maps_of(std::string_view text) {
  Node list{.kind = Node::Kind::kList};
  const auto take = [](std::string_view& rest, std::string_view separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view front = rest.substr(0, end);
    rest.remove_prefix(std::min(end + separator.size(), rest.size()));
    return front;
  };
  while (!text.empty()) {
    Node& map = list.append();
    for (std::string_view one = take(text, "; "); !one.empty();) {
      std::string_view value = take(one, ",");
      const std::string_view key = take(value, "=");
      map.at(key) = Node::number(value);
    }
  }
  return list;
}

void print_settings(const AppConfig& config, Node& file) {
  static const AppConfig defaults;
  for (const Setting& setting : settings()) {
    if (!setting.show || setting.key.empty()) continue;
    const std::string value = setting.show(config);
    if (value == setting.show(defaults)) continue;
    node_at(file, setting.key) = setting.takes_maps ? maps_of(value) : Node::number(value);
  }
}

// Azure's part first, as people expect it.
void order(Node& file) {
  std::ranges::stable_partition(file.entries, [](const Entry& entry) { return entry.key != "tenfold"; });
}

}  // namespace

std::string to_yaml(const AppConfig& config) {
  Node file{.kind = Node::Kind::kMap};
  print_container(config, file);
  print_settings(config, file);
  print_rules(config, file);
  order(file);
  return print_document(file);
}

}  // namespace tenfold::config
