// Classes of requests by name: what a trace, a journal and a model of service times call alike is one class.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"

namespace tenfold::sim {

// Numbers names from 1 on, in the order in which they are first asked for; the empty name is class 0. When
// core::kMaxClasses are taken, further names are class 0 too.
class ClassNames {
 public:
  core::RequestClass number_of(std::string_view name);
  // Of class n at n - 1.
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::map<std::string, core::RequestClass, std::less<>> numbers_;
  std::vector<std::string> names_;
};

}  // namespace tenfold::sim
