// How every page begins that is written for a browser.
#pragma once

#include <string>
#include <string_view>

namespace tenfold::report {

// Up to the body's first byte, with the style: readable on light and dark ground, at any width and on paper.
std::string page_head(std::string_view title);

}  // namespace tenfold::report
