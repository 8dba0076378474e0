// tenfold deploy: a live service takes another configuration, and what became of it is told.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/admin_line.hpp"
#include "cli/commands.hpp"

namespace tenfold::cli {

namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kLook{100};

struct DeployLine {
  AdminLine admin;
  std::string file;
  bool is_json = false;
};

// How a revision does.
struct Progress {
  std::string state;  // as /status has it
  std::string last_failure;
  std::int64_t ready = 0;  // of its replicas
  std::int64_t wanted = 0;
};

std::expected<std::string, std::string> ask(const AdminLine& admin,
                                            const std::expected<AdminLine::Request, std::string>& request) {
  return request ? admin.ask(*request) : std::unexpected(request.error());
}

std::expected<std::string, std::string> deploy(const DeployLine& line) {
  std::string path = "/deploy";
  if (!line.file.empty()) {
    std::error_code error;
    const auto file = std::filesystem::canonical(line.file, error);
    if (error) return std::unexpected(fmt::format("{}: {}", line.file, error.message()));
    constexpr auto kPlain = boost::urls::pchars - '&' - '=' - '+';
    path += "?file=" + boost::urls::encode(file.string(), kPlain);
  }
  return ask(line.admin, line.admin.post(path));
}

Progress progress_of(const json::value& status, std::int64_t revision) {
  // Of a service without replicas one shows that the revision starts.
  Progress progress{.state = "forgotten",
                    .wanted = std::max<std::int64_t>(status.at("desired_replicas").to_number<std::int64_t>(), 1)};
  for (const json::value& one : status.at("revisions").as_array()) {
    if (one.at("revision").to_number<std::int64_t>() != revision) continue;
    progress.state = one.at("state").as_string();
    if (const auto* failure = one.at("last_failure").if_string()) progress.last_failure = *failure;
  }
  for (const json::value& replica : status.at("list").as_array()) {
    if (replica.at("revision").to_number<std::int64_t>() != revision) continue;
    progress.ready += replica.at("state").as_string() == "ready" ? 1 : 0;
  }
  return progress;
}

// What there is to say of it, once for each change.
class Teller {
 public:
  Teller(std::int64_t revision, std::int64_t before) : revision_{revision}, before_{before} {}

  void tell(const Progress& now) {
    std::string words = fmt::format("revision {} {}", revision_, sentence(now));
    if (words != last_) fmt::print("{}\n", words);
    std::fflush(stdout);
    last_ = std::move(words);
  }

 private:
  std::string sentence(const Progress& now) const {
    if (now.state == "on its way")
      return fmt::format("is on its way: {} of {} replica{} ready", now.ready, now.wanted, now.wanted == 1 ? "" : "s");
    if (now.state == "serving")
      return fmt::format("serves; replicas of revision {} leave when they have finished", before_);
    const std::string why =
        now.last_failure.empty() ? "" : fmt::format(": the last of its replicas {}", now.last_failure);
    return fmt::format("is {}{}; revision {} serves on", now.state, why, before_);
  }

  std::int64_t revision_;
  std::int64_t before_;
  std::string last_;
};

std::vector<std::string> words_of(const json::value& list) { return json::value_to<std::vector<std::string>>(list); }

int run(const DeployLine& line) {
  const auto answer = deploy(line);
  if (!answer) return complain("deploy", answer.error());
  const json::value made = json::parse(*answer);
  const auto revision = made.at("revision").to_number<std::int64_t>();
  const auto before = made.at("serving").to_number<std::int64_t>();
  if (!line.is_json) {
    const auto applied = words_of(made.at("applied"));
    fmt::print("{}\n", applied.empty() ? "nothing new" : fmt::format("{}", fmt::join(applied, ", ")));
    for (const std::string& name : words_of(made.at("needs_restart")))
      complain("deploy", fmt::format("{}: needs a restart", name));
  }
  std::string state = "serving";
  for (Teller teller{revision, before}; revision != before; std::this_thread::sleep_for(kLook)) {
    const auto status = ask(line.admin, line.admin.get("/status"));
    if (!status) return complain("deploy", status.error());
    const Progress progress = progress_of(json::parse(*status), revision);
    if (!line.is_json) teller.tell(progress);
    state = progress.state;
    if (state != "on its way") break;
  }
  if (line.is_json) {
    json::object out = made.as_object();
    out["state"] = state;
    fmt::print("{}\n", json::serialize(out));
  }
  return state == "serving" ? 0 : kNotAnswered;
}

}  // namespace

void add_deploy_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("deploy", "give a live service another configuration, without losing a request");
  auto line = std::make_shared<DeployLine>();
  command->add_option("app.yaml", line->file, "the file to deploy [the one that the service was started with]")
      ->type_name("FILE");
  line->admin.add_to(*command);
  command->add_flag("--json", line->is_json, "what came of it as JSON");
  command->footer(
      R"(Limits, rules and policies apply at once. Where replicas are to be others (command, env, secrets, resources, probes,
init containers, sidecars, revisionSuffix) that is a new revision: its replicas start beside those that serve, and when
they are ready they get what comes, while the others finish what they have. One whose replicas do not start is rolled
back; the exit code is 1 then. SIGHUP does the same with the service's own file. Another file than that one is taken
only where the admin port has a token.

  tenfold deploy
  tenfold deploy app.yaml --admin http://127.0.0.1:9901)");
  command->callback([line, &exit_code] {
    try {
      exit_code = run(*line);
    } catch (const std::exception& error) {  // of JSON that is no such answer
      exit_code = complain("deploy", fmt::format("{} gave no such answer: {}", line->admin.url(), error.what()));
    }
  });
}

}  // namespace tenfold::cli
