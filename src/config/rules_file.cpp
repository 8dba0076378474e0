#include "config/rules_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/document.hpp"
#include "config/file_shape.hpp"
#include "config/rules.hpp"

namespace tenfold::config {

namespace {

// A rule of a file on its way to what the core takes.
struct Reading {
  std::string path;  // of the list's elements
  RuleText text;
  const Node* rule = nullptr;
  const Node* type = nullptr;
  std::string metadata_path;
  const Node* metadata = nullptr;
};

// Reads one rule. The shape of the file has been checked: which keys there are, and where maps stand.
class RuleReader {
 public:
  RuleReader(AppConfig& config, Faults& faults, std::string_view path, std::vector<std::string>& names)
      : config_{config}, faults_{faults}, path_{path}, names_{names} {}

  void read(const Node& node) {
    Reading reading{.path = fmt::format("{}[]", path_), .rule = &node};
    if (!node.is_map() || !read_name(reading) || !read_type(reading)) return;
    if (path_ == kAzureRules && !read_azure(reading)) return;
    if (path_ == kOurRules) {
      reading.metadata = reading.type;
      reading.metadata_path = reading.text.type;
    }
    if (read_metadata(reading)) put(reading);
  }

 private:
  bool fail(const Reading& reading, const Node& at, std::string_view key, std::string what) {
    const std::string below = key.empty() ? reading.path : fmt::format("{}.{}", reading.path, key);
    faults_.add(at.line > 0 ? at.line : reading.rule->line, below, std::move(what));
    return false;
  }
  bool fail(const Reading& reading, std::string what) { return fail(reading, *reading.rule, "", std::move(what)); }

  // Azure scales by it, and we do not: the rule is passed over.
  bool pass_over(const Reading& reading, std::string_view what) {
    config_.gaps.push_back(
        {Gap::kRules, fmt::format("the scale rule '{}' ({}) is not looked at", reading.text.name, what)});
    return false;
  }

  bool read_name(Reading& reading) {
    const Node* name = reading.rule->find("name");
    if (name == nullptr || !name->is_scalar()) return fail(reading, "a scale rule needs a name");
    reading.text.name = name->scalar;
    if (std::ranges::find(names_, name->scalar) != names_.end())
      return fail(reading, fmt::format("there are two rules of the name '{}'", name->scalar));
    names_.push_back(name->scalar);
    return true;
  }

  // The key of a rule's type is the one beside its name; one that is not known has been told.
  bool read_type(Reading& reading) {
    const Shape& known = *file_shape_at(path_).element;
    bool is_told = false;
    for (const Entry& entry : reading.rule->entries) {
      if (entry.key == "name") continue;
      is_told |= !known.keys.contains(entry.key);
      if (!known.keys.contains(entry.key)) continue;
      if (!reading.text.type.empty())
        return fail(reading, fmt::format("the rule '{}' is both {} and {}; make it two rules", reading.text.name,
                                         reading.text.type, entry.key));
      reading.text.type = entry.key;
      reading.type = &entry.value;
    }
    if (is_told) return false;
    if (reading.text.type.empty()) return fail(reading, fmt::format("the rule '{}' has no type", reading.text.name));
    return reading.type->is_map() ||
           (path_ == kOurRules && fail(reading, *reading.type, reading.text.type, "a map of keys is wanted here"));
  }

  bool read_metadata(Reading& reading) {
    if (reading.metadata == nullptr) return true;
    if (!reading.metadata->is_map()) return false;
    for (const Entry& entry : reading.metadata->entries) {
      if (!entry.value.is_scalar())
        return fail(reading, entry.value, fmt::format("{}.{}", reading.metadata_path, entry.key),
                    "a string or a number is wanted here");
      reading.text.metadata.emplace_back(entry.key, entry.value.scalar);
    }
    return true;
  }

  bool read_azure(Reading& reading) {
    if (reading.text.type == "azureQueue") return pass_over(reading, "azureQueue");
    reading.metadata = reading.type->find("metadata");
    reading.metadata_path = fmt::format("{}.metadata", reading.text.type);
    return reading.text.type != "custom" || read_custom(reading);
  }

  bool read_custom(Reading& reading) {
    const Node* type = reading.type->find("type");
    if (type == nullptr || !type->is_scalar())
      return fail(reading, fmt::format("the custom rule '{}' has no type; known: {}", reading.text.name,
                                       fmt::join(rule_types(RulePlace::kCustom), ", ")));
    reading.text.type = type->scalar;
    if (place_of(type->scalar) == RulePlace::kOurs)
      return fail(reading, *type, "custom.type",
                  fmt::format("'{}' is not Azure's: it stands in {}", type->scalar, kOurRules));
    const Node* auth = reading.type->find("auth");
    const bool is_polled = type->scalar == "prometheus" || type->scalar == "metrics-api";
    if (auth != nullptr && !auth->entries.empty() && is_polled) return pass_over(reading, type->scalar + " with auth");
    return true;
  }

  void put(const Reading& reading) {
    auto rule = make_rule(reading.text);
    if (!rule && rule.error().is_azures) {
      pass_over(reading, rule.error().what);
    } else if (!rule) {
      tell(reading, rule.error());
    } else if (auto put = put_rule(config_, std::move(*rule)); !put) {
      fail(reading, put.error());
    }
  }

  void tell(const Reading& reading, const RuleFault& fault) {
    if (fault.key == "type" && !(reading.metadata && reading.metadata->find("type"))) {
      const Node* type = reading.type->find("type");
      fail(reading, type ? *type : *reading.rule, "custom.type", fault.what);
      return;
    }
    const Node* value = reading.metadata ? reading.metadata->find(fault.key) : nullptr;
    if (!value) {
      fail(reading, fault.what);
      return;
    }
    fail(reading, *value, fmt::format("{}.{}", reading.metadata_path, fault.key), fault.what);
  }

  AppConfig& config_;
  Faults& faults_;
  std::string_view path_;
  std::vector<std::string>& names_;
};

}  // namespace

void read_rules(AppConfig& config, const Node& file, Faults& faults) {
  std::vector<std::string> names;
  for (const std::string_view path : {kAzureRules, kOurRules}) {
    const Node* list = find_at(file, path);
    if (list == nullptr || !list->is_list()) continue;
    for (const Entry& entry : list->entries) RuleReader{config, faults, path, names}.read(entry.value);
  }
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
