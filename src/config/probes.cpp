#include "config/probes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/fields.hpp"

namespace tenfold::config {

namespace {

using Result = std::expected<void, FileFault>;

constexpr auto kTypes = std::to_array<std::pair<std::string_view, Probe::Type>>(
    {{"Startup", Probe::Type::kStartup}, {"Readiness", Probe::Type::kReadiness}, {"Liveness", Probe::Type::kLiveness}});

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

std::unexpected<FileFault> fault(const Node& node, std::string_view key, std::string what) {
  const std::string dot = key.empty() ? "" : ".";
  return std::unexpected(FileFault{node.line, fmt::format("{}[]{}{}", kProbes, dot, key), std::move(what)});
}

Result check_keys(const Node& map, std::string_view key, const std::vector<std::string_view>& known) {
  if (!map.is_map()) return fault(map, key, "a map of keys is wanted here");
  for (const Entry& entry : map.entries) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    return std::unexpected(FileFault{entry.line, fmt::format("{}[]", kProbes), unknown_word("key", entry.key, known)});
  }
  return {};
}

Result read_port(Probe& probe, const Node& action, std::string_view key) {
  const Node* port = action.find("port");
  if (port == nullptr || !port->is_scalar()) return fault(action, key, "a probe needs a port");
  if (auto read = Count<1, 65'535>::read(probe.port, port->scalar); !read)
    return fault(*port, fmt::format("{}.port", key), read.error());
  if (const Node* host = action.find("host")) {
    return fault(
        *host, fmt::format("{}.host", key),
        "a probe is asked of the replica itself; for the header write httpHeaders: [{name: Host, value: ...}]");
  }
  return {};
}

bool is_field_text(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; });
}

Result read_headers(Probe& probe, const Node& headers) {
  if (!headers.is_list() && !headers.is_null()) return fault(headers, "httpGet.httpHeaders", "a list is wanted here");
  for (const Entry& entry : headers.entries) {
    const Node* name = entry.value.find("name");
    const Node* value = entry.value.find("value");
    const bool is_header = name != nullptr && value != nullptr && name->is_scalar() && value->is_scalar() &&
                           !name->scalar.empty() && name->scalar.find_first_of(": ") == std::string::npos &&
                           is_field_text(name->scalar) && is_field_text(value->scalar);
    if (!is_header) return fault(entry.value, "httpGet.httpHeaders[]", "a header is a name and a value, each one line");
    probe.headers.emplace_back(name->scalar, value->scalar);
  }
  return {};
}

bool is_path(std::string_view path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](unsigned char c) { return c > ' ' && c != 0x7f; });
}

Result read_http_get(Probe& probe, const Node& action) {
  if (auto checked = check_keys(action, "httpGet", {"path", "port", "scheme", "host", "httpHeaders"}); !checked)
    return checked;
  const Node* path = action.find("path");
  probe.path = path != nullptr && path->is_scalar() ? path->scalar : "/";
  if (!is_path(probe.path))
    return fault(*path, "httpGet.path", fmt::format("'{}' is no path; write /healthz", probe.path));
  const Node* scheme = action.find("scheme");
  if (scheme != nullptr && scheme->scalar != "HTTP")
    return fault(*scheme, "httpGet.scheme", "replicas serve plain HTTP here; write HTTP or leave it out");
  if (const Node* headers = action.find("httpHeaders")) {
    if (auto read = read_headers(probe, *headers); !read) return read;
  }
  return read_port(probe, action, "httpGet");
}

Result read_tcp_socket(Probe& probe, const Node& action) {
  if (auto checked = check_keys(action, "tcpSocket", {"port", "host"}); !checked) return checked;
  return read_port(probe, action, "tcpSocket");
}

Result read_type(Probe& probe, const Node& node) {
  const Node* type = node.find("type");
  if (type == nullptr) return fault(node, "", "a probe needs a type: Startup, Readiness or Liveness");
  const auto is_same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  const auto known = std::ranges::find_if(
      kTypes, [&](const auto& each) { return std::ranges::equal(each.first, type->scalar, is_same); });
  if (known == kTypes.end())
    return fault(*type, "type", unknown_word("probe type", type->scalar, {"Startup", "Readiness", "Liveness"}));
  probe.type = known->second;
  return {};
}

