#include "load/server_timing.hpp"

#include <charconv>

#include "config/units.hpp"

namespace tenfold::load {

namespace {

// A longer one is not believed: a day.
constexpr double kMostMs = 86'400'000;

std::optional<core::Duration> duration_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = config::take_until(parameters, ';');
    if (config::take_until(parameter, '=') != "dur") continue;
    double ms = 0;
    const auto [end, error] = std::from_chars(parameter.data(), parameter.data() + parameter.size(), ms);
    const bool is_believed = ms >= 0 && ms <= kMostMs;
    if (error != std::errc{} || !is_believed) return std::nullopt;
    return core::Duration{static_cast<core::Duration::rep>(ms * 1e6)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<ServerTiming> parse_server_timing(std::string_view field) {
  ServerTiming timing;
  bool is_tenfold = false;
  while (!field.empty()) {
    std::string_view metric = config::take_until(field, ',');
    const std::string_view name = config::take_until(metric, ';');
    core::Duration* const part = name == "queue"       ? &timing.queue
                                 : name == "coldstart" ? &timing.cold_start
                                 : name == "solve"     ? &timing.solve
                                                       : nullptr;
    const auto duration = part ? duration_of(metric) : std::nullopt;
    if (!duration) continue;
    *part = *duration;
    is_tenfold = true;
  }
  return is_tenfold ? std::optional{timing} : std::nullopt;
}

}  // namespace tenfold::load
