#include "config/document.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace tenfold::config {

namespace {

// Aliases may multiply what a file holds, or hold themselves.
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 100'000;

struct Fault {
  int line;
  std::string what;
};

class Copier {
 public:
  Node copy(const YAML::Node& from, int depth) {
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes)
      throw Fault{from.Mark().line, "the file is nested or grows too much"};
    Node node{.line = from.Mark().line + 1};
    if (from.IsScalar()) {
      node.kind = Node::Kind::kScalar;
      node.scalar = from.Scalar();
      // "!" is what yaml-cpp tags quoted and block scalars with, "?" the plain ones.
      node.is_quoted = from.Tag() == "!" || from.Tag() == "tag:yaml.org,2002:str";
    } else if (from.IsSequence()) {
      node.kind = Node::Kind::kList;
      for (const YAML::Node& element : from) node.entries.push_back({.value = copy(element, depth + 1)});
    } else if (from.IsMap()) {
      node.kind = Node::Kind::kMap;
      for (const auto& entry : from) copy_entry(node, entry.first, entry.second, depth);
    }
    return node;
  }

 private:
  void copy_entry(Node& map, const YAML::Node& key, const YAML::Node& value, int depth) {
    if (!key.IsScalar()) throw Fault{key.Mark().line, "a key must be a word"};
    map.entries.push_back({.key = key.Scalar(), .line = key.Mark().line + 1, .value = copy(value, depth + 1)});
  }

  std::size_t nodes_ = 0;
};

// The code unit of a JSON escape, \\uD83D, at the front of `text`.
std::optional<std::uint32_t> code_unit(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return std::nullopt;
  std::uint32_t unit = 0;
  const char* end = text.data() + 6;
  if (std::from_chars(text.data() + 2, end, unit, 16).ptr != end) return std::nullopt;
  return unit;
}

// JSON writes what lies beyond 16 bits as a pair of escapes, which YAML does not know: it becomes YAML's one. Lines
// stay.
std::string join_surrogates(std::string_view json) {
  std::string yaml;
  while (!json.empty()) {
    const auto high = code_unit(json);
    const auto low = high ? code_unit(json.substr(6)) : std::nullopt;
    if (low && *high >= 0xD800 && *high < 0xDC00 && *low >= 0xDC00 && *low < 0xE000) {
      yaml += fmt::format("\\U{:08X}", 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
      json.remove_prefix(12);
      continue;
    }
    const std::size_t taken = json.starts_with('\\') ? std::min<std::size_t>(2, json.size()) : 1;
    yaml += json.substr(0, taken);
    json.remove_prefix(taken);
  }
  return yaml;
}

bool is_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

void emit(YAML::Emitter& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      out << YAML::Null;
      return;
    case Node::Kind::kScalar:
      if (node.is_quoted) out << YAML::DoubleQuoted;
      out << node.scalar;
      return;
    case Node::Kind::kList:
      out << YAML::BeginSeq;
      for (const Entry& entry : node.entries) emit(out, entry.value);
      out << YAML::EndSeq;
      return;
    case Node::Kind::kMap:
      out << YAML::BeginMap;
      for (const Entry& entry : node.entries) {
        out << YAML::Key << entry.key << YAML::Value;
        emit(out, entry.value);
      }
      out << YAML::EndMap;
      return;
  }
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto at = std::ranges::find(entries, key, &Entry::key);
  return is_map() && at != entries.end() ? &at->value : nullptr;
}

Node& Node::at(std::string_view key) {
  if (!is_map()) *this = Node{.kind = Kind::kMap};
  const auto at = std::ranges::find(entries, key, &Entry::key);
  if (at != entries.end()) return at->value;
  return entries.emplace_back(Entry{.key = std::string{key}}).value;
}

Node& Node::append() {
  if (!is_list()) *this = Node{.kind = Kind::kList};
  return entries.emplace_back().value;
}

Node Node::text(std::string_view value) {
  return {.kind = Kind::kScalar, .scalar = std::string{value}, .is_quoted = true};
}

Node Node::number(std::string_view value) { return {.kind = Kind::kScalar, .scalar = std::string{value}}; }

std::string text_at(const Node& map, std::string_view key) {
  const Node* value = map.find(key);
  return value != nullptr ? value->scalar : "";
}

std::expected<Node, std::string> parse_document(std::string_view text, std::string_view name) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(is_json(text) ? join_surrogates(text) : std::string{text});
    if (documents.size() > 1)
      return std::unexpected(fmt::format("{}: the file holds {} documents; one is wanted", name, documents.size()));
    return documents.empty() ? Node{} : Copier{}.copy(documents.front(), 0);
  } catch (const YAML::Exception& error) {
    return std::unexpected(
        fmt::format("{}:{}: this is no YAML: {}", name, std::max(error.mark.line, 0) + 1, error.msg));
  } catch (const Fault& fault) {
    return std::unexpected(fmt::format("{}:{}: {}", name, std::max(fault.line, 0) + 1, fault.what));
  }
}

void drop_nulls(Node& node) {
  std::erase_if(node.entries, [](const Entry& entry) { return entry.value.is_null(); });
  for (Entry& entry : node.entries) drop_nulls(entry.value);
}

std::string print_document(const Node& root) {
  YAML::Emitter out;
  emit(out, root);
  return fmt::format("{}\n", out.c_str());
}

}  // namespace tenfold::config
