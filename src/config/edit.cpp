#include "config/edit.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/document.hpp"
#include "config/file_shape.hpp"
#include "config/rules_file.hpp"

namespace tenfold::config {

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A key on the way to a setting; `is_list` if its first element is meant.
struct Part {
  std::string key;
  bool is_list = false;
};

std::vector<Part> parts_of(std::string_view path) {
  std::vector<Part> parts;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    std::string_view key = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    const bool is_list = key.ends_with("[]");
    if (is_list) key.remove_suffix(2);
    parts.push_back({.key = std::string{key}, .is_list = is_list});
  }
  return parts;
}

class Editor {
 public:
  Editor(std::string_view text, const Node& root, std::string_view mark)
      : lines_{lines_of(text)}, root_{root}, mark_{mark} {}

  // Whether the file's form allows it.
  bool set(std::string_view path, std::string_view value) {
    const std::vector<Part> parts = parts_of(path);
    const Node* node = &root_;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto entry = std::ranges::find(node->entries, parts[i].key, &Entry::key);
      if (entry == node->entries.end() || entry->value.is_null())
        return add(*node, {parts.begin() + static_cast<std::ptrdiff_t>(i), parts.end()}, value);
      if (entry->value.is_scalar()) return i + 1 == parts.size() && replace(*entry, value);
      node = &entry->value;
      if (!parts[i].is_list) continue;
      if (!node->is_list() || node->entries.empty()) return false;
      node = &node->entries.front().value;
    }
    return false;
  }

  bool replace(const Entry& entry, std::string_view value) {
    std::string& line = line_at(entry.line);
    const std::size_t key = line.find(entry.key + ":");
    if (key == std::string::npos || entry.value.line != entry.line) return false;
    const std::size_t begin = line.find(entry.value.scalar, key + entry.key.size() + 1);
    if (begin == std::string::npos || entry.value.scalar.empty()) return false;
    line.replace(begin, entry.value.scalar.size(), value);
    std::string& note = notes_[entry.line];
    note += fmt::format("{}{}{}", note.empty() ? "" : ", ", note.empty() ? "was " : "", entry.value.scalar);
    return true;
  }

  std::string finish() {
    for (const auto& [number, note] : notes_) line_at(number) += fmt::format("  # {}: {}", mark_, note);
    std::string text;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const auto added = added_.find(static_cast<int>(i) + 1);
      if (added != added_.end()) text += print(added->second);
      text += lines_[i] + '\n';
    }
    const auto last = added_.find(kEnd);
    return last == added_.end() ? text : text + print(last->second);
  }

 private:
  static constexpr int kEnd = 0;  // a line's number, for what comes behind the last one
  struct Added {
    std::size_t indent = 0;
    Node node{.kind = Node::Kind::kMap};
  };

  std::string& line_at(int number) { return lines_.at(static_cast<std::size_t>(number) - 1); }

  // A new key of `map`, before one of those it has.
  bool add(const Node& map, const std::vector<Part>& parts, std::string_view value) {
    if (!map.is_map() || std::ranges::any_of(parts, &Part::is_list)) return false;
    Added* place = &added_[kEnd];
    if (&map != &root_) {
      const auto before = std::ranges::find_if(map.entries, [this](const Entry& entry) {
        const std::string& line = line_at(entry.line);
        return line.find(entry.key + ":") == line.find_first_not_of(' ');
      });
      if (before == map.entries.end()) return false;
      place = &added_[before->line];
      place->indent = line_at(before->line).find_first_not_of(' ');
    }
    Node* node = &place->node;
    for (const Part& part : parts) node = &node->at(part.key);
    *node = Node::number(value);
    return true;
  }

  std::string print(const Added& added) const {
    std::string text;
    for (const std::string& line : lines_of(print_document(added.node)))
      text += fmt::format("{:{}}{}  # {}: new\n", "", added.indent, line, mark_);
    return text;
  }

  std::vector<std::string> lines_;
  const Node& root_;
  std::string_view mark_;
  std::map<int, std::string> notes_;
  std::map<int, Added> added_;
};

std::optional<AppConfig> read(std::string_view text) {
  AppConfig config;
  if (!apply_yaml(config, text, "file")) return std::nullopt;
  config.image.clear();
  if (!finish(config)) return std::nullopt;
  return config;
}

// The rule in the file that an http rule's target stands in: where there is one alone.
const Entry* http_target(const Node& root) {
  const Node* rules = find_at(root, kAzureRules);
  if (!rules) return nullptr;
  const Entry* found = nullptr;
  for (const Entry& rule : rules->entries) {
    const Node* http = rule.value.find("http");
    const Node* metadata = http ? http->find("metadata") : nullptr;
    if (!metadata) continue;
    const auto target = std::ranges::find(metadata->entries, "concurrentRequests", &Entry::key);
    if (target == metadata->entries.end() || found) return nullptr;
    found = &*target;
  }
  return found;
}

double http_target_of(const AppConfig& config) {
  const auto& rules = config.core.scale.rules;
  const auto found = std::ranges::find(rules, core::RuleKind::kHttp, &core::ScaleRule::kind);
  return found == rules.end() ? core::kDefaultConcurrentRequests : found->target;
}

}  // namespace

std::optional<std::string> edit_yaml(std::string_view text, const AppConfig& wanted, std::string_view mark) {
  const auto root = parse_document(text, "file");
  const auto today = read(text);
  if (!root || !today || text.find_first_not_of(" \n\r\t") == text.find('{')) return std::nullopt;
  Editor editor{text, *root, mark};
  for (const Setting& setting : settings()) {
    if (!setting.show || setting.key.empty()) continue;
    const std::string value = setting.show(wanted);
    if (value != setting.show(*today) && (value.empty() || !editor.set(setting.key, value))) return std::nullopt;
  }
  if (http_target_of(wanted) != http_target_of(*today)) {
    const Entry* target = http_target(*root);
    if (!target || !editor.replace(*target, fmt::format("{:g}", http_target_of(wanted)))) return std::nullopt;
  }
  std::string edited = editor.finish();
  // What cannot be read as it was meant was not understood.
  const auto made = read(edited);
  if (!made || made->core != wanted.core) return std::nullopt;
  return edited;
}

}  // namespace tenfold::config
