#include "config/azure_limits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "config/azure_keys.hpp"
#include "config/file_shape.hpp"
#include "config/units.hpp"

namespace tenfold::config {

namespace {

struct Range {
  std::string_view key;
  double least;
  double most;
};

constexpr auto kScale = std::to_array<Range>({{"minReplicas", 0, 1000}, {"maxReplicas", 1, 1000}});
constexpr auto kProbe = std::to_array<Range>({{"initialDelaySeconds", 0, 60},
                                              {"periodSeconds", 1, 240},
                                              {"timeoutSeconds", 1, 240},
                                              {"successThreshold", 1, 10}});

// Of a replica on the plan that every environment has.
constexpr double kMostCpu = 4;
constexpr double kGibOfCpu = 2;

constexpr std::size_t kMostOfName = 32;

bool is_of(std::string_view name, std::string_view further) {
  return std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || further.find(c) != std::string_view::npos;
  });
}

class Limits {
 public:
  Limits(const Node& file, Faults& warnings) : file_{file}, warnings_{warnings} {}

  void note() {
    name(file_, "");
    scale();
    secrets();
    containers("properties.template.containers");
    containers("properties.template.initContainers");
    resources();
  }

 private:
  void warn(const Node& at, std::string_view path, std::string what) { warnings_.add(at.line, path, std::move(what)); }

  void name(const Node& map, const std::string& path) {
    const Node* name = map.find("name");
    if (name == nullptr || (is_of(name->scalar, "-") && name->scalar.size() <= kMostOfName)) return;
    warn(*name, path.empty() ? "name" : path + ".name",
         fmt::format("Azure wants at most {} small letters, digits and -", kMostOfName));
  }

  void ranges(const Node& map, std::string_view path, std::span<const Range> all) {
    for (const Range& range : all) {
      const Node* value = map.find(range.key);
      if (value == nullptr || !parse_number(value->scalar, -1e18, 1e18)) continue;
      if (!parse_number(value->scalar, range.least, range.most))
        warn(*value, fmt::format("{}.{}", path, range.key),
             fmt::format("Azure takes {} to {}", range.least, range.most));
    }
  }

  void scale() {
    if (const Node* scale = find_at(file_, "properties.template.scale"))
      ranges(*scale, "properties.template.scale", kScale);
  }

  void secrets() {
    const std::string path = "properties.configuration.secrets";
    const Node* list = find_at(file_, path);
    if (list == nullptr) return;
    for (const Entry& entry : list->entries) {
      const Node& secret = entry.value;
      const std::string name = text_at(secret, "name");
      secrets_.insert(name);
      if (!is_of(name, "-.")) warn(secret, path + "[].name", "Azure wants small letters, digits, - and .");
      if (secret.find("value") == nullptr && secret.find("keyVaultUrl") == nullptr)
        warn(secret, path + "[]", fmt::format("the secret '{}' has no value, and Azure refuses to create it so", name));
    }
  }

  void containers(const std::string& path) {
    const Node* list = find_at(file_, path);
    if (list == nullptr) return;
    for (const Entry& entry : list->entries) {
      container(entry.value, path + "[]");
      variables(entry.value, path + "[].env[]");
      probes(entry.value, path + "[].probes[]");
    }
  }

  void container(const Node& container, const std::string& path) {
    if (text_at(container, "image").empty()) warn(container, path, "there is no image, and Azure runs nothing else");
    if (container.find("name") == nullptr) warn(container, path, "there is no name, and Azure wants one");
    name(container, path);
  }

  void variables(const Node& container, const std::string& path) {
    const Node* env = container.find("env");
    if (env == nullptr) return;
    for (const Entry& entry : env->entries) {
      const std::string secret = text_at(entry.value, "secretRef");
      if (!secret.empty() && !secrets_.contains(secret))
        warn(entry.value, path + ".secretRef",
             fmt::format("'{}' is not in properties.configuration.secrets, and Azure refuses that", secret));
    }
  }

  void probes(const Node& container, const std::string& path) {
    const Node* probes = container.find("probes");
    if (probes == nullptr) return;
    for (const Entry& entry : probes->entries) ranges(entry.value, path, kProbe);
  }

  // All containers of a replica together have one of the pairs.
  void resources() {
    const Node* list = find_at(file_, "properties.template.containers");
    const Node* profile = find_at(file_, "properties.workloadProfileName");
    if (list == nullptr || (profile != nullptr && !is_one_of(profile->scalar, "Consumption|"))) return;
    double cpu = 0;
    double gib = 0;
    const Node* at = nullptr;
    for (const Entry& entry : list->entries) {
      const Node* resources = entry.value.find("resources");
      const auto cpus = parse_number(resources != nullptr ? text_at(*resources, "cpu") : "", 0, 1e6);
      const auto memory = parse_size(resources != nullptr ? text_at(*resources, "memory") : "");
      if (!cpus || !memory) return;  // Azure's own defaults come in
      cpu += *cpus;
      gib += static_cast<double>(core::to_number(*memory)) / static_cast<double>(core::to_number(core::gibibytes(1)));
      at = resources;
    }
    const bool is_step = std::abs(cpu * 4 - std::round(cpu * 4)) < 1e-6;
    if (at == nullptr || (is_step && cpu <= kMostCpu && std::abs(gib - cpu * kGibOfCpu) < 1e-6)) return;
    warn(*at, "properties.template.containers[].resources",
         fmt::format("{:g} CPUs with {:g}Gi are no pair of the Consumption plan: it has 0.25 to {:g} in steps of 0.25, "
                     "and {:g}Gi for each CPU",
                     cpu, gib, kMostCpu, kGibOfCpu));
  }

  const Node& file_;
  Faults& warnings_;
  std::set<std::string, std::less<>> secrets_;
};

}  // namespace

void note_limits(const Node& file, Faults& warnings) { Limits{file, warnings}.note(); }

}  // namespace tenfold::config
