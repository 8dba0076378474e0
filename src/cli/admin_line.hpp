// The part of a command line that says where a live service's admin port is, and what comes of asking there.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <CLI/App.hpp>

#include "live/metrics/getter.hpp"
#include "load/target.hpp"

namespace tenfold::cli {

// Exit codes of what asks a service: it could not be asked, and what was asked makes no sense.
inline constexpr int kNotAnswered = 1;
inline constexpr int kWrongLine = 2;

// Must outlive the command that it was added to.
class AdminLine {
 public:
  void add_to(CLI::App& command);

  const std::string& url() const { return url_; }

  struct Request {
    load::Target to;
    std::string head;  // the whole request, as it is sent
  };
  // A GET, or a POST without a body, with the token where one is given. The error says what is wrong with the URL or
  // the token's file.
  std::expected<Request, std::string> get(std::string_view path) const { return request("GET", path); }
  std::expected<Request, std::string> post(std::string_view path) const { return request("POST", path); }

  // The answer's body; or as a sentence that nobody answered, or why it is a refusal. Waits.
  std::expected<std::string, std::string> ask(const Request& request) const;

  // For who asks again and again by a Getter, and what came of it.
  live::MetricRequest metric_request(const Request& request) const;
  std::expected<std::string, std::string> to_answer(const std::expected<live::MetricAnswer, std::string>& got) const;

  // What is wrong, as sentences: nobody answers, and the answer is a refusal.
  std::string no_answer(std::string_view why) const;
  std::string refusal(int status, std::string_view body) const;

 private:
  std::expected<Request, std::string> request(std::string_view method, std::string_view path) const;

  std::string url_ = "http://127.0.0.1:9900";
  std::string token_file_;
};

// Tells it on stderr; returns the exit code.
int complain(std::string_view command, const std::string& what, int exit_code = kNotAnswered);

}  // namespace tenfold::cli
