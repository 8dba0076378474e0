// What every page has around its own that is written for a browser.
#pragma once

#include <string>
#include <string_view>

namespace tenfold::report {

// The page of that title whose body is `body`, with the style: readable on light and dark ground, at any width and on
// paper.
std::string page_of(std::string_view title, std::string_view body);

}  // namespace tenfold::report
