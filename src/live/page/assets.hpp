// The files of the live page, embedded in the program: it works without a network and without files beside it.
#pragma once

#include <span>
#include <string_view>

#include "http/server_connection.hpp"

namespace tenfold::live {

struct Asset {
  std::string_view path;  // "/app.js"; "/" for index.html
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  std::string_view bytes;
  std::string_view gzip;  // the same, compressed
};

// All there are. Made from web/dist by cmake/embed_page.py when Tenfold is built.
std::span<const Asset> page_assets();

// Null if there is none of this path.
const Asset* find_asset(std::string_view path);

// Sends it, compressed for who accepts that; 304 to who has it.
void answer_asset(http::ServerConnection& connection, const Asset& asset);

}  // namespace tenfold::live
