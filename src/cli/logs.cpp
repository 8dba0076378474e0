// tenfold logs: what the replicas of a live service printed, and what it said itself.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/admin_line.hpp"
#include "cli/commands.hpp"
#include "http/client.hpp"
#include "http/epoll_loop.hpp"
#include "live/said/said_feed.hpp"

namespace tenfold::cli {

namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kTimeout{3};
// A stream says that it lives every 15 seconds.
constexpr std::chrono::seconds kSilence{60};

struct LogsLine {
  AdminLine admin;
  bool follows = false;
  bool is_json = false;
  std::optional<std::uint32_t> replica;
  std::uint32_t last = live::SaidQuery::kDefaultLast;

  std::string path() const {
    std::string path = fmt::format("/logs?last={}", last);
    if (replica) path += fmt::format("&replica={}", *replica);
    return follows ? path + "&follow" : path;
  }
};

// "2026-11-29T18:40:01.123Z [replica 3 stderr] trouble"
std::string to_text(const json::value& line) {
  const std::string_view time = line.at("time").as_string();
  const std::string_view text = line.at("line").as_string();
  if (line.at("replica").is_null()) return fmt::format("{} tenfold: {}\n", time, text);
  const std::string_view mark = line.at("stream").as_string() == "stderr" ? " stderr" : "";
  return fmt::format("{} [replica {}{}] {}\n", time, line.at("replica").to_number<std::uint32_t>(), mark, text);
}

// Asks once, and prints what comes until it ends.
class Reader final : private http::ClientHandler {
 public:
  explicit Reader(const LogsLine& line) : line_{line}, timer_{loop_}, signals_{loop_, SIGINT, SIGTERM} {}
  ~Reader() {
    if (connection_) connection_->close();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  int run(const AdminLine::Request& request) {
    const auto endpoint = load::resolve(request.to);
    if (!endpoint) return complain("logs", line_.admin.no_answer(endpoint.error()));
    signals_.async_wait([this](const boost::system::error_code&, int) { loop_.stop(); });
    wait(kTimeout);
    connection_ = http::ClientConnection::connect(loop_, *endpoint, {}, *this);
    connection_->begin({});
    connection_->send({request.head});
    loop_.run();
    return exit_code_;
  }

 private:
  void wait(std::chrono::seconds patience) {
    timer_.expires_after(patience, [this, patience] {
      fail(line_.admin.no_answer(fmt::format("nothing came for {} s", patience.count())));
    });
  }

  void fail(const std::string& what) {
    exit_code_ = complain("logs", what);
    loop_.stop();
  }

  void on_head(http::ClientConnection& connection) override { on_body(connection); }

  void on_body(http::ClientConnection& connection) override {
    wait(kSilence);
    rest_ += connection.body();
    connection.consume(connection.body().size());
    const bool is_over = connection.body_complete();
    const int status = connection.head().status();
    if (status != 200) {
      if (is_over) fail(line_.admin.refusal(status, rest_));
      return;
    }
    try {
      line_.follows ? print_messages() : print_all(is_over);
      std::fflush(stdout);
    } catch (const std::exception&) {  // of the parser
      return fail(fmt::format("{} is no Tenfold: its answer is not understood", line_.admin.url()));
    }
    if (!is_over) return;
    if (line_.follows) fmt::print(stderr, "tenfold logs: the service at {} has ended\n", line_.admin.url());
    loop_.stop();
  }

  void on_writable(http::ClientConnection&) override {}

  void on_closed(http::ClientConnection& connection, std::string_view problem) override {
    fail(connection.has_answer_begun() ? fmt::format("the stream of {} broke: {}", line_.admin.url(), problem)
                                       : line_.admin.no_answer(problem));
  }

  void print_all(bool is_over) {
    if (!is_over) return;
    const json::value all = json::parse(rest_);
    const std::size_t count = print_lines(all);
    const auto dropped = all.at("dropped").to_number<std::uint64_t>();
    if (count < line_.last && dropped > 0)
      fmt::print(stderr, "tenfold logs: older lines are no longer kept, {} of all\n", dropped);
  }

  // Of server-sent events: what ends with an empty line, and comments.
  void print_messages() {
    constexpr std::string_view kData = "data: ";
    std::size_t at = 0;
    for (std::size_t end; (end = rest_.find("\n\n", at)) != std::string::npos; at = end + 2) {
      const std::string_view message = std::string_view{rest_}.substr(at, end - at);
      if (!message.starts_with(kData)) continue;
      const json::value some = json::parse(message.substr(kData.size()));
      if (const auto missed = some.at("missed").to_number<std::uint64_t>(); missed > 0) tell_missed(missed);
      print_lines(some);
    }
    rest_.erase(0, at);
  }

  void tell_missed(std::uint64_t missed) const {
    if (line_.is_json) {
      fmt::print("{{\"missed\":{}}}\n", missed);
    } else {
      fmt::print(stderr, "tenfold logs: {} lines are missing here: they came faster than they were read\n", missed);
    }
  }

  std::size_t print_lines(const json::value& document) const {
    const json::array& lines = document.at("lines").as_array();
    for (const json::value& line : lines)
      fmt::print("{}", line_.is_json ? json::serialize(line) + '\n' : to_text(line));
    return lines.size();
  }

  const LogsLine& line_;
  http::EpollLoop loop_;
  http::Timer timer_;
  boost::asio::signal_set signals_;
  std::shared_ptr<http::ClientConnection> connection_;
  std::string rest_;  // what came and was not printed yet
  int exit_code_ = 0;
};

}  // namespace

void add_logs_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("logs", "print what the replicas of a live service printed, and what it said");
  auto line = std::make_shared<LogsLine>();
  command->add_flag("-f,--follow", line->follows, "go on with what is said, until Ctrl-C or the service's end");
  command->add_option("--replica", line->replica, "of this replica alone [all, and what Tenfold said itself]")
      ->type_name("N")
      ->check(CLI::Range(1U, UINT32_MAX).description(""));
  command->add_option("--last", line->last, "begin with so many lines of what was said before [100]")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, live::SaidLines::kMostLines).description(""));
  command->add_flag("--json", line->is_json, "a JSON object a line: time, replica, stream, line");
  line->admin.add_to(*command);
  command->footer(fmt::format(
      "The service keeps its last {} lines, {} MiB at most. Who reads too slowly is told how many lines he missed.",
      live::SaidLines::kMostLines, live::SaidLines::kMostBytes >> 20));
  command->callback([line, &exit_code] {
    const auto request = line->admin.get(line->path());
    exit_code = request ? Reader{*line}.run(*request) : complain("logs", request.error(), kWrongLine);
  });
}

}  // namespace tenfold::cli
