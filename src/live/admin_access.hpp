// Who may ask the admin API.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "http/head.hpp"

namespace tenfold::live {

struct AdminAccess {
  // Names by which it may be asked, beside localhost and every IP address.
  std::vector<std::string> hosts;
  // What must stand after `Authorization: Bearer`; empty: nothing is asked for.
  std::string token;

  // Whether who asks meant us. A page of a stranger whose name was made to point at us (DNS rebinding) asks by that
  // name; whoever asks by an address, or names nobody, as HTTP/1.0 may, was not led here by a name.
  bool is_ours(const http::Head& head) const;
  // Whether it may be no page of a stranger that makes a browser ask: such a page cannot read what is answered, but
  // what it asks is done. Browsers say whose page it is (Fetch Metadata, and Origin of RFC 6454); who says nothing is
  // none.
  static bool is_from_here(const http::Head& head);
  // Whether the token is the right one. Takes the same time for every wrong one of its length.
  bool is_allowed(const http::Head& head) const;
};

// The token that stands in `file`, without the white space around it. The error says what is wrong with the file.
std::expected<std::string, std::string> read_token(const std::filesystem::path& file);

}  // namespace tenfold::live
