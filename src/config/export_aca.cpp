#include "config/export_aca.hpp"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/azure_limits.hpp"
#include "config/document.hpp"
#include "config/file_fault.hpp"
#include "config/file_shape.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

bool is_number(std::string_view text) { return parse_number(text, -1e18, 1e18).has_value(); }

bool is_true_or_false(std::string_view text) { return is_one_of(text, "true|false|yes|no|on|off|y|n"); }

// Whether YAML 1.1, which az reads, might take the plain text for something else: a number, a date, a truth, nothing.
bool is_doubtful(std::string_view text) {
  const bool begins_as_number = text.find_first_of("0123456789+-.") == 0;
  const bool is_all_of_number =
      text.find_first_not_of("0123456789abcdefABCDEFoOxX_+-.:tTzZ ") == std::string_view::npos;
  return (begins_as_number && is_all_of_number) || is_true_or_false(text) ||
         is_one_of(text, "null|~|.inf|-.inf|+.inf|.nan");
}

// Brings values into the form that Azure's schema states, and leaves out what az does not take.
class Exporter {
 public:
  explicit Exporter(Faults& warnings) : warnings_{warnings} {}

  void node(Node& node, const Shape& shape, const std::string& path) {
    if (shape.azure != nullptr) return value(node, *shape.azure, path);
    if (node.is_list() && shape.element) {
      for (Entry& entry : node.entries) this->node(entry.value, *shape.element, path + "[]");
    }
    if (node.is_map()) map(node, shape, path);
  }

 private:
  void map(Node& map, const Shape& shape, const std::string& path) {
    std::erase_if(map.entries, [&](Entry& entry) {
      const std::string below = path.empty() ? entry.key : fmt::format("{}.{}", path, entry.key);
      const auto known = shape.keys.find(entry.key);
      if (known == shape.keys.end()) return false;
      if (is_left_out(entry, known->second, below)) return true;
      const bool was_empty = entry.value.entries.empty();
      node(entry.value, known->second, below);
      return !was_empty && entry.value.entries.empty();
    });
  }

  bool is_left_out(const Entry& entry, const Shape& shape, const std::string& path) {
    const AzureKey* key = shape.azure != nullptr ? shape.azure : element_of(shape);
    if (key == nullptr) return false;
    if (key->sent == Sent::kYes) return is_one_of(entry.value.scalar, key->harmless) && !is_choice(entry.value, *key);
    const bool is_empty = entry.value.scalar.empty() && entry.value.entries.empty();
    if (key->sent == Sent::kOther && !is_empty && path != "apiVersion")
      warnings_.add(entry.line, path, "az does not take it; left out");
    return true;
  }

  static const AzureKey* element_of(const Shape& shape) { return shape.element ? shape.element->azure : nullptr; }

  static bool is_choice(const Node& node, const AzureKey& key) {
    return key.choices.empty() || is_one_of(node.scalar, key.choices);
  }

  void value(Node& node, const AzureKey& key, const std::string& path) {
    switch (key.type) {
      case ValueType::kText:
        text(node, path);
        choice(node, key, path);
        return;
      case ValueType::kWhole:
        whole(node, path);
        return number(node, path);
      case ValueType::kNumber:
        return number(node, path);
      case ValueType::kBool:
        return truth(node, path);
      case ValueType::kTexts:
        for (Entry& entry : node.entries) text(entry.value, fmt::format("{}.{}", path, entry.key));
        return;
      case ValueType::kNames:
        for (Entry& entry : node.entries) entry.value = Node{.kind = Node::Kind::kMap};
        return;
      case ValueType::kAny:
        return;
    }
  }

  void text(Node& node, const std::string& path) {
    if (node.is_quoted || !is_doubtful(node.scalar)) return;
    node.is_quoted = true;
    if (is_number(node.scalar) || is_true_or_false(node.scalar))
      warnings_.add(node.line, path, fmt::format("Azure wants a text: written \"{}\"", node.scalar));
  }

  void number(Node& node, const std::string& path) {
    if (!is_number(node.scalar)) return warnings_.add(node.line, path, "Azure wants a number");
    if (node.is_quoted) warnings_.add(node.line, path, fmt::format("Azure wants a number: written {}", node.scalar));
    node.is_quoted = false;
  }

  // Spans of time may have a unit here, and Azure counts seconds.
  void whole(Node& node, const std::string& path) {
    const auto span = is_number(node.scalar) ? std::unexpected(std::string{}) : parse_duration(node.scalar);
    if (!span) return;
    node.scalar = fmt::format("{}", std::chrono::ceil<std::chrono::seconds>(*span).count());
    warnings_.add(node.line, path, fmt::format("Azure wants a number of seconds: written {}", node.scalar));
  }

  void truth(Node& node, const std::string& path) {
    if (!is_true_or_false(node.scalar)) return warnings_.add(node.line, path, "Azure wants true or false");
    if (node.is_quoted) warnings_.add(node.line, path, fmt::format("Azure wants a truth: written {}", node.scalar));
    node = Node::number(is_one_of(node.scalar, "true|yes|on|y") ? "true" : "false");
  }

  // In Azure's own case: its answers have another one.
  void choice(Node& node, const AzureKey& key, const std::string& path) {
    if (key.choices.empty()) return;
    std::string said = node.scalar;
    std::erase(said, ' ');
    std::vector<std::string_view> known;
    for (const auto word : key.choices | std::views::split('|')) known.emplace_back(word.begin(), word.end());
    const auto same = std::ranges::find_if(known, [&](std::string_view one) { return is_one_of(said, one); });
    if (same == known.end())
      return warnings_.add(node.line, path, fmt::format("Azure knows {}", fmt::join(known, ", ")));
    node.scalar = *same;
  }

  Faults& warnings_;
};

// What our key says and Azure cannot.
void note_ours(const Node& file, Faults& warnings) {
  const Node* ours = file.find("tenfold");
  if (ours == nullptr || ours->entries.empty()) return;
  std::vector<std::string_view> keys;
  keys.reserve(ours->entries.size());
  for (const Entry& entry : ours->entries) keys.push_back(entry.key);
  warnings.add(ours->entries.front().line, "tenfold", fmt::format("not Azure's, left out: {}", fmt::join(keys, ", ")));
  const Node* grace = ours->find("grace");
  if (grace != nullptr && find_at(file, "properties.template.terminationGracePeriodSeconds") == nullptr)
    warnings.add(grace->line, "tenfold.grace",
                 "Azure gives 30 s to end in; properties.template.terminationGracePeriodSeconds says it there");
}

}  // namespace

std::expected<AcaFile, std::string> export_aca(std::string_view text, std::string_view name) {
  auto file = parse_document(text, name);
  if (!file) return std::unexpected(file.error());
  if (!file->is_map()) return std::unexpected(fmt::format("{}: the file is not a map of keys", name));
  drop_nulls(*file);
  Faults warnings;
  note_ours(*file, warnings);
  note_limits(*file, warnings);
  std::erase_if(file->entries, [](const Entry& entry) { return entry.key == "tenfold"; });
  Exporter{warnings}.node(*file, file_shape(), "");
  return AcaFile{.yaml = print_document(*file), .warnings = warnings.text(name)};
}

}  // namespace tenfold::config
