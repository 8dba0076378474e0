#include "solver/options.hpp"

#include <charconv>
#include <cmath>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "solver/text.hpp"

namespace tenfold::solver {

namespace {

constexpr int kMaxThreads = 256;

template <class T>
void read_number(const std::pair<std::string, std::string>& parameter, std::optional<T>& out,
                 std::vector<json::FieldError>& errors) {
  const auto& [name, text] = parameter;
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) {
    out = number;
    return;
  }
  const bool is_whole = std::integral<T>;
  errors.push_back({.type = is_whole ? "int_parsing" : "float_parsing",
                    .loc = {"query", name},
                    .msg = fmt::format("Input should be a valid {}, unable to parse string as {}",
                                       is_whole ? "integer" : "number", is_whole ? "an integer" : "a number"),
                    .input = json::Value(shown(text))});
}

// A long query of errors is told in part, as all of them are.
void keep_first(std::vector<json::FieldError>& errors) {
  if (errors.size() <= json::kMaxErrors) return;
  const std::size_t more = errors.size() - json::kMaxErrors;
  errors.resize(json::kMaxErrors);
  json::add_more(errors, "query", more);
}

}  // namespace

Options read_query(const std::vector<std::pair<std::string, std::string>>& query,
                   std::vector<json::FieldError>& errors) {
  Options options;
  std::set<std::string_view> seen;
  for (const auto& parameter : query) {
    const std::string& name = parameter.first;
    if (!seen.insert(name).second) {
      errors.push_back({.type = "value_error",
                        .loc = {"query", shown(name)},
                        .msg = "This option is given twice",
                        .input = json::Value(shown(parameter.second))});
    } else if (name == "time_limit") {
      read_number(parameter, options.time_limit, errors);
    } else if (name == "mip_rel_gap") {
      read_number(parameter, options.mip_rel_gap, errors);
    } else if (name == "threads") {
      read_number(parameter, options.threads, errors);
    } else if (name == "seed") {
      read_number(parameter, options.seed, errors);
    } else {
      errors.push_back({.type = "extra_forbidden",
                        .loc = {"query", shown(name)},
                        .msg = "Unknown option; known: time_limit, mip_rel_gap, threads, seed",
                        .input = json::Value(shown(parameter.second))});
    }
  }
  check(options, {"query"}, errors);
  keep_first(errors);
  return options;
}

void check(const Options& options, std::vector<std::string_view> where, std::vector<json::FieldError>& errors) {
  const auto require = [&](bool holds, std::string_view name, std::string msg, const json::Value& input) {
    if (holds) return;
    boost::json::array loc;
    for (const std::string_view part : where) loc.emplace_back(part);
    loc.emplace_back(name);
    errors.push_back({.type = "value_error", .loc = std::move(loc), .msg = std::move(msg), .input = input});
  };
  // The negations let NaN fail.
  if (options.time_limit)
    require(*options.time_limit > 0 && std::isfinite(*options.time_limit), "time_limit",
            "Input should be a number greater than 0", json::to_value(*options.time_limit));
  if (options.mip_rel_gap)
    require(*options.mip_rel_gap >= 0, "mip_rel_gap", "Input should be greater than or equal to 0",
            json::to_value(*options.mip_rel_gap));
  if (options.threads) {
    require(*options.threads >= 1 && *options.threads <= kMaxThreads, "threads",
            fmt::format("Input should be from 1 to {}", kMaxThreads), *options.threads);
  }
  if (options.seed) require(*options.seed >= 0, "seed", "Input should be greater than or equal to 0", *options.seed);
}

}  // namespace tenfold::solver
