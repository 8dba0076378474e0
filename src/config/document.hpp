// A YAML or JSON document as plain data: its keys in their order, the line of each, and which scalars were written as
// strings.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::config {

struct Entry;

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string scalar;
  // "50" is a string and 50 is a number, and Azure minds.
  bool is_quoted = false;
  int line = 0;
  // Of a list (without keys) or a map.
  std::vector<Entry> entries;

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }

  // Of a map; null where the key is not there.
  const Node* find(std::string_view key) const;
  // Of a map: the value of the key, made if it is not there. A null becomes a map by it, a scalar is replaced.
  Node& at(std::string_view key);
  // Of a list: a new last element.
  Node& append();

  static Node text(std::string_view value);    // in quotes
  static Node number(std::string_view value);  // as it is
};

struct Entry {
  std::string key;
  int line = 0;
  Node value;
};

// The text at a map's key; empty where it is not there.
std::string text_at(const Node& map, std::string_view key);

// Reads one document of at most 100,000 nodes, 64 deep. The error is "name:line: what". Aliases are copied in. A map
// may hold a key twice.
std::expected<Node, std::string> parse_document(std::string_view text, std::string_view name);

// Without what is null, which is as if it were not there.
void drop_nulls(Node& node);

// As YAML in block style, with a line break at its end.
std::string print_document(const Node& root);

}  // namespace tenfold::config
