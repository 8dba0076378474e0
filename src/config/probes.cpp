#include "config/probes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/azure_keys.hpp"
#include "config/fields.hpp"

namespace tenfold::config {

namespace {

struct TypeName {
  std::string_view in_file;
  std::string_view word;
  Probe::Type type;
};
constexpr auto kTypes = std::to_array<TypeName>({{"Startup", "startup", Probe::Type::kStartup},
                                                 {"Readiness", "readiness", Probe::Type::kReadiness},
                                                 {"Liveness", "liveness", Probe::Type::kLiveness}});

const TypeName& names_of(Probe::Type type) { return *std::ranges::find(kTypes, type, &TypeName::type); }

// The numbers of a probe, each with its bounds.
struct NumberKey {
  std::string_view key;
  Applied (*read)(Probe& probe, std::string_view text);
  std::string (*write)(const Probe& probe);
};

template <class Format, class Field>
constexpr NumberKey number(std::string_view key, Field) {
  return {.key = key,
          .read = [](Probe& probe, std::string_view text) { return Format::read(Field{}(probe), text); },
          .write = [](const Probe& probe) { return Format::write(Field{}(probe)); }};
}

constexpr std::uint32_t kDay = 86'400;
const auto kNumbers = std::to_array<NumberKey>({
    number<Seconds<0, kDay>>("initialDelaySeconds", TENFOLD_FIELD(initial_delay)),
    number<Seconds<1, kDay>>("periodSeconds", TENFOLD_FIELD(period)),
    number<Seconds<1, kDay>>("timeoutSeconds", TENFOLD_FIELD(timeout)),
    number<Count<1, 1000>>("failureThreshold", TENFOLD_FIELD(failure_threshold)),
    number<Count<1, 1000>>("successThreshold", TENFOLD_FIELD(success_threshold)),
});

bool is_field_text(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; });
}

bool is_path(std::string_view path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](unsigned char c) { return c > ' ' && c != 0x7f; });
}

// Reads one probe of a file whose shape has been checked.
class ProbeReader {
 public:
  ProbeReader(AppConfig& config, Faults& faults) : config_{config}, faults_{faults} {}

  void read(const Node& node) {
    const bool is_well = read_type(node) && read_action(node) && read_numbers(node);
    if (!is_well || !is_askable_) return;
    if (std::ranges::find(config_.probes, probe_.type, &Probe::type) != config_.probes.end()) {
      fail(node, "", fmt::format("there are two {} probes", name_of(probe_.type)));
      return;
    }
    config_.probes.push_back(std::move(probe_));
  }

 private:
  bool fail(const Node& node, std::string_view key, std::string what) {
    faults_.add(node.line, fmt::format("{}[]{}{}", kProbes, key.empty() ? "" : ".", key), std::move(what));
    return false;
  }

  // Azure can ask so, and here it cannot be done.
  void pass_over(std::string_view why) {
    config_.gaps.push_back({Gap::kProbes, fmt::format("the {} probe is not asked: {}", name_of(probe_.type), why)});
    is_askable_ = false;
  }

  bool read_type(const Node& node) {
    const Node* type = node.find("type");
    if (type == nullptr) return fail(node, "", "a probe needs a type: Startup, Readiness or Liveness");
    std::vector<std::string_view> known;
    for (const TypeName& name : kTypes) {
      known.push_back(name.in_file);
      if (!is_one_of(type->scalar, name.in_file)) continue;
      probe_.type = name.type;
      return true;
    }
    return fail(*type, "type", unknown_word("probe type", type->scalar, known));
  }

  bool read_action(const Node& node) {
    const Node* http = node.find("httpGet");
    const Node* tcp = node.find("tcpSocket");
    if ((http == nullptr) == (tcp == nullptr)) return fail(node, "", "a probe asks in one way: httpGet or tcpSocket");
    return http != nullptr ? read_http_get(*http) : read_port(*tcp, "tcpSocket");
  }

