// A burst: many requests at once, each on a connection of its own, and what became of each.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenfold::load {

// What an answer's JSON must hold: a dotted path such as `plan.items[0].name`, and its value as JSON or as plain text.
struct Expectation {
  std::string path;
  std::string value;
  // Numbers may differ by this, relative to the expected one.
  double tolerance = 1e-6;
};

// "PATH=VALUE".
std::expected<Expectation, std::string> parse_expectation(const std::string& text);
// Nothing if `body` is as expected, else what is different, in words.
std::optional<std::string> check(const Expectation& expectation, const std::string& body);

struct BurstOptions {
  std::string url;
  std::uint32_t requests = 100;
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::vector<Expectation> expectations;
  std::chrono::milliseconds timeout{300'000};
  // Called now and then with how many have ended.
  std::function<void(std::uint32_t)> on_progress;
};

struct BurstResult {
  std::uint32_t sent = 0;
  std::map<int, std::uint32_t> statuses;
  std::map<std::string, std::uint32_t> errors;  // no answer, by why
  std::map<std::string, std::uint32_t> failed_expectations;
  std::map<std::string, std::uint32_t> replicas;  // by X-Tenfold-Replica, where it is sent
  std::vector<double> times_s;  // from the release to the answer's last byte, of each that was answered
  double makespan_s = 0;        // from the release to the last answer's last byte
  double connect_s = 0;         // how long it took to open all connections before
  bool was_interrupted = false;

  // Every request was answered 2xx and as expected.
  bool is_good() const;
};

// Opens all connections, releases all requests together, and waits for all answers. SIGINT ends it early with what
// there is. The error says why nothing could be sent.
std::expected<BurstResult, std::string> run_burst(const BurstOptions& options);

}  // namespace tenfold::load
