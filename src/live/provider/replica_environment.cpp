#include "live/provider/replica_environment.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/zygote_protocol.hpp"
#include "config/secrets.hpp"

namespace tenfold::live {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

// What a service manager tells Tenfold, and what would mislead a replica.
constexpr std::array<std::string_view, 11> kNotInherited = {
    kZygoteVariable, "LISTEN_FDS", "LISTEN_PID",     "LISTEN_FDNAMES",      "NOTIFY_SOCKET",         "WATCHDOG_USEC",
    "WATCHDOG_PID",  "PORT",       "TENFOLD_SOCKET", "TENFOLD_CONCURRENCY", "TENFOLD_UPGRADE_SOCKET"};

// Its process id is known when it is there: it stands in for this then.
constexpr std::string_view kRoomForPid = "0000000000";

Variables::value_type replica_variable(const Contract& contract) {
  return {"TENFOLD_REPLICA", std::to_string(core::to_number(contract.replica))};
}

Variables contract_variables(const Contract& contract) {
  return {replica_variable(contract),
          {"PORT", std::to_string(contract.port)},
          {"TENFOLD_SOCKET", contract.socket_path},
          {"NOTIFY_SOCKET", contract.notify_path},
          {"TENFOLD_CONCURRENCY", std::to_string(contract.concurrency)}};
}

// The length of the variable's name at the start of `text`.
std::size_t name_length(std::string_view text) {
  const auto is_part = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::size_t length = 0;
  while (length < text.size() && is_part(text[length])) ++length;
  return length;
}

std::string substitute(std::string_view text, const Variables& variables) {
  std::string result;
  for (std::size_t dollar = text.find('$'); dollar != std::string_view::npos; dollar = text.find('$')) {
    result.append(text.substr(0, dollar));
    text.remove_prefix(dollar);
    const bool has_braces = text.substr(1).starts_with('{');
    const std::size_t name_start = has_braces ? 2 : 1;
    const std::size_t length = name_length(text.substr(name_start));
    const auto found = variables.find(text.substr(name_start, length));
    const bool is_closed = !has_braces || text.substr(name_start + length).starts_with('}');
    if (found != variables.end() && is_closed) {
      result.append(found->second);
      text.remove_prefix(name_start + length + (has_braces ? 1 : 0));
    } else {
      result.push_back('$');
      text.remove_prefix(1);
    }
  }
  return result.append(text);
}

// The few that every program needs: where programs and the user's files are, in which language and at which place.
bool is_needed(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNeeded = {"PATH", "HOME", "LANG", "TZ", "TMPDIR"};
  return std::ranges::find(kNeeded, name) != kNeeded.end() || name.starts_with("LC_");
}

Variables inherited_variables(bool is_bare) {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || (is_bare && !is_needed(text.substr(0, equals)))) continue;
    if (text.starts_with(config::kSecretVariable)) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const std::string_view name : kNotInherited) {
    if (const auto found = variables.find(name); found != variables.end()) variables.erase(found);
  }
  return variables;
}

std::vector<std::string> to_environment(const Variables& variables) {
  std::vector<std::string> environment;
  environment.reserve(variables.size());
  for (const auto& [name, value] : variables) environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

Told tell(const std::vector<std::string>& argv, const config::Variables& env, bool is_bare, const Variables& contract) {
  Told told;
  told.arguments.reserve(argv.size());
  for (const std::string& argument : argv) told.arguments.push_back(substitute(argument, contract));
  Variables variables = inherited_variables(is_bare);
  for (const auto& [name, value] : env) variables[name] = value;
  for (const auto& [name, value] : contract) variables[name] = value;
  told.environment = to_environment(variables);
  return told;
}

}  // namespace

Told tell_program(const ReplicaSpec& spec, const Contract& contract) {
  config::Variables env = spec.env;
  if (spec.start == config::ReplicaStart::kSocket) {
    env.emplace_back("LISTEN_FDS", "1");
    env.emplace_back("LISTEN_PID", kRoomForPid);
  }
  return tell(spec.argv, env, spec.has_bare_environment, contract_variables(contract));
}

Told tell_zygote(const ReplicaSpec& spec) {
  return tell(spec.argv, spec.env, spec.has_bare_environment, {{kZygoteVariable, std::to_string(kZygoteDescriptor)}});
}

std::vector<std::string> tell_forked(const Contract& contract) { return to_environment(contract_variables(contract)); }

bool names_contract(const std::string& argument) { return substitute(argument, contract_variables({})) != argument; }

Told tell_container(const ReplicaSpec& spec, const config::Container& container, const Contract& contract) {
  return tell(container.command, container.env, spec.has_bare_environment, {replica_variable(contract)});
}

}  // namespace tenfold::live
