// tenfold: one program, its subcommands one file each beside this one.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/system/system_error.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/secret_words.hpp"
#include "config/units.hpp"

namespace {

constexpr int kUsage = 2;
constexpr int kNotWritten = 1;
constexpr int kMachine = 1;
constexpr int kInternal = 70;  // EX_SOFTWARE of sysexits.h

// A standard stream that is closed would be the next file or socket that is opened, and get what is meant for people.
void reserve_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // takes the lowest number that is free
  }
}

// What was printed may still be on its way: a full disk shows here.
bool is_output_written() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

int complain_of_output() {
  std::fprintf(stderr, "tenfold: standard output cannot be written: %s\n", std::strerror(errno));
  return kNotWritten;
}

// One line: what was wrong, and what was probably meant.
int complain(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* sub : command->get_subcommands({})) known.push_back(sub->get_name());
  std::string hint;
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    if (!hint.empty()) break;
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string_view near = tenfold::config::nearest(name, {known.begin(), known.end()});
    if (!near.empty()) hint = fmt::format("; did you mean '{}'?", near);
  }
  std::string what = error.what();
  const bool is_unknown_command = command == &app && !words.empty() && !words.front().starts_with('-');
  if (is_unknown_command) what = fmt::format("'{}' is no command", words.front());
  if (const std::size_t line = what.find('\n'); line != std::string::npos) what.resize(line);
  fmt::print(stderr, "tenfold: {}{} (`{} --help` tells more)\n", what, hint,
             command == &app ? "tenfold" : "tenfold " + command->get_name());
  return kUsage;
}

// What the machine does not give: descriptors, threads, processes, a directory.
int complain_of_machine(std::error_code code, const char* what) {
  const bool lacks_descriptors = code == std::errc::too_many_files_open;
  std::fprintf(stderr, "tenfold: cannot go on: %s%s\n", what,
               lacks_descriptors ? "; raise the limit of open files (ulimit -n)" : "");
  return kMachine;
}

int run(int argc, char** argv) {
  CLI::App app{"Runs an optimizer behind HTTP: one queue, replicas that come and go, and the story of what happened.",
               "tenfold"};
  app.set_version_flag("--version", "tenfold " TENFOLD_VERSION);
  app.require_subcommand(1);
  app.footer(
      "`tenfold COMMAND --help` tells more of each.\n\n"
      "  tenfold up                                        serve the built-in solver\n"
      "  tenfold load http://127.0.0.1:8080/solve --burst 100 --data @model.mps\n"
      "  tenfold explain                                   what happened to those 100");
  int exit_code = 0;
  // What stands after `--` is another program's command line.
  const std::vector<std::string> all{argv, argv + argc};
  const auto split = std::ranges::find(all, "--");
  const std::vector<std::string> program{split == all.end() ? split : split + 1, all.end()};
  const int own = static_cast<int>(split - all.begin());
  tenfold::cli::add_up_command(app, program, exit_code);
  tenfold::cli::add_deploy_command(app, exit_code);
  tenfold::cli::add_status_command(app, exit_code);
  tenfold::cli::add_top_command(app, exit_code);
  tenfold::cli::add_logs_command(app, exit_code);
  tenfold::cli::add_upgrade_command(app, exit_code);
  tenfold::cli::add_load_command(app, exit_code);
  tenfold::cli::add_explain_command(app, exit_code);
  tenfold::cli::add_export_command(app, exit_code);
  tenfold::cli::add_journal_command(app, exit_code);
  tenfold::cli::add_simulate_command(app, exit_code);
  tenfold::cli::add_what_if_command(app, exit_code);
  tenfold::cli::add_tune_command(app, exit_code);
  tenfold::cli::add_fit_command(app, exit_code);
  tenfold::cli::add_solver_command(app, exit_code);
  if (argc == 1) {
    fmt::print("{}", app.help());
    return 0;
  }
  try {
    app.parse(own, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return complain(app, error, {all.begin() + 1, split});
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_streams();
  int exit_code = 0;
  try {
    tenfold::cli::hide_secrets({argv, argv + argc});
    exit_code = run(argc, argv);
  } catch (const std::system_error& error) {
    return std::ferror(stdout) != 0 ? complain_of_output() : complain_of_machine(error.code(), error.what());
  } catch (const boost::system::system_error& error) {
    return complain_of_machine(error.code(), error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tenfold: unexpected: %s\n", error.what());
    return kInternal;
  }
  return is_output_written() ? exit_code : complain_of_output();
}
