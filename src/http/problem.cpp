#include "http/problem.hpp"

#include "http/status.hpp"

namespace tenfold::http {

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string to_json(const Problem& problem) {
  std::string out = R"({"type":)";
  append_json_string(out, problem.type);
  out += R"(,"title":)";
  append_json_string(out, problem.title.empty() ? reason_phrase(problem.status) : problem.title);
  out += R"(,"status":)" + std::to_string(problem.status);
  if (!problem.detail.empty()) {
    out += R"(,"detail":)";
    append_json_string(out, problem.detail);
  }
  if (!problem.instance.empty()) {
    out += R"(,"instance":)";
    append_json_string(out, problem.instance);
  }
  out += '}';
  return out;
}

}  // namespace tenfold::http
