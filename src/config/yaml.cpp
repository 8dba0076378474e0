// The file: what `az containerapp create --yaml` takes, and one extra key, `tenfold`.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "config/app_config.hpp"
#include "config/document.hpp"
#include "config/probes.hpp"
#include "config/read_text.hpp"
#include "config/rules_file.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

using Applied = std::expected<void, std::string>;

constexpr std::string_view kContainer = "properties.template.containers[].";

// Keys of Azure's schema that say nothing about how a service runs here. A key that ends with a dot stands for all
// below it.
constexpr std::array<std::string_view, 38> kAccepted{"id",
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
                                                     "properties.configuration.ingress.transport",
                                                     "properties.configuration.ingress.traffic[].",
                                                     "properties.configuration.ingress.fqdn",
                                                     "properties.configuration.ingress.stickySessions.",
                                                     "properties.template.revisionSuffix",
                                                     "properties.template.volumes[].",
                                                     "properties.template.containers[].name",
                                                     "properties.template.containers[].imageType"};

// Goes through the file leaf by leaf; each leaf has a dotted path, with [] for an element of a list.
class Loader {
 public:
  Loader(AppConfig& config, std::string_view name) : config_{config}, name_{name} {}

  Applied load(const Node& root) {
    if (root.is_null()) return {};
    if (!root.is_map()) return fail(root.line, "", "the file is not a map of keys");
    if (auto applied = walk(root, ""); !applied) return applied;
    if (!command_.empty()) config_.command = command_;
    return {};
  }

 private:
  Applied fail(int line, std::string_view path, std::string_view what) const {
    const std::string key = path.empty() ? "" : fmt::format("{}: ", path);
    return std::unexpected(fmt::format("{}:{}: {}{}", name_, line, key, what));
  }

  Applied walk(const Node& node, const std::string& path) {
    if (is_accepted(path)) return {};
    if (path == kAzureRules || path == kOurRules) return take_rules(node, path);
    if (path == kProbes) return take_probes(node);
    if (node.is_null()) return {};
    if (path == kEnvPath) return take_env(node);
    const Setting* setting = find_setting(path);
    if (setting && setting->is_repeatable && node.is_list()) return take_each(node, path);
    if (setting || is_word(path)) return take(node, path);
    if (node.is_map()) return walk_map(node, path);
    if (node.is_list()) return walk_list(node, path);
    return fail(node.line, path, "a map or a list is wanted here");
  }

  Applied walk_map(const Node& node, const std::string& path) {
    for (const Entry& entry : node.entries) {
      const std::string below = path.empty() ? entry.key : fmt::format("{}.{}", path, entry.key);
      if (!is_known(below)) return unknown_key(entry, path);
      if (auto applied = walk(entry.value, below); !applied) return applied;
    }
    return {};
  }

  Applied walk_list(const Node& node, const std::string& path) {
    if (!is_known(path + "[]")) return fail(node.line, path, "a map of keys is wanted here, not a list");
    if (path == "properties.template.containers" && node.entries.size() > 1)
      return fail(node.line, path, "a replica has one container here; sidecars are not run");
    for (const Entry& entry : node.entries) {
      if (auto applied = walk(entry.value, path + "[]"); !applied) return applied;
    }
    return {};
  }

  Applied take_each(const Node& list, const std::string& path) {
    for (const Entry& entry : list.entries) {
      if (auto applied = take(entry.value, path); !applied) return applied;
    }
    return {};
  }

  Applied take(const Node& node, const std::string& path) {
    if (!node.is_scalar()) return fail(node.line, path, "one value is wanted here");
    if (path == kImagePath) {
      config_.image = node.scalar;
    } else if (is_word(path)) {
      command_.push_back(node.scalar);
    } else if (auto applied = find_setting(path)->apply(config_, node.scalar); !applied) {
      return fail(node.line, path, applied.error());
    }
    return {};
  }

  Applied take_rules(const Node& node, std::string_view path) {
    return pass_on(apply_rules(config_, node, path, rule_names_));
  }

