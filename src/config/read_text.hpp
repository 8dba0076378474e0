// Files as text, whole.
#pragma once

#include <expected>
#include <string>

namespace tenfold::config {

// What `path` holds; `-` is not special. The error is the system's word: "No such file or directory".
std::expected<std::string, std::string> read_text(const std::string& path);

// The same from an open descriptor, until its end.
std::expected<std::string, std::string> read_text(int fd);

}  // namespace tenfold::config
