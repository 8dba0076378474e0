// tenfold status and tenfold top: the live service at a glance.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/admin_line.hpp"
#include "cli/commands.hpp"
#include "cli/status_text.hpp"
#include "cli/terminal.hpp"
#include "http/epoll_loop.hpp"
#include "live/metrics/getter.hpp"

namespace tenfold::cli {

namespace {

constexpr std::chrono::seconds kTimeout{3};
constexpr std::chrono::seconds kRefresh{1};

// Of a terminal (ECMA-48, and xterm's alternate screen).
constexpr std::string_view kEnterScreen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeaveScreen = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearToLineEnd = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

struct StatusLine {
  AdminLine admin;
  bool is_json = false;
};

int print_once(std::string_view command, const StatusLine& line, const AdminLine::Request& request) {
  const auto answer = line.admin.ask(request);
  if (!answer) return complain(command, answer.error());
  if (line.is_json) {
    fmt::print("{}", *answer);
    return 0;
  }
  const auto text = status_text(*answer, {});
  if (!text) return complain(command, fmt::format("{}: {}", line.admin.url(), text.error()));
  fmt::print("{}", *text);
  return 0;
}

// Draws the status anew each second, over what was there. The terminal is as it was before when this ends.
class Top {
 public:
  Top(const StatusLine& line, const AdminLine::Request& request)
      : line_{line},
        timer_{loop_},
        signals_{loop_, SIGINT, SIGTERM, SIGHUP},
        getter_{std::make_shared<live::Getter>(loop_, line.admin.metric_request(request), kTimeout,
                                               [this](const auto& got) { show(got); })} {
    write(kEnterScreen);
  }
  ~Top() { write(kLeaveScreen); }
  Top(const Top&) = delete;
  Top& operator=(const Top&) = delete;

  int run() {
    signals_.async_wait([this](const boost::system::error_code&, int) { loop_.stop(); });
    getter_->get();
    loop_.run();
    return 0;
  }

 private:
  static void write(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  // A service that is away for a while is asked again.
  void show(const std::expected<live::MetricAnswer, std::string>& got) {
    const TerminalSize size = terminal_size().value_or(TerminalSize{.rows = 24, .columns = 80});
    auto text = line_.admin.to_answer(got);
    if (text) text = status_text(*text, {.rows = size.rows - 1, .columns = size.columns});
    draw(text ? *text : text.error() + "\n");
    timer_.expires_after(kRefresh);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) getter_->get();
    });
  }

  static void draw(std::string_view text) {
    std::string screen{kHome};
    for (const char c : text) {
      if (c == '\n') screen += kClearToLineEnd;
      screen += c;
    }
    write(screen.append(kClearBelow));
  }

  const StatusLine& line_;
  http::EpollLoop loop_;
  boost::asio::steady_timer timer_;
  boost::asio::signal_set signals_;
  std::shared_ptr<live::Getter> getter_;
};

std::shared_ptr<StatusLine> add_line(CLI::App& command) {
  auto line = std::make_shared<StatusLine>();
  line->admin.add_to(command);
  return line;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("status", "print what a live service does now");
  const auto line = add_line(*command);
  command->add_flag("--json", line->is_json, "as the admin port's /status has it");
  command->callback([line, &exit_code] {
    const auto request = line->admin.get("/status");
    exit_code = request ? print_once("status", *line, *request) : complain("status", request.error(), kWrongLine);
  });
}

void add_top_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("top", "show what a live service does, anew each second, until Ctrl-C");
  const auto line = add_line(*command);
  command->footer("Without a terminal to draw on it prints once, as `tenfold status` does.");
  command->callback([line, &exit_code] {
    const auto request = line->admin.get("/status");
    if (!request) {
      exit_code = complain("top", request.error(), kWrongLine);
    } else if (::isatty(STDOUT_FILENO) == 0) {
      exit_code = print_once("top", *line, *request);
    } else {
      exit_code = Top{*line, *request}.run();
    }
  });
}

}  // namespace tenfold::cli
