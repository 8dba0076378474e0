#include "sim/class_names.hpp"

namespace tenfold::sim {

core::RequestClass ClassNames::number_of(std::string_view name) {
  if (name.empty()) return {};
  const auto known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  if (names_.size() + 1 >= core::kMaxClasses) return {};
  names_.emplace_back(name);
  const core::RequestClass klass{static_cast<std::uint32_t>(names_.size())};
  numbers_.emplace(name, klass);
  return klass;
}

}  // namespace tenfold::sim
