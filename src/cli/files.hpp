// Files that commands write.
#pragma once

#include <expected>
#include <string>

namespace tenfold::cli {

// Replaces `path` by `text`. The error says why it cannot be written, and what to do.
std::expected<void, std::string> write_file(const std::string& path, const std::string& text);

}  // namespace tenfold::cli