  bool read_port(const Node& action, std::string_view key) {
    const Node* port = action.find("port");
    if (port == nullptr || !port->is_scalar()) return fail(action, key, "a probe needs a port");
    if (auto read = Count<1, 65'535>::read(probe_.port, port->scalar); !read)
      return fail(*port, fmt::format("{}.port", key), read.error());
    const std::string host = text_at(action, "host");
    if (!host.empty()) pass_over(fmt::format("it asks {}, and only replicas are asked here", host));
    return true;
  }

  bool read_http_get(const Node& action) {
    probe_.path = text_at(action, "path");
    if (!probe_.path.starts_with('/')) probe_.path.insert(0, "/");  // as Kubernetes reads it
    if (!is_path(probe_.path))
      return fail(*action.find("path"), "httpGet.path", fmt::format("'{}' is no path; write /healthz", probe_.path));
    if (is_one_of(text_at(action, "scheme"), "HTTPS")) pass_over("replicas speak plain HTTP here");
    const Node* headers = action.find("httpHeaders");
    return (headers == nullptr || read_headers(*headers)) && read_port(action, "httpGet");
  }

  bool read_headers(const Node& headers) {
    for (const Entry& entry : headers.entries) {
      const std::string name = text_at(entry.value, "name");
      const std::string value = text_at(entry.value, "value");
      const bool is_header = !name.empty() && name.find_first_of(": ") == std::string::npos && is_field_text(name) &&
                             is_field_text(value) && entry.value.find("value") != nullptr;
      if (!is_header)
        return fail(entry.value, "httpGet.httpHeaders[]", "a header is a name and a value, each one line");
      probe_.headers.emplace_back(name, value);
    }
    return true;
  }

  bool read_numbers(const Node& node) {
    bool is_well = true;
    for (const NumberKey& number : kNumbers) {
      const Node* value = node.find(number.key);
      if (value == nullptr) continue;
      if (auto read = number.read(probe_, value->scalar); !read) is_well = fail(*value, number.key, read.error());
    }
    if (probe_.success_threshold > 1 && probe_.type != Probe::Type::kReadiness)
      return fail(*node.find("successThreshold"), "successThreshold", "only a readiness probe may have one above 1");
    return is_well;
  }

  AppConfig& config_;
  Faults& faults_;
  Probe probe_;
  bool is_askable_ = true;
};

// Azure's for an app with ingress, but for its initial delay of 3 s: who listens is ready.
// https://learn.microsoft.com/en-us/azure/container-apps/health-probes, "Default configuration"
const Probe kDefaultReadiness{.type = Probe::Type::kReadiness,
                              .period = std::chrono::seconds{5},
                              .timeout = std::chrono::seconds{5},
                              .failure_threshold = 48};

Probe* find(AppConfig& config, Probe::Type type) {
  const auto at = std::ranges::find(config.probes, type, &Probe::type);
  return at == config.probes.end() ? nullptr : &*at;
}

void print_probe(const Probe& probe, Node& node) {
  node.at("type") = Node::number(names_of(probe.type).in_file);
  Node& action = node.at(probe.path.empty() ? "tcpSocket" : "httpGet");
  if (!probe.path.empty()) action.at("path") = Node::text(probe.path);
  if (probe.port != 0) action.at("port") = Node::number(std::to_string(probe.port));
  for (const auto& [name, value] : probe.headers) {
    Node& header = action.at("httpHeaders").append();
    header.at("name") = Node::text(name);
    header.at("value") = Node::text(value);
  }
  for (const NumberKey& number : kNumbers) {
    const std::string value = number.write(probe);
    if (value != number.write(Probe{})) node.at(number.key) = Node::number(value);
  }
}

}  // namespace

void read_probes(AppConfig& config, const Node& list, Faults& faults) {
  if (!list.is_list()) return;
  for (const Entry& entry : list.entries) {
    if (entry.value.is_map()) ProbeReader{config, faults}.read(entry.value);
  }
}

std::expected<void, std::string> apply_readiness_path(AppConfig& config, std::string_view path) {
  if (!is_path(path)) return std::unexpected(fmt::format("'{}' is no path; write /healthz", path));
  Probe* probe = find(config, Probe::Type::kReadiness);
  if (probe == nullptr) {
    probe = &config.probes.emplace_back();
    probe->type = Probe::Type::kReadiness;
    probe->port = config.target_port;
  }
  probe->path = path;
  return {};
}

std::vector<Probe> asked_probes(const AppConfig& config) {
  std::vector<Probe> probes = config.probes;
  const bool has_readiness = std::ranges::find(probes, Probe::Type::kReadiness, &Probe::type) != probes.end();
  if (!has_readiness) probes.push_back(kDefaultReadiness);
  return probes;
}

void bound_start(AppConfig& config) {
  const Probe* startup = find(config, Probe::Type::kStartup);
  if (startup == nullptr || config.has_start_timeout) return;
  config.core.replica.start_timeout = startup->initial_delay + startup->period * startup->failure_threshold;
}

void print_probes(std::span<const Probe> probes, Node& list) {
  for (const Probe& probe : probes) print_probe(probe, list.append());
}

void note_probes(const AppConfig& config, std::vector<GapNote>& gaps) {
  for (const Probe& probe : config.probes) {
    const bool is_elsewhere = probe.port != 0 && config.target_port != 0 && probe.port != config.target_port;
    if (is_elsewhere)
      gaps.push_back({Gap::kProbes, fmt::format("the {} probe is asked where the replica serves, not at its port {}",
                                                name_of(probe.type), probe.port)});
  }
}

std::string_view name_of(Probe::Type type) { return names_of(type).word; }

}  // namespace tenfold::config