Result read_numbers(Probe& probe, const Node& node) {
  for (const NumberKey& number : kNumbers) {
    const Node* value = node.find(number.key);
    if (value == nullptr || value->is_null()) continue;
    if (auto read = number.read(probe, value->scalar); !read) return fault(*value, number.key, read.error());
  }
  if (probe.success_threshold > 1 && probe.type != Probe::Type::kReadiness)
    return fault(*node.find("successThreshold"), "successThreshold", "only a readiness probe may have one above 1");
  return {};
}

std::expected<Probe, FileFault> read_probe(const Node& node) {
  std::vector<std::string_view> known{"type", "httpGet", "tcpSocket", "terminationGracePeriodSeconds"};
  for (const NumberKey& number : kNumbers) known.push_back(number.key);
  Probe probe;
  const Node* http = node.find("httpGet");
  const Node* tcp = node.find("tcpSocket");
  auto read = check_keys(node, "", known);
  if (read) read = read_type(probe, node);
  if (read && (http == nullptr) == (tcp == nullptr))
    read = fault(node, "", "a probe asks in one way: httpGet or tcpSocket");
  if (read) read = http != nullptr ? read_http_get(probe, *http) : read_tcp_socket(probe, *tcp);
  if (read) read = read_numbers(probe, node);
  if (!read) return std::unexpected(read.error());
  return probe;
}

Probe* find(AppConfig& config, Probe::Type type) {
  const auto at = std::ranges::find(config.probes, type, &Probe::type);
  return at == config.probes.end() ? nullptr : &*at;
}

void print_probe(const Probe& probe, Node& node) {
  const auto type = std::ranges::find(kTypes, probe.type, &std::pair<std::string_view, Probe::Type>::second);
  node.at("type") = Node::number(type->first);
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

std::expected<void, FileFault> apply_probes(AppConfig& config, const Node& list) {
  if (list.is_null()) return {};
  if (!list.is_list()) return fault(list, "", "a list of probes is wanted here");
  config.probes.clear();
  for (const Entry& entry : list.entries) {
    auto probe = read_probe(entry.value);
    if (!probe) return std::unexpected(probe.error());
    if (find(config, probe->type) != nullptr)
      return fault(entry.value, "", fmt::format("there are two {} probes", name_of(probe->type)));
    config.probes.push_back(std::move(*probe));
  }
  return {};
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

void bound_start(AppConfig& config) {
  const Probe* startup = find(config, Probe::Type::kStartup);
  if (startup == nullptr || config.has_start_timeout) return;
  config.core.replica.start_timeout = startup->initial_delay + startup->period * startup->failure_threshold;
}

void print_probes(std::span<const Probe> probes, Node& list) {
  for (const Probe& probe : probes) print_probe(probe, list.append());
}

std::vector<std::string> notes_on_probes(const AppConfig& config) {
  std::vector<std::string> notes;
  for (const Probe& probe : config.probes) {
    if (probe.type == Probe::Type::kLiveness) notes.emplace_back("the liveness probe is not acted on yet");
    if (probe.type == Probe::Type::kReadiness)
      notes.emplace_back("the readiness probe is asked until a replica is ready, and not yet after that");
    const bool is_elsewhere = probe.port != 0 && config.target_port != 0 && probe.port != config.target_port;
    if (is_elsewhere && probe.type != Probe::Type::kLiveness)
      notes.push_back(
          fmt::format("the {} probe names port {}, which is not targetPort: here it is asked where the replica serves",
                      name_of(probe.type), probe.port));
  }
  return notes;
}

std::string_view name_of(Probe::Type type) {
  switch (type) {
    case Probe::Type::kStartup:
      return "startup";
    case Probe::Type::kReadiness:
      return "readiness";
    case Probe::Type::kLiveness:
      return "liveness";
  }
  return "";
}

}  // namespace tenfold::config
