// Members of JSON objects that are given twice: a parser keeps the last and says nothing.
#pragma once

#include <optional>
#include <string_view>

#include <tenfold/json.hpp>

namespace tenfold::solver {

// The path of the first repeated member in `text`, which is JSON. Only the first 16 members of an object are compared
// with the others: none of ours has more.
std::optional<boost::json::array> find_repeated_key(std::string_view text);

}  // namespace tenfold::solver
