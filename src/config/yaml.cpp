// The file: what `az containerapp create --yaml` takes, and one extra key, `tenfold`.
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "config/app_config.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

using Applied = std::expected<void, std::string>;

constexpr std::string_view kContainer = "properties.template.containers[].";

// Keys of Azure's schema that say nothing about how a service runs here. A key that ends with a dot stands for all
// below it.
constexpr std::array<std::string_view, 43> kAccepted{"id",
                                                     "location",
                                                     "name",
                                                     "resourceGroup",
                                                     "type",
                                                     "kind",
                                                     "tags.",
                                                     "identity.",
                                                     "systemData.",
                                                     "extendedLocation.",
                                                     "managedBy",
                                                     "properties.environmentId",
                                                     "properties.managedEnvironmentId",
                                                     "properties.workloadProfileName",
                                                     "properties.provisioningState",
                                                     "properties.runningStatus",
                                                     "properties.eventStreamEndpoint",
                                                     "properties.latestRevisionName",
                                                     "properties.outboundIpAddresses[]",
                                                     "properties.customDomainVerificationId",
                                                     "properties.configuration.activeRevisionsMode",
                                                     "properties.configuration.dapr.",
                                                     "properties.configuration.registries[].",
                                                     "properties.configuration.secrets[].",
                                                     "properties.configuration.maxInactiveRevisions",
                                                     "properties.configuration.service.",
                                                     "properties.configuration.runtime.",
                                                     "properties.configuration.identitySettings[].",
                                                     "properties.configuration.ingress.allowInsecure",
                                                     "properties.configuration.ingress.external",
                                                     "properties.configuration.ingress.targetPort",
                                                     "properties.configuration.ingress.transport",
                                                     "properties.configuration.ingress.traffic[].",
                                                     "properties.configuration.ingress.fqdn",
                                                     "properties.configuration.ingress.stickySessions.",
                                                     "properties.template.revisionSuffix",
                                                     "properties.template.volumes[].",
                                                     "properties.template.containers[].name",
                                                     "properties.template.containers[].imageType",
                                                     "properties.template.containers[].probes[].",
                                                     "properties.template.scale.rules[].name",
                                                     "properties.template.scale.pollingInterval",
                                                     "properties.template.scale.cooldownPeriod"};

// Goes through the file leaf by leaf; each leaf has a dotted path, with [] for an element of a list.
class Loader {
 public:
  Loader(AppConfig& config, std::string_view name) : config_{config}, name_{name} {}

  Applied load(const YAML::Node& root) {
    if (root.IsNull()) return {};
    if (!root.IsMap()) return fail(root, "", "the file is not a map of keys");
    Applied applied = walk(root, "");
    if (applied && !command_.empty()) config_.command = command_;
    return applied;
  }

 private:
  Applied fail(const YAML::Node& node, std::string_view path, std::string_view what) const {
    const std::string key = path.empty() ? "" : fmt::format("{}: ", path);
    return std::unexpected(fmt::format("{}:{}: {}{}", name_, node.Mark().line + 1, key, what));
  }

  Applied walk(const YAML::Node& node, const std::string& path) {
    if (is_accepted(path)) return {};
    if (node.IsMap()) {
      if (path == kEnvPath) return take_env(node);
      for (const auto& entry : node) {
        const std::string key = entry.first.Scalar();
        const std::string below = path.empty() ? key : fmt::format("{}.{}", path, key);
        if (!is_known(below)) return unknown_key(entry.first, path, key);
        if (auto applied = walk(entry.second, below); !applied) return applied;
      }
      return {};
    }
    if (node.IsSequence()) {
      if (path == "properties.template.containers" && node.size() > 1) {
        return fail(node, path, "a replica has one container here; sidecars are not run");
      }
      for (const YAML::Node& element : node) {
        if (auto applied = walk(element, path + "[]"); !applied) return applied;
      }
      return {};
    }
    return take(node, path);
  }

