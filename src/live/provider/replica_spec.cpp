#include "live/provider/replica_spec.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live/provider/start_way.hpp"

namespace tenfold::live {
namespace {

// What execvp(3) searches when there is no $PATH.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";

bool is_file(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool is_directory(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_executable(const std::string& path) { return is_file(path) && ::access(path.c_str(), X_OK) == 0; }

std::string search_path(const config::Variables& env) {
  std::string path{kDefaultPath};
  if (const char* inherited = std::getenv("PATH")) path = inherited;
  for (const auto& [name, value] : env) {
    if (name == "PATH") path = value;
  }
  return path;
}

// As the replica would see `path` from its working directory.
std::string from_directory(const std::string& directory, const std::string& path) {
  return directory.empty() || path.starts_with('/') ? path : directory + "/" + path;
}

std::string hint_for_file(const std::string& name) {
  if (name.ends_with(".py")) return fmt::format("did you mean 'python3 {}'?", name);
  if (name.ends_with(".js")) return fmt::format("did you mean 'node {}'?", name);
  return fmt::format("make it executable: chmod +x {}", name);
}

std::string not_found_in_path(const std::string& directory, const std::string& name, const std::string& path) {
  std::string message = fmt::format("'{}' was not found in $PATH ({})", name, path);
  const std::string here = from_directory(directory, name);
  if (is_executable(here)) {
    message += fmt::format("; did you mean './{}'?", name);
  } else if (is_file(here)) {
    message += fmt::format("; {}", hint_for_file(name));
  } else {
    message += "; install it, or give its path";
  }
  return message;
}

std::expected<std::string, std::string> check_file(const std::string& directory, const std::string& name) {
  const std::string path = from_directory(directory, name);
  if (is_executable(path)) return name;  // execve comes after the change of directory
  if (is_directory(path)) return std::unexpected(fmt::format("'{}' is a directory, not a program", path));
  if (is_file(path)) return std::unexpected(fmt::format("'{}' may not be executed; {}", path, hint_for_file(name)));
  return std::unexpected(fmt::format("'{}' does not exist", path));
}

}  // namespace

std::expected<std::string, std::string> find_program(const std::vector<std::string>& argv, const config::Variables& env,
                                                     const std::string& directory) {
  if (argv.empty() || argv[0].empty()) return std::unexpected("no command was given");
  const std::string& name = argv[0];
  if (name.find('/') != std::string::npos) return check_file(directory, name);
  const std::string path = search_path(env);
  for (std::string_view rest = path;;) {
    const std::size_t colon = rest.find(':');
    const std::string_view place = colon == 0 || rest.empty() ? "." : rest.substr(0, colon);
    std::string candidate = fmt::format("{}/{}", place, name);
    if (is_executable(from_directory(directory, candidate))) return candidate;
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return std::unexpected(not_found_in_path(directory, name, path));
}

std::expected<std::string, std::string> find_program(const ReplicaSpec& spec) {
  return find_program(spec.argv, spec.env, spec.directory);
}

std::expected<void, std::string> check_command(const ReplicaSpec& spec) {
  if (!spec.directory.empty() && !is_directory(spec.directory)) {
    return std::unexpected(fmt::format("the working directory '{}' does not exist", spec.directory));
  }
  if (auto program = find_program(spec); !program) return std::unexpected(std::move(program).error());
  if (auto way = is_forked(spec); !way) return std::unexpected(std::move(way).error());
  return {};
}

void leave_out_missing(config::AppConfig& config) {
  const auto leave_out = [&](std::vector<config::Container>& containers, config::Gap gap, std::string_view kind) {
    std::erase_if(containers, [&](const config::Container& container) {
      const auto program = find_program(container.command, container.env, {});
      if (!program)
        config.gaps.push_back({gap, fmt::format("the {} '{}' is not run: {}", kind, container.name, program.error())});
      return !program;
    });
  };
  leave_out(config.init_containers, config::Gap::kInitContainers, "init container");
  leave_out(config.sidecars, config::Gap::kSidecars, "sidecar");
}

}  // namespace tenfold::live
