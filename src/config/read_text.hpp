// Files as text, whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

namespace tenfold::config {

// What `path` holds, or the first `most` bytes of it and perhaps some more; `-` is not special. The error is the
// system's word: "No such file or directory".
std::expected<std::string, std::string> read_text(const std::string& path, std::size_t most = SIZE_MAX);

// The same from an open descriptor, until its end.
std::expected<std::string, std::string> read_text(int fd, std::size_t most = SIZE_MAX);

}  // namespace tenfold::config
