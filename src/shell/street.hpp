// The whole service on a simulated street: the real http, live and journal code between clients and programs that have
// the habits of the world, over a network, a clock and a disk that misbehave. By seed: one seed is one run, always the
// same, and a seed that fails is the whole bug report.
//
//   const StreetResult result = run_street({.seed = 42});
//   if (!result.broken.empty()) ...
//
// Checked after every turn of the loop: what check::Invariants promises of the core; that programs get what clients
// sent, message by message, and no more at a time than they have slots, those included that a gone client left behind;
// that what may not be repeated is not; that no client gets another's answer, or one of nobody; that no turn is long;
// that memory stays within bounds. At the end: that all that was read has been answered or its connection closed; that
// nothing is taken any more; that what was recorded replays; that journal, metrics and story count alike; and that on a
// lawful street nobody was told 500 or 502.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/service.hpp"

namespace tenfold::shell {

struct StreetOptions {
  std::uint64_t seed = 1;
  // How long clients come; then the street becomes calm, and everything must come to its end.
  core::Duration duration = std::chrono::seconds{30};
  // Told of every step of the core, if there is one.
  std::function<void(core::TimePoint, const core::Event&, const core::Actions&)> on_step;
};

struct StreetResult {
  // The first promise that was broken, and when (since the beginning); empty if none was.
  std::string broken;
  core::Duration broken_at{};
  // What kind of street it was: the programs, and whether they were lawful.
  std::string street;
  std::uint64_t turns = 0;  // of the loop
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;  // by programs
  std::uint64_t told = 0;      // errors of the service's own
  std::uint64_t closed = 0;    // ended without an answer: the client left, or was cut
  std::uint64_t clients = 0;
  std::uint64_t starts = 0;
  std::uint64_t deaths = 0;
  core::Duration longest_turn{};
  // Of every byte on the network, with its instant, and of the journal: the run itself in a number.
  std::uint64_t digest = 0;
};

StreetResult run_street(const StreetOptions& options);

}  // namespace tenfold::shell
