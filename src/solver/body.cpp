#include "solver/body.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "solver/gunzip.hpp"
#include "solver/lp_reader.hpp"
#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kHowToSend = "send the file as it is: curl --data-binary @model.mps";

std::string type_of(const Request& request) { return lower(request.header("content-type").value_or("")); }

// Takes the body out of the request.
std::expected<std::string, Answer> unpack(Request& request) {
  const std::string encoding = lower(request.header("content-encoding").value_or("identity"));
  const bool is_plain = encoding == "identity" || encoding.empty();
  if (!is_plain && encoding != "gzip" && encoding != "x-gzip") {
    return std::unexpected(
        problem(415, fmt::format("the content coding '{}' is not known here; send gzip or none", shown(encoding))));
  }
  // A .gz that is sent without a word is still one: no model begins so.
  if (is_plain && !is_gzip(request.body)) return std::move(request.body);
  auto unpacked = gunzip(request.body);
  if (!unpacked) return std::unexpected(problem(400, unpacked.error()));
  return std::move(*unpacked);
}

// What the first bytes look like. MPS has the least of a shape of its own, so it is what is left.
Format sniff(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (!text.starts_with('\\')) break;
    text.remove_prefix(std::min(text.find_first_of("\r\n"), text.size()));
  }
  if (text.starts_with('{') || text.starts_with('[')) return Format::kJson;
  return is_lp_sense(text.substr(0, std::min(text.find_first_of(" \t\r\n:\\"), text.size()))) ? Format::kLp
                                                                                              : Format::kMps;
}

Format format_of(const Request& request, std::string_view text) {
  const std::string type = type_of(request);
  if (type.find("json") != std::string::npos) return Format::kJson;
  if (type.find("mps") != std::string::npos) return Format::kMps;
  const bool is_lp = type.ends_with("/lp") || type.ends_with("-lp") || type.ends_with("+lp") || type.ends_with(".lp") ||
                     type.find("/lp;") != std::string::npos || type.find("-lp;") != std::string::npos;
  return is_lp ? Format::kLp : sniff(text);
}

// Why the body is not what the client thinks that it sends.
std::optional<Answer> find_misunderstanding(const Request& request, const Body& body) {
  const std::string type = type_of(request);
  if (type.starts_with("multipart/")) {
    return problem(415, fmt::format("a form with a file in it (curl -F) is not read here; {}", kHowToSend));
  }
  const bool is_form = type.starts_with("application/x-www-form-urlencoded");
  const bool has_lines = body.text.find_first_of("\r\n") != std::string::npos;
  if (is_form && body.format != Format::kJson && !has_lines)
    return problem(415, fmt::format("the body is one line: curl -d takes out the ends of lines; {}", kHowToSend));
  if (is_form && body.text.starts_with('@'))
    return problem(415, fmt::format("the body is the name of a file; {}", kHowToSend));
  const bool is_utf16 = body.text.starts_with("\xC3\xBF\xC3\xBE") || body.text.starts_with("\xC3\xBE\xC3\xBF");
  if (is_utf16) return problem(415, "the body is UTF-16; send UTF-8");
  return std::nullopt;
}

}  // namespace

std::expected<Body, Answer> read_body(Request request) {
  auto text = unpack(request);
  if (!text) return std::unexpected(std::move(text.error()));
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  if (text->find_first_not_of(" \t\r\n") == std::string::npos)
    return std::unexpected(problem(400, "the body is empty; send a model as MPS, LP or JSON"));
  Body body{.text = std::move(*text)};
  body.format = format_of(request, body.text);
  // JSON is UTF-8 by its own rules: its parser refuses anything else.
  if (body.format != Format::kJson && !is_utf8(body.text)) body.text = from_latin1(body.text);
  if (auto answer = find_misunderstanding(request, body)) return std::unexpected(std::move(*answer));
  return body;
}

}  // namespace tenfold::solver
