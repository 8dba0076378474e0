#include "config/containers.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/file_shape.hpp"

namespace tenfold::config {

namespace {

constexpr std::string_view kContainers = "properties.template.containers";
constexpr std::string_view kInitContainers = "properties.template.initContainers";

void add_words(std::vector<std::string>& words, const Node* list) {
  if (list == nullptr) return;
  for (const Entry& entry : list->entries) words.push_back(entry.value.scalar);
}

// An image's own entry point is not known here, so arguments alone are nothing to run.
std::vector<std::string> command_of(const Node& container) {
  std::vector<std::string> words;
  add_words(words, container.find("command"));
  if (!words.empty()) add_words(words, container.find("args"));
  return words;
}

void read_env(Container& into, const Node& container, std::string_view path, Faults& faults) {
  const Node* list = container.find("env");
  if (list == nullptr) return;
  for (const Entry& entry : list->entries) {
    const std::string name = text_at(entry.value, "name");
    const std::string secret = text_at(entry.value, "secretRef");
    if (name.empty() || name.find('=') != std::string::npos) {
      faults.add(entry.value.line, fmt::format("{}[].env[]", path), "a variable needs a name, without =");
    } else if (secret.empty()) {
      into.env.emplace_back(name, text_at(entry.value, "value"));
    } else {
      into.secret_env.emplace_back(name, secret);
    }
  }
}

Container read_container(const Node& node, std::string_view path, Faults& faults) {
  Container container{.name = text_at(node, "name"), .command = command_of(node)};
  read_env(container, node, path, faults);
  return container;
}

void read_main(AppConfig& config, const Node& node, Faults& faults) {
  Container main = read_container(node, kContainers, faults);
  if (!main.command.empty()) config.command = std::move(main.command);
  config.env.insert(config.env.end(), main.env.begin(), main.env.end());
  config.secret_env = std::move(main.secret_env);
  config.image = text_at(node, "image");
  if (config.image.empty() && config.command.empty() && node.find("args") != nullptr)
    faults.add(node.find("args")->line, fmt::format("{}[].args", kContainers), "arguments need a command to go to");
}

void read_secrets(AppConfig& config, const Node& file) {
  const Node* list = find_at(file, "properties.configuration.secrets");
  if (list == nullptr) return;
  for (const Entry& entry : list->entries) {
    const Node* value = entry.value.find("value");
    if (value != nullptr) config.secrets.push_back({.name = text_at(entry.value, "name"), .text = value->scalar});
  }
}

// What a kind of further containers is called, and what stands for those that are not run.
struct Kind {
  std::string_view word;
  std::string_view path;
  Gap gap;
};
constexpr Kind kInit{"init container", kInitContainers, Gap::kInitContainers};
constexpr Kind kSidecar{"sidecar", kContainers, Gap::kSidecars};

// Reads the containers of a list from its `first` on. An image is not run here: one without a command is a gap.
std::vector<Container> read_further(AppConfig& config, const Node& file, const Kind& kind, std::size_t first,
                                    Faults& faults) {
  std::vector<Container> containers;
  const Node* list = find_at(file, kind.path);
  if (list == nullptr) return containers;
  for (std::size_t i = first; i < list->entries.size(); ++i) {
    const Node& node = list->entries[i].value;
    Container container = read_container(node, kind.path, faults);
    if (container.name.empty()) container.name = fmt::format("{}", i + 1);
    if (container.command.empty()) {
      config.gaps.push_back(
          {kind.gap, fmt::format("the {} '{}' is not run: it has no command", kind.word, container.name)});
      continue;
    }
    if (node.find("probes") != nullptr)
      config.gaps.push_back(
          {Gap::kProbes, fmt::format("the probes of the {} '{}' are not asked", kind.word, container.name)});
    containers.push_back(std::move(container));
  }
  return containers;
}

}  // namespace

void read_containers(AppConfig& config, const Node& file, Faults& faults) {
  read_secrets(config, file);
  const Node* list = find_at(file, kContainers);
  if (list != nullptr && !list->entries.empty()) read_main(config, list->entries.front().value, faults);
  config.init_containers = read_further(config, file, kInit, 0, faults);
  config.sidecars = read_further(config, file, kSidecar, 1, faults);
  if (1 + config.init_containers.size() + config.sidecars.size() > kMaxContainers)
    faults.add(find_at(file, "properties.template")->line, "properties.template",
               fmt::format("a replica has {} containers at most", kMaxContainers));
}

}  // namespace tenfold::config