  Applied take_probes(const Node& node) { return pass_on(apply_probes(config_, node)); }

  Applied pass_on(const std::expected<void, FileFault>& applied) const {
    if (applied) return {};
    return fail(applied.error().line, applied.error().path, applied.error().what);
  }

  Applied take_env(const Node& node) {
    for (const Entry& entry : node.entries) {
      if (entry.key != "name" && entry.key != "value" && entry.key != "secretRef") return unknown_key(entry, kEnvPath);
    }
    const Node* name = node.find("name");
    const Node* value = node.find("value");
    if (!name) return fail(node.line, kEnvPath, "a variable needs a name");
    if (node.find("secretRef"))
      return fail(node.line, kEnvPath, "secrets are Azure's; give the variable a value, or use --env");
    config_.env.emplace_back(name->scalar, value ? value->scalar : "");
    return {};
  }

  static const Setting* find_setting(std::string_view path) {
    const auto all = settings();
    const auto at = std::ranges::find_if(all, [&](const Setting& s) { return !path.empty() && s.key == path; });
    return at == all.end() ? nullptr : &*at;
  }

  static bool is_word(std::string_view path) { return path == kCommandPath || path == kArgsPath || path == kImagePath; }

  static bool is_accepted(const std::string& path) {
    return std::ranges::any_of(kAccepted, [&](std::string_view known) {
      if (!known.ends_with('.')) return path == known;
      return path == known.substr(0, known.size() - 1) || path.starts_with(known);
    });
  }

  // Every path that means something, for recognising a key and for suggesting one.
  static const std::set<std::string>& known_paths() {
    static const std::set<std::string> paths = [] {
      std::set<std::string> all{kEnvPath,
                                kCommandPath,
                                kArgsPath,
                                kImagePath,
                                fmt::format("{}[]", kProbes),
                                fmt::format("{}[]", kAzureRules),
                                fmt::format("{}[]", kOurRules)};
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

  // What may stand below that path.
  static std::set<std::string> known_below(const std::string& path) {
    std::set<std::string> keys;
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const std::string& known : known_paths()) {
      if (known.starts_with(prefix))
        keys.insert(known.substr(prefix.size(), known.find_first_of(".[", prefix.size()) - prefix.size()));
    }
    keys.erase("");
    return keys;
  }

  Applied unknown_key(const Entry& entry, const std::string& path) const {
    const std::set<std::string> siblings =
        path == kEnvPath ? std::set<std::string>{"name", "value", "secretRef"} : known_below(path);
    const std::string where = path.empty() ? "" : fmt::format(" in {}", path);
    const std::string_view near = nearest(entry.key, {siblings.begin(), siblings.end()});
    const std::string hint =
        near.empty() ? fmt::format("known: {}", fmt::join(siblings, ", ")) : fmt::format("did you mean '{}'?", near);
    return fail(entry.line, "", fmt::format("unknown key '{}'{}; {}", entry.key, where, hint));
  }

  static inline const std::string kEnvPath = fmt::format("{}env[]", kContainer);
  static inline const std::string kCommandPath = fmt::format("{}command[]", kContainer);
  static inline const std::string kArgsPath = fmt::format("{}args[]", kContainer);
  static inline const std::string kImagePath = fmt::format("{}image", kContainer);

  AppConfig& config_;
  std::string_view name_;
  std::vector<std::string> command_;
  std::vector<std::string> rule_names_;
};

}  // namespace

Applied apply_yaml(AppConfig& config, std::string_view text, std::string_view name) {
  const auto document = parse_document(text, name);
  if (!document) return std::unexpected(document.error());
  return Loader{config, name}.load(*document);
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& file) {
  auto text = read_text(file.string());
  if (text) return text;
  return std::unexpected(
      fmt::format("{} cannot be read: {}; give the app's YAML file, or none and flags", file.string(), text.error()));
}

Applied apply_file(AppConfig& config, const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  return apply_yaml(config, *text, file.string());
}

}  // namespace tenfold::config
