#include "live/deployment.hpp"

#include <iterator>

#include <boost/url/pct_string_view.hpp>
#include <fmt/format.h>

#include "http/problem.hpp"
#include "live/board/json.hpp"

namespace tenfold::live {

std::expected<std::string, std::string> deployed_file(std::string_view query) {
  constexpr std::string_view kName = "file=";
  if (query.empty()) return {};
  const auto text = boost::urls::make_pct_string_view(query.substr(query.starts_with(kName) ? kName.size() : 0));
  if (!query.starts_with(kName) || query.contains('&') || !text)
    return std::unexpected(fmt::format("/deploy takes file=PATH, percent-encoded; not '{}'", query));
  std::string path;
  text->decode({}, boost::urls::string_token::assign_to(path));
  if (!path.starts_with('/') || path.contains('\0'))
    return std::unexpected(fmt::format("/deploy takes the whole path of a file, from / on; not '{}'", path));
  return path;
}

std::string to_json(const Deployment& deployment) {
  std::string out;
  const auto append = [&out](const std::string& word) { http::append_json_string(out, word); };
  fmt::format_to(std::back_inserter(out), R"({{"revision":{},"serving":{},"applied":)",
                 core::to_number(deployment.revision), core::to_number(deployment.serving));
  append_array(out, deployment.changes.applied, append);
  out += R"(,"needs_restart":)";
  append_array(out, deployment.changes.needs_restart, append);
  return out + "}\n";
}

}  // namespace tenfold::live
