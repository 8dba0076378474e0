#include "config/secrets.hpp"

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

#include <fmt/format.h>

namespace tenfold::config {

namespace {

std::optional<std::string> value_of(const Variables& variables, std::string_view name) {
  for (const auto& [known, value] : variables | std::views::reverse) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

void resolve_secrets(AppConfig& config, const std::function<bool(const std::string& name)>& is_set) {
  const auto resolve = [&](Variables& env, Variables& secret_env) {
    for (const auto& [name, secret] : std::exchange(secret_env, {})) {
      const auto value = value_of(config.secrets, secret);
      if (value_of(env, name)) continue;
      if (value) {
        env.emplace_back(name, *value);
      } else if (!is_set(name)) {
        config.gaps.push_back(
            {Gap::kSecrets,
             fmt::format("{} is not set: the secret '{}' has no value, --secret {}=...", name, secret, secret)});
      }
    }
  };
  resolve(config.env, config.secret_env);
  for (Container& init : config.init_containers) resolve(init.env, init.secret_env);
  for (Container& sidecar : config.sidecars) resolve(sidecar.env, sidecar.secret_env);
}

}  // namespace tenfold::config
