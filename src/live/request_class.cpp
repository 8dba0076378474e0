#include "live/request_class.hpp"

#include <algorithm>
#include <array>

namespace tenfold::live {

RequestClasses::Found RequestClasses::find(std::string_view target, std::optional<std::string_view> value) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (!value || value->empty()) return find_name(path);
  if (path.size() + 1 + value->size() > kMaxClassName) return {};
  // A path has no space, so no two pairs make the same name.
  std::array<char, kMaxClassName> name;
  char* end = std::ranges::copy(path, name.data()).out;
  *end++ = ' ';
  end = std::ranges::copy(*value, end).out;
  return find_name({name.data(), end});
}

RequestClasses::Found RequestClasses::find_name(std::string_view name) {
  if (const auto known = classes_.find(name); known != classes_.end()) {
    return {.klass = known->second, .name = known->first};
  }
  if (name.size() > kMaxClassName || classes_.size() + 1 >= core::kMaxClasses) return {};
  const core::RequestClass klass{static_cast<std::uint32_t>(classes_.size() + 1)};
  const auto made = classes_.emplace(name, klass).first;
  return {.klass = klass, .is_new = true, .name = made->first};
}

}  // namespace tenfold::live
