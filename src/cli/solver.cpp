#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "solver/solver_service.hpp"

namespace tenfold::cli {

void add_solver_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("solver", "serve the built-in LP, MIP and QP solver as one replica");
  command->footer(
      R"(`tenfold up` runs this as its replicas when it is given no command. By itself it serves at 127.0.0.1:$PORT
(default 8000), or at the unix socket $TENFOLD_SOCKET; in a container (Kubernetes, Azure Container Apps, Cloud Run,
Docker, Podman) at all addresses. $TENFOLD_ADDRESS says which address it is to be:

  tenfold solver &
  curl --data-binary @model.mps localhost:8000/solve)");
  command->callback([&exit_code] { exit_code = solver::run_solver_service(); });
}

}  // namespace tenfold::cli
