#include "config/file_shape.hpp"

#include <ranges>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/app_config.hpp"
#include "config/rules.hpp"
#include "config/rules_file.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

// Takes the first key off a dotted path: "containers[]" of "containers[].env".
std::string_view take_key(std::string_view& path) {
  const std::string_view key = path.substr(0, path.find('.'));
  path.remove_prefix(std::min(key.size() + 1, path.size()));
  return key;
}

Shape& shape_at(Shape& root, std::string_view path) {
  Shape* shape = &root;
  while (!path.empty()) {
    std::string_view key = take_key(path);
    const bool is_list = key.ends_with("[]");
    if (is_list) key.remove_suffix(2);
    shape = &shape->keys[std::string{key}];
    if (!is_list) continue;
    if (!shape->element) shape->element = std::make_unique<Shape>();
    shape = shape->element.get();
  }
  return *shape;
}

bool is_map(ValueType type) {
  return type == ValueType::kAny || type == ValueType::kTexts || type == ValueType::kNames;
}

Shape make_file_shape() {
  Shape root;
  for (const AzureKey& key : azure_keys()) {
    Shape& shape = shape_at(root, key.path);
    shape.azure = &key;
    shape.is_any = is_map(key.type);
    shape.is_value = !shape.is_any;
  }
  for (const Setting& setting : settings()) {
    if (setting.key.empty()) continue;
    Shape& shape = shape_at(root, setting.key);
    shape.is_value = true;
    shape.is_repeatable = setting.is_repeatable;
    shape.takes_maps = setting.takes_maps;
  }
  Shape& rule = shape_at(root, fmt::format("{}[]", kOurRules));
  rule.keys["name"].is_value = true;
  for (const std::string_view type : rule_types(RulePlace::kOurs)) rule.keys[std::string{type}].is_any = true;
  return root;
}

// Of a rule that stands in the wrong one of the two lists.
std::string hint_of_rule(std::string_view key, std::string_view path) {
  const auto place = place_of(key);
  if (!place) return "";
  if (path == fmt::format("{}[]", kAzureRules) && place == RulePlace::kOurs)
    return fmt::format("'{}' is not Azure's: such a rule stands in {}", key, kOurRules);
  if (path == fmt::format("{}[]", kAzureRules) && place == RulePlace::kCustom)
    return fmt::format("write custom: {{type: {}}}", key);
  if (path == fmt::format("{}[]", kOurRules))
    return fmt::format("'{}' is Azure's: such a rule stands in {}", key, kAzureRules);
  return "";
}

std::string hint_of(std::string_view key, const Shape& shape, std::string_view path) {
  if (std::string hint = hint_of_rule(key, path); !hint.empty()) return hint;
  const auto names = std::views::keys(shape.keys);
  const std::vector<std::string_view> known{names.begin(), names.end()};
  const std::string_view near = nearest(key, known);
  return near.empty() ? fmt::format("known: {}", fmt::join(known, ", ")) : fmt::format("did you mean '{}'?", near);
}

class Check {
 public:
  explicit Check(Faults& faults) : faults_{faults} {}

  void node(const Node& node, const Shape& shape, const std::string& path) {
    if (node.is_null()) return;
    if (node.is_map()) once(node);
    if (shape.azure != nullptr && shape.azure->type == ValueType::kTexts && !node.is_map())
      return faults_.add(node.line, path, "a map of keys is wanted here");
    if (shape.is_any) return any(node);
    if (shape.is_value) return value(node, shape, path);
    if (shape.element) return list(node, shape, path);
    map(node, shape, path);
  }

 private:
  void value(const Node& node, const Shape& shape, const std::string& path) {
    if (node.is_scalar()) return;
    if (!node.is_list() || !shape.is_repeatable) return faults_.add(node.line, path, "one value is wanted here");
    for (const Entry& entry : node.entries) {
      if (shape.takes_maps && entry.value.is_map()) {
        values(entry.value, path);
      } else {
        value(entry.value, {}, path);
      }
    }
  }

  void values(const Node& map, const std::string& path) {
    once(map);
    for (const Entry& entry : map.entries) value(entry.value, {}, fmt::format("{}[].{}", path, entry.key));
  }

  void list(const Node& node, const Shape& shape, const std::string& path) {
    if (!node.is_list()) return faults_.add(node.line, path, "a list is wanted here");
    for (const Entry& entry : node.entries) this->node(entry.value, *shape.element, path + "[]");
  }

  void map(const Node& node, const Shape& shape, const std::string& path) {
    if (node.is_list()) return faults_.add(node.line, path, "a map of keys is wanted here, not a list");
    if (!node.is_map()) return faults_.add(node.line, path, "a map of keys is wanted here");
    for (const Entry& entry : node.entries) {
      const auto below = shape.keys.find(entry.key);
      const std::string where = path.empty() ? "" : fmt::format(" in {}", path);
      if (below == shape.keys.end()) {
        faults_.add(entry.line, "",
                    fmt::format("unknown key '{}'{}; {}", entry.key, where, hint_of(entry.key, shape, path)));
        continue;
      }
      this->node(entry.value, below->second, path.empty() ? entry.key : fmt::format("{}.{}", path, entry.key));
    }
  }

  // Whatever it is, its keys stand once.
  void any(const Node& node) {
    for (const Entry& entry : node.entries) {
      if (entry.value.is_map()) once(entry.value);
      any(entry.value);
    }
  }

  void once(const Node& map) {
    for (const Entry& entry : map.entries) {
      if (map.find(entry.key) != &entry.value)
        faults_.add(entry.line, "", fmt::format("the key '{}' stands here twice", entry.key));
    }
  }

  Faults& faults_;
};

}  // namespace

const Shape& file_shape() {
  static const Shape shape = make_file_shape();
  return shape;
}

const Shape& file_shape_at(std::string_view path) {
  const Shape* shape = &file_shape();
  while (!path.empty()) shape = &shape->keys.find(take_key(path))->second;
  return *shape;
}

void check_shape(const Node& root, Faults& faults) {
  if (root.is_scalar() || root.is_list()) return faults.add(root.line, "", "the file is not a map of keys");
  Check{faults}.node(root, file_shape(), "");
}

const Node* find_at(const Node& root, std::string_view path) {
  const Node* node = &root;
  while (node != nullptr && !path.empty()) {
    std::string_view key = take_key(path);
    const bool is_list = key.ends_with("[]");
    if (is_list) key.remove_suffix(2);
    node = node->find(key);
    if (!is_list || node == nullptr) continue;
    node = node->is_list() && !node->entries.empty() ? &node->entries.front().value : nullptr;
  }
  return node;
}

}  // namespace tenfold::config
