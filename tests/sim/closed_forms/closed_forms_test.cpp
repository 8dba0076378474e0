// The virtual world against results that nobody here derived: Erlang C, Pollaczek-Khinchine, M/D/c, the FIFO burst.
#include <cmath>

#include <gtest/gtest.h>

#include "sim/cold_start.hpp"
#include "sim/world.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;

struct Queue {
  std::string workload = "poisson:rate=1";
  std::string service = "exponential:mean=1s";
  std::uint32_t replicas = 1;
  std::uint32_t concurrency = 1;
  std::uint64_t requests = 1'000'000;
  double cores = 0;
  core::Duration timeout = 10h;
  std::uint64_t seed = 1;
};

core::Settings settings(const Queue& run) {
  core::Settings made;
  made.scale.min_replicas = made.scale.max_replicas = run.replicas;
  made.scale.policy = core::PolicyKind::kSlo;
  made.replica.concurrency = run.concurrency;
  made.replica.cpu = 1;
  made.machine.cores = run.cores;
  made.queue.max_waiting = core::kMaxQueue;
  return made;
}

Result simulate(const Queue& run) {
  Models models;
  models.workload = *make_workload(run.workload, run.seed);
  models.service = *make_service_time(run.service, run.seed);
  WorldOptions options{
      .seed = run.seed, .requests = run.requests, .request_timeout = run.timeout, .is_cpu_bound = run.cores > 0};
  return World{settings(run), std::move(models), options}.run();
}

// The probability that a request waits for one of n servers at a erlangs (Erlang 1917).
double erlang_c(int n, double a) {
  double blocking = 1;
  for (int k = 1; k <= n; ++k) blocking = a * blocking / (k + a * blocking);
  return blocking / (1 - a / n * (1 - blocking));
}

constexpr double kOnePercent = 0.01;
#define EXPECT_WITHIN_ONE_PERCENT(measured, exact) EXPECT_NEAR((measured) / (exact), 1, kOnePercent)

TEST(ClosedForms, MM10WaitsAsErlangCHasIt) {
  const Result result = simulate(
      {.workload = "poisson:rate=15", .service = "exponential:mean=500ms", .replicas = 10, .requests = 4'000'000});
  const double waits = erlang_c(10, 7.5);
  EXPECT_WITHIN_ONE_PERCENT(result.p_wait(), waits);
  EXPECT_WITHIN_ONE_PERCENT(result.wait.mean_s(), waits / (10 / 0.5 - 15));
  EXPECT_WITHIN_ONE_PERCENT(result.total.mean_s(), 0.5 + waits / (10 / 0.5 - 15));
  // W given that it is positive is exponential of rate n/s - lambda: its 95th percentile.
  EXPECT_WITHIN_ONE_PERCENT(result.wait.percentile_s(0.95), std::log(waits / 0.05) / 5);
}

TEST(ClosedForms, MM2) {
  const Result result = simulate({.workload = "poisson:rate=1.4", .replicas = 2, .requests = 4'000'000});
  const double waits = erlang_c(2, 1.4);
  EXPECT_WITHIN_ONE_PERCENT(result.p_wait(), waits);
  EXPECT_WITHIN_ONE_PERCENT(result.wait.mean_s(), waits / (2 - 1.4));
}

TEST(ClosedForms, SlotsOfOneReplicaAreServersToo) {
  const Result result = simulate({.workload = "poisson:rate=1.4", .concurrency = 2, .requests = 4'000'000});
  EXPECT_WITHIN_ONE_PERCENT(result.wait.mean_s(), erlang_c(2, 1.4) / (2 - 1.4));
}

// Mean wait of M/G/1: lambda E[S^2] / (2 (1 - rho)) (Pollaczek 1930, Khinchine 1932).
double pollaczek_khinchine(double rate, double mean, double scv) {
  return rate * mean * mean * (1 + scv) / (2 * (1 - rate * mean));
}

TEST(ClosedForms, MG1WaitsAsPollaczekAndKhinchineHaveIt) {
  const auto wait = [](const std::string& service, std::uint64_t requests) {
    return simulate({.workload = "poisson:rate=0.6", .service = service, .requests = requests}).wait.mean_s();
  };
  EXPECT_WITHIN_ONE_PERCENT(wait("constant:1s", 2'000'000), pollaczek_khinchine(0.6, 1, 0));
  EXPECT_WITHIN_ONE_PERCENT(wait("erlang:mean=1s,k=4", 2'000'000), pollaczek_khinchine(0.6, 1, 0.25));
  EXPECT_WITHIN_ONE_PERCENT(wait("uniform:from=0s,to=2s", 2'000'000), pollaczek_khinchine(0.6, 1, 1.0 / 3));
  EXPECT_WITHIN_ONE_PERCENT(wait("lognormal:mean=1s,scv=2", 8'000'000), pollaczek_khinchine(0.6, 1, 2));
}

