#include "live/what_if/question.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tenfold::live {

namespace {

namespace json = boost::json;

// Further back the journal hardly goes.
constexpr std::int64_t kMostMinutes = std::int64_t{7} * 24 * 60;
constexpr std::size_t kMaxDepth = 4;

std::unexpected<std::string> wrong(std::string_view name, std::string_view wanted) {
  return std::unexpected(fmt::format("'{}' is to be {}", name, wanted));
}

// A whole number from `least` to `most`.
std::optional<std::int64_t> whole(const json::value& value, std::int64_t least, std::int64_t most) {
  if (!value.is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = value.to_number<std::int64_t>(error);
  return !error && number >= least && number <= most ? std::optional{number} : std::nullopt;
}

std::expected<void, std::string> read(WhatIfQuestion& question, std::string_view name, const json::value& value) {
  if (value.is_null()) return {};
  if (name == "minutes") {
    const auto minutes = whole(value, 1, kMostMinutes);
    if (!minutes) return wrong(name, fmt::format("a whole number from 1 to {}", kMostMinutes));
    question.minutes = std::chrono::minutes{*minutes};
  } else if (name == "policy") {
    if (!value.is_string()) return wrong(name, "a policy's name");
    question.policy = std::string{value.as_string()};
  } else if (name == "min_replicas" || name == "max_replicas") {
    const auto count = whole(value, 0, UINT32_MAX);
    if (!count) return wrong(name, "a number of replicas");
    (name == "min_replicas" ? question.min_replicas : question.max_replicas) = static_cast<std::uint32_t>(*count);
  } else if (name == "cores") {
    if (!value.is_number()) return wrong(name, "a number of CPUs");
    question.cores = value.to_number<double>();
  } else {
    return std::unexpected(fmt::format(
        "'{}' is no part of the question: minutes, policy, min_replicas, max_replicas and cores are", name));
  }
  return {};
}

}  // namespace

std::expected<WhatIfQuestion, std::string> WhatIfQuestion::parse(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = kMaxDepth;
  const json::value asked = json::parse(text, error, {}, options);
  if (error || !asked.is_object()) return std::unexpected("the question is to be a JSON object");
  WhatIfQuestion question;
  for (const auto& [name, value] : asked.as_object()) {
    if (auto done = read(question, name, value); !done) return std::unexpected(done.error());
  }
  return question;
}

}  // namespace tenfold::live
