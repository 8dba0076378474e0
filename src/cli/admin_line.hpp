// The part of a command line that says where a live service's admin port is, and what comes of asking there.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <CLI/App.hpp>

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
  // A GET, with the token where one is given. The error says what is wrong with the URL or the token's file.
  std::expected<Request, std::string> get(std::string_view path) const;

  // What is wrong, as sentences: nobody answers, and the answer is a refusal.
  std::string no_answer(std::string_view why) const;
  std::string refusal(int status, std::string_view body) const;

 private:
  std::string url_ = "http://127.0.0.1:9900";
  std::string token_file_;
};

// Tells it on stderr; returns the exit code.
int complain(std::string_view command, const std::string& what, int exit_code = kNotAnswered);

}  // namespace tenfold::cli