TEST(ClosedForms, MG1OfDistributionsThatScatterMore) {
  const auto wait = [](const std::string& service, std::uint64_t requests) {
    return simulate({.workload = "poisson:rate=0.5", .service = service, .requests = requests}).wait.mean_s();
  };
  EXPECT_NEAR(wait("gamma:mean=1s,scv=0.5", 2'000'000) / pollaczek_khinchine(0.5, 1, 0.5), 1, kOnePercent);
  EXPECT_NEAR(wait("hyperexponential:mean=1s,scv=3", 4'000'000) / pollaczek_khinchine(0.5, 1, 3), 1, 2 * kOnePercent);
  // Weibull of k = 2/3: gamma(4) / gamma(2.5)^2 - 1.
  const double weibull = 6 / std::pow(std::tgamma(2.5), 2) - 1;
  EXPECT_NEAR(wait("weibull:mean=1s,k=0.66666666666", 4'000'000) / pollaczek_khinchine(0.5, 1, weibull), 1,
              2 * kOnePercent);
  // Pareto of alpha = 5: 1 / (5 * 3).
  EXPECT_NEAR(wait("pareto:mean=1s,alpha=5", 2'000'000) / pollaczek_khinchine(0.5, 1, 1.0 / 15), 1, kOnePercent);
}

// M[X]/M/1: with batches of size X at rate r, Little's law on the mean number in the system,
// r (E[X] + E[X^2]) / (2 mu (1 - rho)). Gross and Harris, "Fundamentals of Queueing Theory", 3.1.
double batch_total(double rate, double mean_size, double mean_square, double service) {
  const double load = rate * mean_size * service;
  return service * (mean_size + mean_square) / (2 * (1 - load)) / mean_size;
}

TEST(ClosedForms, BatchesWaitForEachOther) {
  const auto total = [](const std::string& workload) {
    return simulate({.workload = workload, .service = "exponential:mean=1s", .requests = 3'000'000}).total.mean_s();
  };
  EXPECT_NEAR(total("batches:rate=0.1,size=5") / batch_total(0.1, 5, 25, 1), 1, 2 * kOnePercent);
  // Geometric of mean 4: variance 12.
  EXPECT_NEAR(total("batches:rate=0.1,size=4,sizes=geometric") / batch_total(0.1, 4, 28, 1), 1, 2 * kOnePercent);
}

// The machine-repair model, M/M/c//N: Gross and Harris, 2.6. Rates of birth and death from n in the system.
double repair_throughput(int clients, int servers, double think, double service) {
  double p = 1;
  double sum = 1;
  double busy = 0;
  for (int n = 1; n <= clients; ++n) {
    p *= (clients - n + 1) / think / (std::min(n, servers) / service);
    sum += p;
    busy += p * std::min(n, servers);
  }
  return busy / sum / service;
}

TEST(ClosedForms, AClosedLoopIsTheMachineRepairModel) {
  for (const int servers : {1, 3}) {
    const Result result = simulate({.workload = "closed:clients=10,think=4s",
                                    .service = "exponential:mean=1s",
                                    .replicas = static_cast<std::uint32_t>(servers)});
    const double throughput = repair_throughput(10, servers, 4, 1);
    const double seconds = std::chrono::duration<double>{result.makespan}.count();
    EXPECT_WITHIN_ONE_PERCENT(static_cast<double>(result.answered) / seconds, throughput);
    EXPECT_WITHIN_ONE_PERCENT(result.total.mean_s(), 10 / throughput - 4);
  }
}

// M/D/c: Tijms, "A First Course in Stochastic Models" (2003), 9.6.2. The queue's length at the times n D is an embedded
// Markov chain: what is there when a service time begins leaves its c first behind, and Poisson arrivals join. Solved
// here by iteration; Little's law turns the mean queue into the mean wait.
double mdc_wait(int servers, double load) {
  constexpr int kStates = 400;
  std::vector<double> arrivals(kStates);
  arrivals[0] = std::exp(-load);
  for (int k = 1; k < kStates; ++k) arrivals[k] = arrivals[k - 1] * load / k;
  std::vector<double> p(kStates, 0);
  p[0] = 1;
  for (int round = 0; round < 2000; ++round) {
    std::vector<double> next(kStates, 0);
    for (int from = 0; from < kStates; ++from) {
      const int stay = std::max(0, from - servers);
      for (int k = 0; stay + k < kStates; ++k) next[stay + k] += p[from] * arrivals[k];
    }
    p = next;
  }
  double queue = 0;
  for (int n = servers; n < kStates; ++n) queue += (n - servers) * p[n];
  return queue / load;  // in service times
}

TEST(ClosedForms, MDcWaitsAsTheEmbeddedChainHasIt) {
  const Result result =
      simulate({.workload = "poisson:rate=6.4", .service = "constant:500ms", .replicas = 4, .requests = 4'000'000});
  EXPECT_WITHIN_ONE_PERCENT(result.wait.mean_s(), 0.5 * mdc_wait(4, 3.2));
}

