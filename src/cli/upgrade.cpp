// tenfold upgrade: lets the binary that is installed now take over from the one that serves.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/admin_line.hpp"
#include "cli/commands.hpp"

namespace tenfold::cli {

namespace {

namespace json = boost::json;

constexpr std::string_view kCommand = "upgrade";
constexpr std::string_view kPath = "/upgrade";
constexpr std::chrono::milliseconds kPause{100};
// So often in a row nobody may answer: in between the two processes one does.
constexpr int kPatience = 5;

// How an upgrade stands, as the admin API has it.
struct Standing {
  std::int64_t pid = 0;
  std::string version;
  bool is_under_way = false;
  std::string failed;
};

std::expected<Standing, std::string> to_standing(const std::string& body) {
  boost::system::error_code error;
  const json::value told = json::parse(body, error);
  const json::object* const fields = error ? nullptr : told.if_object();
  if (fields == nullptr || !fields->contains("pid")) return std::unexpected("its answer is none of Tenfold's");
  return Standing{.pid = fields->at("pid").to_number<std::int64_t>(),
                  .version = fields->at("version").as_string().c_str(),
                  .is_under_way = fields->at("upgrading").as_bool(),
                  .failed = fields->at("failed").as_string().c_str()};
}

std::expected<Standing, std::string> ask_standing(const AdminLine& admin, const AdminLine::Request& request) {
  const auto answer = admin.ask(request);
  return answer ? to_standing(*answer) : std::unexpected(answer.error());
}

int upgrade(const AdminLine& admin) {
  const auto begin = admin.post(kPath);
  if (!begin) return complain(kCommand, begin.error(), kWrongLine);
  const auto before = ask_standing(admin, *begin);
  if (!before) return complain(kCommand, before.error());
  const auto look = admin.get(kPath);
  for (int left = kPatience; left > 0;) {
    std::this_thread::sleep_for(kPause);
    const auto now = ask_standing(admin, *look);
    if (!now) {
      if (--left == 0) return complain(kCommand, now.error());
      continue;
    }
    left = kPatience;
    if (now->pid != before->pid) {
      fmt::print("upgraded: process {} (tenfold {}) serves in place of process {}\n", now->pid, now->version,
                 before->pid);
      return 0;
    }
    if (!now->is_under_way && !now->failed.empty())
      return complain(kCommand, fmt::format("not upgraded, process {} serves on: {}", now->pid, now->failed));
  }
  return kNotAnswered;
}

}  // namespace

void add_upgrade_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("upgrade", "let the binary that is installed now take a live service over; nobody is refused");
  auto admin = std::make_shared<AdminLine>();
  admin->add_to(*command);
  command->footer(
      "The service runs its binary's path again with the same arguments. The new process gets the listening sockets "
      "and\n"
      "starts its own replicas; when they are ready it serves, and the old one finishes what it has. If it does not "
      "get\n"
      "ready the old one serves on, and this says why and exits with 1.");
  command->callback([admin, &exit_code] { exit_code = upgrade(*admin); });
}

}  // namespace tenfold::cli
