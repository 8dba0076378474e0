#include "cli/admin_line.hpp"

#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/epoll_loop.hpp"
#include "live/admin_access.hpp"

namespace tenfold::cli {

namespace {

constexpr std::chrono::seconds kTimeout{3};

// What a problem says for people, or the whole body where it is none.
std::string detail_of(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value problem = boost::json::parse(body, error);
  const auto* object = error ? nullptr : problem.if_object();
  const auto* detail = object != nullptr ? object->if_contains("detail") : nullptr;
  return std::string{detail != nullptr && detail->is_string() ? std::string_view{detail->get_string()} : body};
}

}  // namespace

void AdminLine::add_to(CLI::App& command) {
  command.add_option("--admin", url_, "where the service's admin port is [http://127.0.0.1:9900]")->type_name("URL");
  command.add_option("--admin-token-file", token_file_, "a file with the token that it asks for")->type_name("FILE");
}

std::expected<AdminLine::Request, std::string> AdminLine::request(std::string_view method,
                                                                  std::string_view path) const {
  auto target = load::parse_target(url_);
  if (!target) return std::unexpected(target.error());
  std::string authorization;
  if (!token_file_.empty()) {
    const auto token = live::read_token(token_file_);
    if (!token) return std::unexpected(token.error());
    authorization = fmt::format("Authorization: Bearer {}\r\n", *token);
  }
  const std::string_view length = method == "POST" ? "Content-Length: 0\r\n" : "";
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}{}Connection: close\r\n\r\n", method, path,
                                 target->host_field, authorization, length);
  return Request{.to = std::move(*target), .head = std::move(head)};
}

std::expected<std::string, std::string> AdminLine::ask(const Request& request) const {
  http::EpollLoop loop;
  std::expected<std::string, std::string> answer;
  const auto getter = std::make_shared<live::Getter>(loop, metric_request(request), kTimeout, [&](const auto& got) {
    answer = to_answer(got);
    loop.stop();
  });
  getter->get();
  loop.run();
  return answer;
}

live::MetricRequest AdminLine::metric_request(const Request& request) const {
  return {.host = request.to.host, .port = request.to.port, .head = request.head, .url = url_};
}

std::expected<std::string, std::string> AdminLine::to_answer(
    const std::expected<live::MetricAnswer, std::string>& got) const {
  if (!got) return std::unexpected(no_answer(got.error()));
  if (got->status == 200) return got->body;
  return std::unexpected(refusal(got->status, got->body));
}

std::string AdminLine::no_answer(std::string_view why) const {
  return fmt::format("no Tenfold answers at {}: {}", url_, why);
}

std::string AdminLine::refusal(int status, std::string_view body) const {
  if (status == 401) return fmt::format("{} asks for a token: --admin-token-file", url_);
  return fmt::format("{} answers {}: {}", url_, status, detail_of(body));
}

int complain(std::string_view command, const std::string& what, int exit_code) {
  fmt::print(stderr, "tenfold {}: {}\n", command, what);
  return exit_code;
}

}  // namespace tenfold::cli
