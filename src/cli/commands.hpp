// The subcommands, one file each. Each adds itself to the program and sets `exit_code` when it was run.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace tenfold::cli {

// `command` is what stands after `--`: the replicas' program.
void add_up_command(CLI::App& app, std::vector<std::string> command, int& exit_code);
void add_deploy_command(CLI::App& app, int& exit_code);
void add_status_command(CLI::App& app, int& exit_code);
void add_top_command(CLI::App& app, int& exit_code);
void add_logs_command(CLI::App& app, int& exit_code);
void add_upgrade_command(CLI::App& app, int& exit_code);
void add_load_command(CLI::App& app, int& exit_code);
void add_explain_command(CLI::App& app, int& exit_code);
void add_export_command(CLI::App& app, int& exit_code);
void add_journal_command(CLI::App& app, int& exit_code);
void add_simulate_command(CLI::App& app, int& exit_code);
void add_what_if_command(CLI::App& app, int& exit_code);
void add_tune_command(CLI::App& app, int& exit_code);
void add_fit_command(CLI::App& app, int& exit_code);
void add_solver_command(CLI::App& app, int& exit_code);

}  // namespace tenfold::cli
