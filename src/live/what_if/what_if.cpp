#include "live/what_if/what_if.hpp"

#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "http/problem.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kJson = "application/json";
// A question is some numbers, an answer some tables of them.
constexpr std::size_t kMaxQuestion = 4096;
constexpr std::size_t kMaxAnswer = std::size_t{256} << 10;

bool is_json(const http::Head& head) {
  const std::string_view type = head.find("Content-Type").value_or("");
  return http::equals_ignoring_case(type.substr(0, type.find(';')), kJson);
}

void refuse_to(http::ServerConnection& connection, int status, std::string_view detail, std::string_view fields = {}) {
  connection.respond(status, http::kProblemType, http::to_json({.status = status, .detail = detail}), fields);
}

// "tenfold what-if: no request arrived then\n" without the program's name and the line's end.
std::string sentence_of(std::string_view complaint) {
  complaint = complaint.substr(0, complaint.find('\n'));
  const std::size_t name_end = complaint.find(": ");
  return std::string{name_end == std::string_view::npos ? complaint : complaint.substr(name_end + 2)};
}

}  // namespace

WhatIf::WhatIf(boost::asio::io_context& loop, std::filesystem::path journal, WhatIfCommands commands, WallClock clock)
    : loop_{loop}, journal_{std::move(journal)}, commands_{std::move(commands)}, clock_{std::move(clock)} {}

WhatIf::~WhatIf() {
  if (child_) child_->stop();
}

void WhatIf::answer(http::ServerConnection& connection) {
  if (!is_json(connection.head()))
    return refuse_to(connection, 415, "the question is to be JSON: Content-Type: application/json");
  if (connection_ != nullptr) {
    return refuse_to(connection, 503, "another such question is being answered: one at a time", "Retry-After: 5\r\n");
  }
  connection_ = &connection;
  body_.clear();
  connection.attach(*this);
  connection.want_body();
  on_body(connection);
}

void WhatIf::on_body(http::ServerConnection& connection) {
  body_ += connection.body();
  connection.consume(connection.body().size());
  if (body_.size() > kMaxQuestion)
    return refuse(413, fmt::format("the question is to be no longer than {} bytes", kMaxQuestion));
  if (!connection.body_complete()) return;
  const auto question = WhatIfQuestion::parse(body_);
  if (!question) return refuse(422, question.error());
  ask(*question);
}

void WhatIf::on_gone(http::ServerConnection& connection) {
  if (child_) child_->stop();
  child_.reset();
  connection_ = nullptr;
  connection.finish();
}

void WhatIf::ask(const WhatIfQuestion& question) {
  const auto until = clock_();
  WhatIfCommand command = commands_(journal_, question, {.from = until - question.minutes, .until = until});
  child_ = std::make_shared<ChildRun>(
      loop_, std::move(command.argv), ChildRun::Limits{.time = kLongest, .output = kMaxAnswer},
      [this, shown = std::move(command.shown)](const ChildRun::Result& result) { tell(shown, result); });
  child_->start();
}

void WhatIf::tell(const std::string& shown, const ChildRun::Result& result) {
  using End = ChildRun::Result::End;
  child_.reset();
  const std::string sentence = sentence_of(result.err);
  switch (result.end) {
    case End::kExited:
      break;
    case End::kTooLong:
      return refuse(504, fmt::format("it took longer than {} s; `{}` takes its time", kLongest.count(), shown));
    case End::kTooMuch:
      return refuse(500, "the answer was too long");
    case End::kSignaled:
      return refuse(500, fmt::format("`{}` was ended by signal {}", shown, result.code));
    case End::kNotStarted:
      return refuse(500, fmt::format("`{}` could not be run: {}", shown, std::strerror(result.code)));
  }
  if (result.code == 2) return refuse(422, sentence);
  if (result.code == 1) return refuse(409, sentence);
  if (result.code != 0) return refuse(500, fmt::format("`{}` ended with {}: {}", shown, result.code, sentence));
  std::string body = R"({"command":)";
  http::append_json_string(body, shown);
  body += R"(,"result":)" + result.out + '}';
  std::exchange(connection_, nullptr)->respond(200, kJson, body);
}

void WhatIf::refuse(int status, const std::string& detail) {
  refuse_to(*std::exchange(connection_, nullptr), status, detail);
}

}  // namespace tenfold::live
