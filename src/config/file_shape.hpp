// Which keys a file may have, and what stands where: a tree of all paths, made of the table of Azure's keys and that of
// our settings.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "config/azure_keys.hpp"
#include "config/document.hpp"
#include "config/file_fault.hpp"

namespace tenfold::config {

// What may stand at a path. Exactly one of: a value, a map of known keys, a list of elements, anything.
struct Shape {
  std::map<std::string, Shape, std::less<>> keys;
  std::unique_ptr<Shape> element;
  bool is_value = false;
  bool is_any = false;
  // A value, or a list of such values.
  bool is_repeatable = false;
  // Each of them a map of values.
  bool takes_maps = false;
  // Azure's key that stands here; null for ours and for what is not a value.
  const AzureKey* azure = nullptr;
};

// Of a whole file, and of what stands at a dotted path.
const Shape& file_shape();
const Shape& file_shape_at(std::string_view path);

// Adds a fault for every key that is not known, stands twice, or holds what cannot stand there.
void check_shape(const Node& root, Faults& faults);

// Calls `visit` with each value of Azure's that the file holds, its key and its dotted path.
template <class Visit>
void for_each_azure_value(const Node& node, const Shape& shape, const std::string& path, Visit&& visit) {
  if (shape.azure != nullptr) return visit(node, *shape.azure, path);
  for (const Entry& entry : node.entries) {
    if (node.is_list() && shape.element) {
      for_each_azure_value(entry.value, *shape.element, path + "[]", visit);
      continue;
    }
    const auto below = shape.keys.find(entry.key);
    if (node.is_map() && below != shape.keys.end())
      for_each_azure_value(entry.value, below->second, path.empty() ? entry.key : path + "." + entry.key, visit);
  }
}

// The node at a dotted path, where "[]" is a list's first element; null if it is not there.
const Node* find_at(const Node& root, std::string_view path);

}  // namespace tenfold::config
