// What requests carry, as `--data` names it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::load {

struct Body {
  std::string text;
  std::string content_type;  // by the file's name; empty where that says nothing
};

// Reads each of `data`: `@FILE`, `@-` for standard input, or the text itself. A file that ends in .jsonl or .ndjson
// holds a body in each line; lines without anything are passed over. The error names the file.
std::expected<std::vector<Body>, std::string> read_bodies(const std::vector<std::string>& data);

// The media type by a file's name; application/octet-stream if it has no ending that is known.
std::string_view content_type_of(std::string_view file);

}  // namespace tenfold::load
