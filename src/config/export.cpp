#include "config/export.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "config/document.hpp"
#include "config/file_shape.hpp"
#include "config/probes.hpp"
#include "config/read_file.hpp"
#include "config/rules.hpp"
#include "config/rules_file.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

constexpr std::string_view kMinReplicas = "properties.template.scale.minReplicas";

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

// What the file says without any flag.
AppConfig filed(const Node& document) {
  AppConfig config;
  Faults faults;
  apply_document(config, document, faults);
  // What does not fit together without flags is no matter here: then more is written anew than had to be.
  [[maybe_unused]] const auto finished = finish(config);
  return config;
}

void print_variable(Node& list, std::string_view name, std::string_view key, std::string_view value) {
  Node& variable = list.append();
  variable.at("name") = Node::text(name);
  variable.at(key) = Node::text(value);
}

void print_container(const AppConfig& config, const AppConfig& before, Node& file) {
  const auto at = [&](std::string_view key) -> Node& {
    return node_at(file, fmt::format("properties.template.containers[].{}", key));
  };
  if (!config.image.empty() && config.image != before.image) at("image") = Node::text(config.image);
  if (config.command != before.command) {
    at("command") = Node{.kind = Node::Kind::kList};
    for (const std::string& word : config.command) at("command").append() = Node::text(word);
    at("args") = Node{};
  }
  if (config.env != before.env || config.secret_env != before.secret_env) {
    Node& list = at("env") = Node{.kind = Node::Kind::kList};
    for (const auto& [name, value] : config.env) print_variable(list, name, "value", value);
    for (const auto& [name, secret] : config.secret_env) print_variable(list, name, "secretRef", secret);
  }
  if (config.probes != before.probes) {
    Node& list = at("probes") = Node{.kind = Node::Kind::kList};
    print_probes(config.probes, list);
  }
}

// "key=value,key=value; ..." as a list of maps.
Node maps_of(std::string_view text) {
  Node list{.kind = Node::Kind::kList};
  while (!text.empty()) {
    Node& map = list.append();
    for (std::string_view one = take_until(text, ';'); !one.empty();) {
      std::string_view value = take_until(one, ',');
      const std::string_view key = take_until(value, '=');
      map.at(key) = Node::number(value);
    }
  }
  return list;
}

void print_settings(const AppConfig& config, const AppConfig& before, Node& file) {
  for (const Setting& setting : settings()) {
    if (!setting.show || setting.key.empty()) continue;
    const std::string value = setting.show(config);
    // Without it Azure has none, and we have two: it is always said.
    const bool is_said = setting.key != kMinReplicas || find_at(file, kMinReplicas) != nullptr;
    if (value == setting.show(before) && is_said) continue;
    node_at(file, setting.key) = setting.takes_maps ? maps_of(value) : Node::number(value);
  }
}

std::vector<RuleText> rule_texts(const AppConfig& config) {
  std::vector<RuleText> texts;
  texts.reserve(config.core.scale.rules.size());
  for (std::uint32_t i = 0; i < config.core.scale.rules.size(); ++i)
    texts.push_back(rule_text(config.core.scale.rules[i], source_of(config, i)));
  return texts;
}

// Rules that are not looked at here stay as they are.
void print_changed_rules(const AppConfig& config, const AppConfig& before, Node& file) {
  const std::vector<RuleText> known = rule_texts(before);
  if (known == rule_texts(config)) return;
  for (const std::string_view path : {kAzureRules, kOurRules}) {
    if (find_at(file, path) == nullptr) continue;
    std::erase_if(node_at(file, path).entries, [&](const Entry& entry) {
      return std::ranges::find(known, text_at(entry.value, "name"), &RuleText::name) != known.end();
    });
  }
  print_rules(config, file);
}

// Azure's part first, as people expect it.
void order(Node& file) {
  std::ranges::stable_partition(file.entries, [](const Entry& entry) { return entry.key != "tenfold"; });
}

}  // namespace

std::string to_yaml(const AppConfig& config) {
  const AppConfig before = filed(config.document);
  Node file = config.document;
  if (!file.is_map()) file = Node{.kind = Node::Kind::kMap};
  print_container(config, before, file);
  print_settings(config, before, file);
  print_changed_rules(config, before, file);
  drop_nulls(file);
  order(file);
  return print_document(file);
}

}  // namespace tenfold::config
