#include "live/traces/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <utility>

#include <boost/url/pct_string_view.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "config/app_name.hpp"
#include "live/version.hpp"

namespace tenfold::live {

namespace {

constexpr std::string_view kPath = "/v1/traces";
constexpr std::string_view kOff = "none";

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), HOST_NAME_MAX) == 0 ? name.data() : "unknown";
}

std::string with_path(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url.append(kPath);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::string> decoded(std::string_view text) {
  const auto encoded = boost::urls::make_pct_string_view(text);
  if (!encoded) return std::nullopt;
  return encoded->decode();
}

// "key=value,key=value", percent-encoded.
std::optional<ResourceAttributes> parse_pairs(std::string_view text) {
  ResourceAttributes pairs;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    auto key = decoded(trimmed(pair.substr(0, equals)));
    auto value = decoded(trimmed(pair.substr(equals + 1)));
    if (!key || !value) return std::nullopt;
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

bool is_header(const std::pair<std::string, std::string>& pair) {
  constexpr std::string_view kToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
  return pair.first.find_first_not_of(kToken) == std::string::npos && std::ranges::all_of(pair.second, [](char c) {
           return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
         });
}

class Chooser {
 public:
  Chooser(const config::AppConfig& config, const Variables& variables) : config_{config}, variables_{variables} {}

  std::expected<TraceChoice, std::string> choose() {
    const std::string& own = config_.traces.endpoint;
    if (own == kOff) return TraceChoice{};
    const std::string url = own.empty() ? url_of_environment() : own.ends_with(kPath) ? own : with_path(own);
    if (url.empty()) return std::move(choice_);
    auto place = parse_place(url, "collector");
    if (!place && !own.empty()) return std::unexpected(fmt::format("--otlp-endpoint: {}", place.error()));
    if (!place) {
      warn(fmt::format("no traces: OTEL_EXPORTER_OTLP_ENDPOINT: {}", place.error()));
      return std::move(choice_);
    }
    choice_.options = TraceOptions{
        .url = url, .place = std::move(*place), .headers = headers(), .sampler = sampler(), .resource = resource()};
    return std::move(choice_);
  }

 private:
  // Empty is as good as not set.
  std::string get(const std::string& name) const { return variables_(name).value_or(""); }
  std::string get_for_traces(const std::string& name) const {
    const std::string own = get("OTEL_EXPORTER_OTLP_TRACES_" + name);
    return own.empty() ? get("OTEL_EXPORTER_OTLP_" + name) : own;
  }
  void warn(std::string what) { choice_.warnings.push_back(std::move(what)); }

  std::string url_of_environment() {
    if (get("OTEL_SDK_DISABLED") == "true" || get("OTEL_TRACES_EXPORTER") == kOff) return {};
    const std::string whole = get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    const std::string base = get("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (whole.empty() && base.empty()) return {};
    if (get_for_traces("PROTOCOL") == "grpc") {
      warn("no traces: OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc; Tenfold sends them over HTTP, to --otlp-endpoint");
      return {};
    }
    return whole.empty() ? with_path(base) : whole;
  }

  std::string headers() {
    const auto pairs = parse_pairs(get_for_traces("HEADERS"));
    if (!pairs || !std::ranges::all_of(*pairs, is_header)) {
      warn("OTEL_EXPORTER_OTLP_HEADERS is no list of NAME=VALUE with commas between them; it is left out");
      return {};
    }
    std::string lines;
    for (const auto& [name, value] : *pairs) lines.append(name).append(": ").append(value).append("\r\n");
    return lines;
  }

  Sampler sampler() {
    if (config_.traces.sample) return {.share = *config_.traces.sample};
    const std::string word = get("OTEL_TRACES_SAMPLER");
    if (word.empty()) return {};
    constexpr std::string_view kFollows = "parentbased_";
    Sampler sampler{.follows_parent = word.starts_with(kFollows)};
    const std::string root = sampler.follows_parent ? word.substr(kFollows.size()) : word;
    if (root == "always_off") {
      sampler.share = 0;
    } else if (root == "traceidratio") {
      sampler.share = share_of_environment();
    } else if (root != "always_on") {
      warn(fmt::format("OTEL_TRACES_SAMPLER: '{}' is not known here; all traces are recorded", word));
      return {};
    }
    return sampler;
  }

  double share_of_environment() {
    const std::string text = get("OTEL_TRACES_SAMPLER_ARG");
    if (text.empty()) return 1;
    double share = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
    if (error == std::errc{} && end == text.data() + text.size() && share >= 0 && share <= 1) return share;
    warn(fmt::format("OTEL_TRACES_SAMPLER_ARG: '{}' is not from 0 to 1; all traces are recorded", text));
    return 1;
  }

  ResourceAttributes resource() {
    ResourceAttributes all{{"service.name", config::app_name(config_)},
                           {"service.version", std::string{kVersion}},
                           {"host.name", host_name()},
                           {"process.pid", std::to_string(::getpid())}};
    const auto set = [&all](const std::string& key, const std::string& value) {
      const auto same = std::ranges::find(all, key, &std::pair<std::string, std::string>::first);
      if (same == all.end()) {
        all.emplace_back(key, value);
      } else {
        same->second = value;
      }
    };
    const auto pairs = parse_pairs(get("OTEL_RESOURCE_ATTRIBUTES"));
    if (!pairs) warn("OTEL_RESOURCE_ATTRIBUTES is no list of NAME=VALUE with commas between them; it is left out");
    for (const auto& [key, value] : pairs.value_or(ResourceAttributes{})) set(key, value);
    const std::string name = get("OTEL_SERVICE_NAME");
    if (!name.empty()) set("service.name", name);
    if (!config_.name.empty()) set("service.name", config_.name);
    return all;
  }

  const config::AppConfig& config_;
  const Variables& variables_;
  TraceChoice choice_;
};

}  // namespace

std::expected<TraceChoice, std::string> choose_traces(const config::AppConfig& config, const Variables& variables) {
  return Chooser{config, variables}.choose();
}

}  // namespace tenfold::live
