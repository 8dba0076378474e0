// Which class a request belongs to: requests of a class are expected to take equally long.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/ids.hpp"

namespace tenfold::live {

// A longer name makes no class.
inline constexpr std::size_t kMaxClassName = 256;

// A class is a path, together with the value of a header field where the app names one (`queue.classBy`). Classes are
// numbered from 1 as they come, at most core::kMaxClasses - 1 of them: what clients may make up must not fill the
// memory. Requests beyond that, or with longer names, are of class 0.
//
//   RequestClasses classes;
//   const auto found = classes.find("/solve?seed=7", "large");     // class 1, "/solve large", is_new
//
// Finding a class that is known allocates nothing. Not thread-safe.
class RequestClasses {
 public:
  struct Found {
    core::RequestClass klass{};
    // It got its number just now.
    bool is_new = false;
    // Valid as long as the classes are; empty for class 0.
    std::string_view name;
  };

  // `target` is the request's, of which the path counts; `value` is that of the header field, if the request has it.
  Found find(std::string_view target, std::optional<std::string_view> value);

  std::size_t size() const { return classes_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  Found find_name(std::string_view name);

  std::unordered_map<std::string, core::RequestClass, Hash, std::equal_to<>> classes_;
};

}  // namespace tenfold::live
