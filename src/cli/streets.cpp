#include "cli/streets.hpp"

#include <ctime>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/scenario_line.hpp"
#include "journal/print.hpp"
#include "shell/street.hpp"

namespace tenfold::cli {

namespace {

void print_step(core::TimePoint now, const core::Event& event, const core::Actions& actions) {
  fmt::print("{}\n", journal::to_string(journal::Record{journal::Step{.now = now, .event = event, .actions = actions}},
                                        core::TimePoint{std::chrono::hours{1}}));
}

shell::StreetResult run_one(const StreetsLine& line, std::uint64_t seed) {
  shell::StreetOptions options{.seed = seed};
  if (line.duration) options.duration = *line.duration;
  if (line.is_traced) options.on_step = print_step;
  return shell::run_street(options);
}

void print_broken(const shell::StreetResult& result) {
  fmt::print("BROKEN at {:.6f} s: {}\n", std::chrono::duration<double>{result.broken_at}.count(), result.broken);
}

int tell_one(const StreetsLine& line) {
  const shell::StreetResult r = run_one(line, line.seed);
  fmt::print(
      "seed {}: {} programs; {} turns of the loop; {} clients sent {} requests: {} answered, {} refused, {} closed\n",
      line.seed, r.street, r.turns, r.clients, r.requests, r.answered, r.told, r.closed);
  fmt::print("{} starts, {} deaths; the longest turn took {} us\n", r.starts, r.deaths,
             std::chrono::duration_cast<std::chrono::microseconds>(r.longest_turn).count());
  if (!r.broken.empty()) {
    print_broken(r);
    return 1;
  }
  fmt::print("every promise was kept\n");
  return 0;
}

int run_many(const StreetsLine& line) {
  const InterruptGuard guard;
  const bool is_watched = ::isatty(STDERR_FILENO) == 1;
  const std::clock_t began = std::clock();
  std::uint64_t ran = 0;
  std::uint64_t broken = 0;
  std::uint64_t requests = 0;
  std::uint64_t turns = 0;
  for (; (*line.seeds == 0 || ran < *line.seeds) && !InterruptGuard::was_interrupted(); ++ran) {
    const std::uint64_t seed = line.seed + ran;
    const shell::StreetResult result = run_one(line, seed);
    requests += result.requests;
    turns += result.turns;
    if (is_watched) fmt::print(stderr, "\rseed {}: {} broken\033[K", seed, broken);
    if (result.broken.empty()) continue;
    ++broken;
    if (is_watched) fmt::print(stderr, "\r\033[K");
    fmt::print("seed {}, a street of {}: ", seed, result.street);
    print_broken(result);
  }
  const double cpu_s = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  if (is_watched) fmt::print(stderr, "\r\033[K");
  fmt::print("{} seeds, {} broken; {} requests; {} turns of the loop in {:.1f} s of CPU: {:.0f} a second\n", ran,
             broken, requests, turns, cpu_s, static_cast<double>(turns) / cpu_s);
  return broken == 0 ? 0 : 1;
}

}  // namespace

int run_streets(const StreetsLine& line) { return line.seeds ? run_many(line) : tell_one(line); }

}  // namespace tenfold::cli
