// Changes of a few settings in a file that someone wrote: the rest stays as it is, comments too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/app_config.hpp"

namespace tenfold::config {

// `text` with its values changed so that reading and finishing it gives what `wanted` has: what is new or other is
// marked by a comment that begins with `mark` ("# mark: was 2"). Nothing where the file's form does not allow that,
// such as one in JSON. `wanted` has been finished.
std::optional<std::string> edit_yaml(std::string_view text, const AppConfig& wanted, std::string_view mark);

}  // namespace tenfold::config
