// What `secretRef` of a file's variables stands for.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/app_config.hpp"

namespace tenfold::config {

// More than fits into a variable beside its name is a mistake.
inline constexpr std::size_t kMaxSecretBytes = std::size_t{64} << 10;

// Where a secret may be among Tenfold's variables under a name that no other program uses; replicas do not get it.
inline constexpr const char* kSecretVariable = "TENFOLD_SECRET_";

// What --env and --secret say: NAME=VALUE, a variable's also NAME=secretref:SECRET as az writes it, a secret's also
// NAME=@FILE and NAME. Of a secret that is wrong no value is told.
std::expected<void, std::string> apply_env(AppConfig& config, std::string_view text);
std::expected<void, std::string> apply_secret(AppConfig& config, std::string_view text);

// A variable of Tenfold's own environment, nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Sets each variable that names a secret, of all containers: from --secret, else the file's configuration.secrets. A
// variable that --env set, or else one of Tenfold's own environment, stays as it is. What has no value anywhere becomes
// a gap. A secret called db-password is in the environment as that or as DB_PASSWORD.
// The error names a secret whose file cannot be read or that is not set, and never a value.
std::expected<void, std::string> resolve_secrets(AppConfig& config, const Environment& environment);

}  // namespace tenfold::config
