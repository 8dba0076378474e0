// Files that commands write and read.
#pragma once

#include <expected>
#include <string>

namespace tenfold::cli {

// Replaces `path` by `text`. The error says why it cannot be written, and what to do.
std::expected<void, std::string> write_file(const std::string& path, const std::string& text);

// The journal's directory of the service that started last. The error says that there is none.
std::expected<std::string, std::string> newest_journal();

}  // namespace tenfold::cli