TEST(ClosedForms, TheFifoBurstIsExact) {
  const Result result = simulate({.workload = "burst:n=100", .service = "constant:100ms", .replicas = 2, .cores = 2});
  EXPECT_EQ(result.makespan, 5s) << "50 turns of two";
  EXPECT_EQ(result.mean_completion, 2550ms);
  EXPECT_EQ(result.wait.max_s(), 4.9);
  EXPECT_EQ(result.wait.percentile_s(0.5), 2.4);
  EXPECT_EQ(result.total.percentile_s(0.95), 4.8);
  EXPECT_EQ(result.waited, 98);
  EXPECT_DOUBLE_EQ(result.replica_s, 10);
  EXPECT_DOUBLE_EQ(result.busy_replica_s, 10);
}

// Ten replicas that share two cores finish no sooner than two, and each request takes five times as long.
TEST(ClosedForms, ReplicasBeyondTheCoresShareThem) {
  const Result result = simulate({.workload = "burst:n=100", .service = "constant:100ms", .replicas = 10, .cores = 2});
  EXPECT_EQ(result.makespan, 5s);
  EXPECT_NEAR(std::chrono::duration<double>{result.mean_completion}.count(), 2.75, 1e-6)
      << "ten turns of ten, 0.5 s each";
}

// A processor-sharing queue's mean time in the system is that of M/M/1, and its wait nothing: Kleinrock 1967.
TEST(ClosedForms, ProcessorSharingTakesAsLongAsKleinrockHasIt) {
  const Result result = simulate({.workload = "poisson:rate=0.6",
                                  .service = "constant:1s",
                                  .concurrency = 1000,
                                  .requests = 2'000'000,
                                  .cores = 1});
  EXPECT_WITHIN_ONE_PERCENT(result.total.mean_s(), 1 / (1 - 0.6));
  EXPECT_EQ(result.wait.max_s(), 0);
}

// What became of instances, each started for a request that found none idle.
struct Instances {
  double p_cold = 0;  // the share of requests that started one
  double all = 0;
  double running = 0;
  double life_s = 0;
};

// The example below, for a million seconds.
Instances run_simfaas_example(std::uint64_t seed) {
  core::Settings settings;
  settings.scale = {.min_replicas = 0, .max_replicas = 1000, .policy = core::PolicyKind::kPerRequest};
  Models models;
  models.workload = *make_workload("poisson:rate=0.9", seed);
  models.service = *make_service_time("exponential:mean=1.991s", seed);
  models.cold_start = *make_cold_start("exponential:mean=253ms");
  constexpr core::Duration kDuration = 1'000'000s;
  const Result result =
      World{settings, std::move(models), {.seed = seed, .duration = kDuration, .until = kDuration}}.run();
  EXPECT_EQ(result.rejected, 0);
  const auto starts = static_cast<double>(result.starts);
  return {.p_cold = starts / static_cast<double>(result.requests),
          .all = result.replica_s / 1e6,
          .running = result.busy_replica_s / 1e6,
          .life_s = result.replica_s / starts};
}

// The example of SimFaaS, a simulator of serverless platforms: github.com/pacslab/simfaas, README, "Usage" (Mahmoudi
// and Khazaei, "SimFaaS: A Performance Simulator for Serverless Computing Platforms", CLOSER 2021). Poisson arrivals,
// 0.9 a second; exponential services of 1.991 s; idle instances stay for 600 s; a million seconds that begin with none.
// A request that starts an instance takes 2.244 s there, exponential too. Here it waits for the start, 0.253 s on
// average, and then takes as long as any: the same mean and another shape, for one request in 740. It may also take an
// instance that is free earlier; the one that was started for it is there for the next then.
//
// What is published is one run, of 1,213 cold starts: they scatter by 3 %, and with them the counts of instances.
TEST(ClosedForms, OneInstancePerRequestIsSimFaaSsExample) {
  constexpr int kSeeds = 5;
  Instances mean;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const Instances run = run_simfaas_example(static_cast<std::uint64_t>(seed));
    mean.p_cold += run.p_cold / kSeeds;
    mean.all += run.all / kSeeds;
    mean.running += run.running / kSeeds;
    mean.life_s += run.life_s / kSeeds;
  }
  EXPECT_NEAR(mean.p_cold / (1213.0 / 898469), 1, 0.05);
  EXPECT_NEAR(mean.all / 7.6612, 1, 0.02);
  EXPECT_NEAR(mean.running / 1.7879, 1, 0.01);
  EXPECT_NEAR((mean.all - mean.running) / 5.8733, 1, 0.02);
  EXPECT_NEAR(mean.life_s / 6335.1337, 1, 0.05);
  // Little's law.
  EXPECT_NEAR(mean.running / (0.9 * 1.991), 1, 0.002);
}

TEST(ClosedForms, TheSameSeedIsTheSameRunAndAnotherIsNot) {
  const Queue run{.workload = "poisson:rate=1.4", .replicas = 2, .requests = 10'000};
  const Result first = simulate(run);
  const Result again = simulate(run);
  EXPECT_EQ(first.wait.mean_s(), again.wait.mean_s());
  EXPECT_EQ(first.total.max_s(), again.total.max_s());
  Queue other = run;
  other.seed = 2;
  EXPECT_NE(first.wait.mean_s(), simulate(other).wait.mean_s());
}

}  // namespace
}  // namespace tenfold::sim
