#include "cli/admin_line.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "live/admin_access.hpp"

namespace tenfold::cli {

void AdminLine::add_to(CLI::App& command) {
  command.add_option("--admin", url_, "where the service's admin port is [http://127.0.0.1:9900]")->type_name("URL");
  command.add_option("--admin-token-file", token_file_, "a file with the token that it asks for")->type_name("FILE");
}

std::expected<AdminLine::Request, std::string> AdminLine::get(std::string_view path) const {
  auto target = load::parse_target(url_);
  if (!target) return std::unexpected(target.error());
  std::string authorization;
  if (!token_file_.empty()) {
    const auto token = live::read_token(token_file_);
    if (!token) return std::unexpected(token.error());
    authorization = fmt::format("Authorization: Bearer {}\r\n", *token);
  }
  std::string head = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}Connection: close\r\n\r\n", path, target->host_field,
                                 authorization);
  return Request{.to = std::move(*target), .head = std::move(head)};
}

std::string AdminLine::no_answer(std::string_view why) const {
  return fmt::format("no Tenfold answers at {}: {}", url_, why);
}

std::string AdminLine::refusal(int status, std::string_view body) const {
  if (status == 401) return fmt::format("{} asks for a token: --admin-token-file", url_);
  return fmt::format("{} answers {}: {}", url_, status, body);
}

int complain(std::string_view command, const std::string& what, int exit_code) {
  fmt::print(stderr, "tenfold {}: {}\n", command, what);
  return exit_code;
}

}  // namespace tenfold::cli
