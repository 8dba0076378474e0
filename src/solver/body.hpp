// The body of a request as text, and what it is.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include <tenfold/service.hpp>

namespace tenfold::solver {

enum class Format : std::uint8_t { kMps, kLp, kJson };

struct Body {
  std::string text;  // UTF-8, without a byte order mark
  Format format = Format::kMps;
};

// Unpacks the body and finds out what it is, by its content type or its first bytes. The error is the answer to give.
// Text that is not UTF-8 is taken for Latin-1.
std::expected<Body, Answer> read_body(Request request);

}  // namespace tenfold::solver