  Applied take(const YAML::Node& node, const std::string& path) {
    if (node.IsNull()) return {};
    if (path == fmt::format("{}command[]", kContainer) || path == fmt::format("{}args[]", kContainer)) {
      command_.push_back(node.Scalar());
      return {};
    }
    if (path == fmt::format("{}image", kContainer)) {
      config_.image = node.Scalar();
      return {};
    }
    for (const Setting& setting : settings()) {
      if (setting.key != path) continue;
      const auto applied = setting.apply(config_, node.Scalar());
      return applied ? applied : fail(node, path, applied.error());
    }
    return fail(node, path, "a map or a list is wanted here");
  }

  Applied take_env(const YAML::Node& node) {
    if (!node["name"]) return fail(node, kEnvPath, "a variable needs a name");
    for (const auto& entry : node) {
      const std::string key = entry.first.Scalar();
      if (key != "name" && key != "value" && key != "secretRef") return unknown_key(entry.first, kEnvPath, key);
    }
    if (node["secretRef"]) return fail(node, kEnvPath, "secrets are Azure's; give the variable a value, or use --env");
    config_.env.emplace_back(node["name"].Scalar(), node["value"] ? node["value"].Scalar() : "");
    return {};
  }

  static bool is_accepted(const std::string& path) {
    return std::ranges::any_of(kAccepted, [&](std::string_view known) {
      if (!known.ends_with('.')) return path == known;
      return path == known.substr(0, known.size() - 1) || path.starts_with(known);
    });
  }

  // Every path that means something, for recognising a key and for suggesting one.
  static const std::set<std::string>& known_paths() {
    static const std::set<std::string> paths = [] {
      std::set<std::string> all{kEnvPath, fmt::format("{}command[]", kContainer), fmt::format("{}args[]", kContainer),
                                fmt::format("{}image", kContainer)};
      for (const Setting& setting : settings()) {
        if (!setting.key.empty()) all.emplace(setting.key);
      }
      for (const std::string_view accepted : kAccepted) all.emplace(accepted);
      return all;
    }();
    return paths;
  }

  static bool is_known(const std::string& path) {
    return std::ranges::any_of(known_paths(), [&](const std::string& known) {
      if (!known.starts_with(path)) return false;
      const std::string_view rest = std::string_view{known}.substr(path.size());
      return rest.empty() || rest.front() == '.' || rest.front() == '[';
    });
  }

  Applied unknown_key(const YAML::Node& node, const std::string& path, const std::string& key) const {
    std::set<std::string> siblings;
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const std::string& known : known_paths()) {
      if (known.starts_with(prefix))
        siblings.insert(known.substr(prefix.size(), known.find_first_of(".[", prefix.size()) - prefix.size()));
    }
    siblings.erase("");
    const std::string where = path.empty() ? "" : fmt::format(" in {}", path);
    const std::string_view near = nearest(key, {siblings.begin(), siblings.end()});
    const std::string hint =
        near.empty() ? fmt::format("known: {}", fmt::join(siblings, ", ")) : fmt::format("did you mean '{}'?", near);
    return fail(node, "", fmt::format("unknown key '{}'{}; {}", key, where, hint));
  }

  inline static const std::string kEnvPath = fmt::format("{}env[]", kContainer);

  AppConfig& config_;
  std::string_view name_;
  std::vector<std::string> command_;
};

}  // namespace

Applied apply_yaml(AppConfig& config, std::string_view text, std::string_view name) {
  try {
    return Loader{config, name}.load(YAML::Load(std::string{text}));
  } catch (const YAML::Exception& error) {
    return std::unexpected(fmt::format("{}:{}: this is no YAML: {}", name, error.mark.line + 1, error.msg));
  }
}

Applied apply_file(AppConfig& config, const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream || std::filesystem::is_directory(file)) {
    return std::unexpected(
        fmt::format("{} cannot be read; give the app's YAML file, or none and flags", file.string()));
  }
  return apply_yaml(config, std::string{std::istreambuf_iterator<char>{stream}, {}}, file.string());
}

}  // namespace tenfold::config
