// A run of the load generator: one or more threads, each with an event loop and its share of the requests.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "load/expectation.hpp"
#include "load/request_set.hpp"
#include "load/result.hpp"

namespace tenfold::load {

struct Progress {
  core::Duration elapsed{};
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t unanswered = 0;
};

struct RunOptions {
  RequestSet::Options requests;
  // Who comes when, as `tenfold simulate --workload` takes it. Nothing: a closed loop, in which each connection asks
  // again when it has its answer.
  std::optional<std::string> workload;
  // Of a closed loop without a workload: what each connection waits before it asks, a span as the simulator takes it.
  std::optional<std::string> think;
  std::uint64_t seed = 1;
  // To each server, at most. Nothing: one in a closed loop, as many as it takes in an open one.
  std::optional<std::uint32_t> connections;
  // All connections stand before the first request is sent.
  bool opens_before = false;
  std::optional<std::uint64_t> most_requests;
  std::optional<core::Duration> duration;
  core::Duration warm_up{};
  core::Duration timeout = std::chrono::seconds{300};
  std::uint32_t threads = 1;
  std::vector<Expectation> expectations;
  // Called ten times a second, from the calling thread.
  std::function<void(const Progress&)> on_progress;
};

// Sends all requests and waits until each has ended. SIGINT and SIGTERM end it early with what there is. The error says
// what is wrong with the options, or why nothing could be sent. Blocks; once at a time in a process.
std::expected<Result, std::string> run(const RunOptions& options);

}  // namespace tenfold::load
