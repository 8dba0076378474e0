// Unpacks gzip.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace tenfold::solver {

// A body may be this large when it is unpacked.
inline constexpr std::size_t kMaxUnpacked = std::size_t{512} << 20;

// True for what begins as gzip does.
inline bool is_gzip(std::string_view body) { return body.starts_with("\x1f\x8b"); }

// One member or several, one after another, with zeros after them as gzip itself allows. The error says where it
// breaks.
std::expected<std::string, std::string> gunzip(std::string_view packed, std::size_t max_size = kMaxUnpacked);

}  // namespace tenfold::solver
