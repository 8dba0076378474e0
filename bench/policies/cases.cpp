#include "policies/cases.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace tenfold::bench {

namespace {

using namespace std::chrono_literals;
using core::Duration;

// As many requests in each case of a grid, so that chance weighs the same.
constexpr double kRequests = 3000;

Duration of_seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

sim::Scenario scenario(std::string workload, std::string service, std::string cold_start,
                       std::optional<Duration> duration = {}) {
  return {.workload = std::move(workload),
          .service = std::move(service),
          .cold_start = std::move(cold_start),
          .duration = duration};
}

sim::Scenario poisson(double load, double service_s, std::string service, std::string cold_start) {
  const double rate = load / service_s;
  return scenario(fmt::format("poisson:rate={}/h", rate * 3600), std::move(service), std::move(cold_start),
                  of_seconds(kRequests / rate));
}

// The workloads that the policy was first judged on.
void add_named(std::vector<Case>& cases) {
  const auto add = [&cases](std::string name, sim::Scenario s, std::uint32_t max = 50) {
    cases.push_back({.family = "named", .name = std::move(name), .scenario = std::move(s), .max = max});
  };
  add("burst of 100", scenario("burst:n=100", "constant:100ms", "constant:100ms", 10min), 10);
  add("bursts, every 2 min", scenario("burst:n=100,every=2min,times=30", "constant:100ms", "constant:200ms", 1h), 20);
  add("poisson 15/s", scenario("poisson:rate=15", "exponential:mean=500ms", "constant:1s", 1h));
  add("poisson 2/s, long", scenario("poisson:rate=2", "exponential:mean=2s", "constant:2s", 2h));
  add("poisson, wild service", scenario("poisson:rate=20", "lognormal:mean=300ms,scv=4", "constant:1s", 1h));
  add("bimodal service", scenario("poisson:rate=20", "bimodal:short=20ms,long=1s,share=0.8", "constant:500ms", 1h));
  add("steps", scenario("steps:rates=5/25/10,every=5min", "exponential:mean=400ms", "constant:1s", 1h));
  add("ramp", scenario("ramp:from=1,to=40,over=30min", "exponential:mean=400ms", "constant:1s", 30min));
  add("on/off", scenario("onoff:rate=40,on=30s,off=90s", "exponential:mean=200ms", "constant:200ms", 1h));
  add("on/off, zygote", scenario("onoff:rate=40,on=30s,off=90s", "exponential:mean=200ms", "constant:2ms", 1h));
  add("diurnal, noisy",
      scenario("diurnal:mean=10,amplitude=0.8,period=2h,noise=0.2", "exponential:mean=500ms", "constant:2s", 2h));
  add("sparse", scenario("poisson:rate=3/min", "exponential:mean=1s", "constant:200ms", 2h));
  add("slow start", scenario("steps:rates=5/20,every=5min", "exponential:mean=500ms", "constant:10s", 2h));
  add("cold start varies",
      scenario("steps:rates=5/20,every=5min", "lognormal:mean=500ms,scv=2", "lognormal:mean=1s,scv=0.5", 1h));
}

// Service times of seconds to minutes, cold starts and targets around them, little and much load.
void add_grid(std::vector<Case>& cases) {
  for (const double load : {1.0, 5.0}) {
    for (const double service_s : {1.0, 10.0, 60.0, 300.0}) {
      for (const double cold_s : {0.2, 1.0, 5.0, 20.0}) {
        for (const double target_s : {0.5, 5.0, 30.0}) {
          cases.push_back(
              {.family = "grid",
               .name = fmt::format("load {:g}, {:g} s, start {:g} s, target {:g} s", load, service_s, cold_s, target_s),
               .scenario = poisson(load, service_s, fmt::format("exponential:mean={}ms", service_s * 1000),
                                   fmt::format("constant:{}ms", cold_s * 1000)),
               .target = of_seconds(target_s)});
        }
      }
    }
  }
}

// Bursts that come again.
void add_periodic(std::vector<Case>& cases) {
  for (const auto every : {"10s", "2min", "10min"}) {
    for (const auto service : {"constant:100ms", "exponential:mean=1s", "exponential:mean=10s"}) {
      for (const auto cold : {"200ms", "2s", "10s"}) {
        cases.push_back({.family = "periodic",
                         .name = fmt::format("20 every {}, {}, start {}", every, service, cold),
                         .scenario = scenario(fmt::format("burst:n=20,every={},times=60", every), service,
                                              fmt::format("constant:{}", cold))});
      }
    }
  }
}

// Times that are far from exponential, and load that is far from Poisson.
void add_tails(std::vector<Case>& cases) {
  for (const auto service : {"pareto:mean=1s,alpha=2.1", "weibull:mean=1s,k=0.5", "hyperexponential:mean=1s,scv=9",
                             "bimodal:short=20ms,long=30s,share=0.967", "constant:1s"}) {
    for (const auto cold : {"200ms", "5s"}) {
      cases.push_back({.family = "tails",
                       .name = fmt::format("{}, start {}", service, cold),
                       .scenario = poisson(5, 1, service, fmt::format("constant:{}", cold))});
    }
  }
  for (const auto workload : {"mmpp:rates=2/20,stay=60s/20s", "batches:rate=0.5,size=10"}) {
    for (const auto cold : {"200ms", "2s"}) {
      cases.push_back({.family = "tails",
                       .name = fmt::format("{}, start {}", workload, cold),
                       .scenario = scenario(workload, "exponential:mean=1s", fmt::format("constant:{}", cold), 1h)});
    }
  }
}

// Several requests in a replica, that compute or only wait.
void add_slots(std::vector<Case>& cases) {
  for (const std::uint32_t slots : {2U, 4U, 20U}) {
    for (const auto cold : {"200ms", "2s"}) {
      cases.push_back({.family = "slots",
                       .name = fmt::format("{} slots, waiting, start {}", slots, cold),
                       .scenario = poisson(10, 1, "exponential:mean=1s", fmt::format("constant:{}", cold)),
                       .slots = slots});
      cases.push_back({.family = "slots",
                       .name = fmt::format("{} slots, computing on 8 cores, start {}", slots, cold),
                       .scenario = poisson(3, 1, "exponential:mean=1s", fmt::format("constant:{}", cold)),
                       .target = 1s,
                       .slots = slots,
                       .cores = 8});
    }
  }
}

// No replica where nothing comes; and replicas that fail.
void add_ends(std::vector<Case>& cases) {
  for (const auto rate : {"1/min", "1/h"}) {
    for (const auto cold : {"200ms", "5s"}) {
      Case c{.family = "min 0",
             .name = fmt::format("{}, start {}", rate, cold),
             .scenario = scenario(fmt::format("poisson:rate={}", rate), "exponential:mean=2s",
                                  fmt::format("constant:{}", cold)),
             .min = 0};
      c.scenario.requests = 1000;
      cases.push_back(std::move(c));
    }
  }
  for (const auto cold : {"200ms", "2s"}) {
    Case c{.family = "failing",
           .name = fmt::format("a replica lives for 5 min, start {}", cold),
           .scenario = poisson(5, 1, "exponential:mean=1s", fmt::format("constant:{}", cold))};
    c.scenario.failures = "life=5min,start=0.05";
    cases.push_back(std::move(c));
  }
}

}  // namespace

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  add_named(cases);
  add_grid(cases);
  add_periodic(cases);
  add_tails(cases);
  add_slots(cases);
  add_ends(cases);
  return cases;
}

}  // namespace tenfold::bench
