#include "config/rules_file.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "config/fields.hpp"
#include "config/rules.hpp"

namespace tenfold::config {

namespace {

using Result = std::expected<void, FileFault>;

// One rule as the file has it: the text, and where it stands for errors.
struct Reading {
  std::string path;  // of the list's elements
  RuleText text;
  const Node* rule = nullptr;
  const Node* type = nullptr;
  std::string metadata_path;
  const Node* metadata = nullptr;

  std::unexpected<FileFault> fail(const Node& at, std::string_view key, std::string what) const {
    const std::string below = key.empty() ? path : fmt::format("{}.{}", path, key);
    return std::unexpected(FileFault{at.line > 0 ? at.line : rule->line, below, std::move(what)});
  }
  std::unexpected<FileFault> fail(std::string what) const { return fail(*rule, "", std::move(what)); }
};

const Entry* find_unknown(const Node& map, std::span<const std::string_view> known) {
  const auto at = std::ranges::find_if(
      map.entries, [&](const Entry& entry) { return std::ranges::find(known, entry.key) == known.end(); });
  return at == map.entries.end() ? nullptr : &*at;
}

Result check_keys(const Reading& reading, const Node& map, std::span<const std::string_view> known) {
  const Entry* unknown = find_unknown(map, known);
  if (!unknown) return {};
  return std::unexpected(
      FileFault{unknown->line, reading.path, unknown_word("key", unknown->key, {known.begin(), known.end()})});
}

// The key of a rule's type is the one beside its name.
Result read_type(Reading& reading, const std::vector<std::string_view>& types) {
  const std::string choice = fmt::format("{}", fmt::join(types, ", "));
  for (const Entry& entry : reading.rule->entries) {
    if (entry.key == "name") continue;
    if (!reading.text.type.empty()) {
      return reading.fail(fmt::format("the rule '{}' is both {} and {}; make it two rules", reading.text.name,
                                      reading.text.type, entry.key));
    }
    reading.text.type = entry.key;
    reading.type = &entry.value;
    if (std::ranges::find(types, entry.key) != types.end()) continue;
    const auto place = place_of(entry.key);
    std::string what = unknown_word("rule type", entry.key, types);
    if (entry.key == "azureQueue")
      what = "azureQueue reads a queue of Azure's, which is not reached from here; poll it with custom, metrics-api";
    else if (place == RulePlace::kOurs)
      what = fmt::format("'{}' is not Azure's: such a rule stands in {}", entry.key, kOurRules);
    else if (place)
      what = fmt::format("'{}' is Azure's: such a rule stands in {}", entry.key, kAzureRules);
    return std::unexpected(FileFault{entry.line, reading.path, what});
  }
  if (reading.text.type.empty())
    return reading.fail(fmt::format("the rule '{}' has no type; known: {}", reading.text.name, choice));
  if (!reading.type->is_map() && !reading.type->is_null())
    return reading.fail(*reading.type, reading.text.type, "a map of keys is wanted here");
  return {};
}

Result read_name(Reading& reading) {
  if (!reading.rule->is_map()) return reading.fail("a rule is a map of keys: its name and its type");
  const Node* name = reading.rule->find("name");
  if (!name || !name->is_scalar()) return reading.fail("a scale rule needs a name");
  reading.text.name = name->scalar;
  return {};
}

Result read_metadata(Reading& reading) {
  if (!reading.metadata || reading.metadata->is_null()) return {};
  if (!reading.metadata->is_map())
    return reading.fail(*reading.metadata, reading.metadata_path, "a map of keys is wanted here");
  for (const Entry& entry : reading.metadata->entries) {
    if (!entry.value.is_scalar()) {
      return reading.fail(entry.value, fmt::format("{}.{}", reading.metadata_path, entry.key),
                          "a string or a number is wanted here");
    }
    reading.text.metadata.emplace_back(entry.key, entry.value.scalar);
  }
  return {};
}

// What Azure's replicas log in with is a secret of Azure's.
Result check_auth(const Reading& reading) {
  const Node* auth = reading.type->find("auth");
  const bool is_polled = reading.text.type == "prometheus" || reading.text.type == "metrics-api";
  if (!auth || auth->entries.empty() || !is_polled) return {};
  return reading.fail(*auth, "custom.auth", "secrets are Azure's, so this metric could not be read; leave auth out");
}

Result read_azure(Reading& reading) {
  constexpr std::array<std::string_view, 4> kCustomKeys{"type", "metadata", "auth", "identity"};
  constexpr std::array<std::string_view, 3> kBuiltInKeys{"metadata", "auth", "identity"};
  std::vector<std::string_view> types = rule_types(RulePlace::kBuiltIn);
  types.emplace_back("custom");
  if (auto read = read_type(reading, types); !read) return read;
  const bool is_custom = reading.text.type == "custom";
  const std::span<const std::string_view> keys =
      is_custom ? std::span<const std::string_view>{kCustomKeys} : kBuiltInKeys;
  if (auto checked = check_keys(reading, *reading.type, keys); !checked) return checked;
  reading.metadata = reading.type->find("metadata");
  reading.metadata_path = fmt::format("{}.metadata", reading.text.type);
  if (!is_custom) return read_metadata(reading);
  const Node* type = reading.type->find("type");
  if (!type || !type->is_scalar())
    return reading.fail(fmt::format("the custom rule '{}' has no type; known: {}", reading.text.name,
                                    fmt::join(rule_types(RulePlace::kCustom), ", ")));
  reading.text.type = type->scalar;
  const auto place = place_of(type->scalar);
  if (place == RulePlace::kOurs)
    return reading.fail(*type, "custom.type",
                        fmt::format("'{}' is not Azure's: it stands in {}", type->scalar, kOurRules));
  if (place == RulePlace::kBuiltIn)
    return reading.fail(*type, "custom.type", fmt::format("write {}: instead of custom:", type->scalar));
  if (auto checked = check_auth(reading); !checked) return checked;
  return read_metadata(reading);
}

Result read_ours(Reading& reading) {
  if (auto read = read_type(reading, rule_types(RulePlace::kOurs)); !read) return read;
  reading.metadata = reading.type;
  reading.metadata_path = reading.text.type;
  return read_metadata(reading);
}

std::unexpected<FileFault> place_fault(const Reading& reading, const RuleFault& fault) {
  if (fault.key == "type" && !(reading.metadata && reading.metadata->find("type"))) {
    const Node* type = reading.type->find("type");
    return reading.fail(type ? *type : *reading.rule, "custom.type", fault.what);
  }
  const Node* value = reading.metadata ? reading.metadata->find(fault.key) : nullptr;
  if (!value) return reading.fail(fault.what);
  return reading.fail(*value, fmt::format("{}.{}", reading.metadata_path, fault.key), fault.what);
}

Result apply_rule(AppConfig& config, const Node& node, std::string_view path, std::vector<std::string>& names) {
  Reading reading{.path = fmt::format("{}[]", path), .rule = &node};
  if (auto read = read_name(reading); !read) return read;
  if (std::ranges::find(names, reading.text.name) != names.end())
    return reading.fail(fmt::format("there are two rules of the name '{}'", reading.text.name));
  names.push_back(reading.text.name);
  if (auto read = path == kOurRules ? read_ours(reading) : read_azure(reading); !read) return read;
  auto rule = make_rule(reading.text);
  if (!rule) return place_fault(reading, rule.error());
  if (auto put = put_rule(config, std::move(*rule)); !put) return reading.fail(put.error());
  return {};
}

}  // namespace

Result apply_rules(AppConfig& config, const Node& list, std::string_view path, std::vector<std::string>& names) {
  if (list.is_null()) return {};
  if (!list.is_list())
    return std::unexpected(FileFault{list.line, std::string{path}, "a list of rules is wanted here"});
  for (const Entry& entry : list.entries) {
    if (auto applied = apply_rule(config, entry.value, path, names); !applied) return applied;
  }
  return {};
}

void print_rules(const AppConfig& config, Node& file) {
  for (std::uint32_t i = 0; i < config.core.scale.rules.size(); ++i) {
    const RuleText text = rule_text(config.core.scale.rules[i], source_of(config, i));
    const RulePlace place = place_of(text.type).value_or(RulePlace::kCustom);
    const bool is_ours = place == RulePlace::kOurs;
    Node& rules =
        is_ours ? file.at("tenfold").at("rules") : file.at("properties").at("template").at("scale").at("rules");
    Node& rule = rules.append();
    rule.at("name") = Node::text(text.name);
    Node& type = rule.at(place == RulePlace::kCustom ? "custom" : text.type);
    if (place == RulePlace::kCustom) type.at("type") = Node::text(text.type);
    Node& metadata = is_ours ? type : type.at("metadata");
    for (const auto& [key, value] : text.metadata) metadata.at(key) = is_ours ? Node::number(value) : Node::text(value);
  }
}

}  // namespace tenfold::config
