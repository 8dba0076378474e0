#include "config/secrets.hpp"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/fields.hpp"
#include "config/read_text.hpp"

namespace tenfold::config {

namespace {

// As az writes a variable that is set to a secret.
constexpr std::string_view kSecretReference = "secretref:";

std::optional<std::string> value_of(const Variables& variables, std::string_view name) {
  for (const auto& [known, value] : variables | std::views::reverse) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::string as_variable(std::string name) {
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-' || c == '.') c = '_';
  }
  return name;
}

std::expected<std::string, std::string> from_file(const Secret& secret) {
  const auto wrong = [&](std::string_view what) {
    return std::unexpected(fmt::format("the secret '{}': {}: {}", secret.name, secret.text, what));
  };
  auto text = read_text(secret.text, kMaxSecretBytes + 1);
  if (!text) return wrong(text.error());
  if (text->size() > kMaxSecretBytes) return wrong("more than 64 KiB are no secret for a variable");
  if (text->ends_with('\n')) text->pop_back();
  if (text->find('\0') != std::string::npos) return wrong("it has a zero byte, which a variable cannot have");
  return text;
}

std::expected<std::string, std::string> from_environment(const Secret& secret, const Environment& environment) {
  const std::string variable = as_variable(secret.name);
  for (const std::string& name : {kSecretVariable + secret.name, secret.name, variable}) {
    if (auto value = environment(name)) return *std::move(value);
  }
  const std::string also = variable == secret.name ? "" : fmt::format(", nor is {}", variable);
  return std::unexpected(
      fmt::format("the secret '{}' is not in the environment{}; --secret {}=@FILE takes what a file holds", secret.name,
                  also, secret.name));
}

std::expected<std::string, std::string> find(const Secret& secret, const Environment& environment) {
  switch (secret.source) {
    case Secret::Source::kValue:
      return secret.text;
    case Secret::Source::kFile:
      return from_file(secret);
    case Secret::Source::kEnvironment:
      return from_environment(secret, environment);
  }
  std::unreachable();
}

}  // namespace

Applied apply_env(AppConfig& config, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos)
    return std::unexpected(fmt::format("'{}' is not NAME=VALUE", text));
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (!value.starts_with(kSecretReference)) {
    config.env.emplace_back(name, value);
    return {};
  }
  std::erase_if(config.env, [name](const auto& variable) { return variable.first == name; });
  std::erase_if(config.secret_env, [name](const auto& variable) { return variable.first == name; });
  config.secret_env.emplace_back(name, value.substr(kSecretReference.size()));
  return {};
}

Applied apply_secret(AppConfig& config, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || text.empty()) return std::unexpected("a secret has a name: NAME=@FILE, NAME or NAME=VALUE");
  Secret secret{.name = std::string{text.substr(0, equals)}};
  if (equals == std::string_view::npos) {
    secret.source = Secret::Source::kEnvironment;
  } else if (text.substr(equals + 1).starts_with('@')) {
    secret.source = Secret::Source::kFile;
    secret.text = text.substr(equals + 2);
  } else {
    secret.text = text.substr(equals + 1);
  }
  config.secrets.push_back(std::move(secret));
  return {};
}

std::expected<void, std::string> resolve_secrets(AppConfig& config, const Environment& environment) {
  Variables secrets;
  for (const Secret& secret : config.secrets) {
    auto value = find(secret, environment);
    if (!value) return std::unexpected(value.error());
    secrets.emplace_back(secret.name, *std::move(value));
  }
  const auto resolve = [&](Variables& env, Variables& secret_env) {
    for (const auto& [name, secret] : std::exchange(secret_env, {})) {
      if (value_of(env, name)) continue;
      auto value = value_of(secrets, secret);
      if (!value) value = environment(name);
      if (value) {
        env.emplace_back(name, *std::move(value));
      } else {
        config.gaps.push_back(
            {Gap::kSecrets,
             fmt::format("{} is not set: the secret '{}' has no value, --secret {}=@FILE", name, secret, secret)});
      }
    }
  };
  resolve(config.env, config.secret_env);
  for (Container& init : config.init_containers) resolve(init.env, init.secret_env);
  for (Container& sidecar : config.sidecars) resolve(sidecar.env, sidecar.secret_env);
  return {};
}

}  // namespace tenfold::config
