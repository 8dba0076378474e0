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
    if (value != nullptr) config.secrets.emplace_back(text_at(entry.value, "name"), value->scalar);
  }
}

}  // namespace

void read_containers(AppConfig& config, const Node& file, Faults& faults) {
  read_secrets(config, file);
  if (const Node* list = find_at(file, kContainers)) {
    for (const Entry& entry : list->entries) {
      if (&entry == &list->entries.front()) {
        read_main(config, entry.value, faults);
      } else {
        config.sidecars.push_back(read_container(entry.value, kContainers, faults));
      }
    }
  }
  if (const Node* list = find_at(file, kInitContainers)) {
    for (const Entry& entry : list->entries)
      config.init_containers.push_back(read_container(entry.value, kInitContainers, faults));
  }
  for (const Container& init : config.init_containers)
    config.gaps.push_back({Gap::kInitContainers, fmt::format("the init container '{}' is not run", init.name)});
  for (const Container& sidecar : config.sidecars)
    config.gaps.push_back({Gap::kSidecars, fmt::format("the sidecar '{}' is not run", sidecar.name)});
}

}  // namespace tenfold::config
