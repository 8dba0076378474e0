// What watching costs: the board and the journal for each request, and what the loop spends on a scrape and on the
// live page where there are 1,000 replicas.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "core/service.hpp"
#include "journal/writer_thread.hpp"
#include "live/board/board.hpp"
#include "live/board/metrics.hpp"
#include "live/journal_observer.hpp"

namespace {

using namespace tenfold;
using namespace std::chrono_literals;

constexpr std::uint32_t kReplicas = 1000;
constexpr std::uint32_t kSlots = 64;

core::Settings settings() {
  core::Settings made;
  made.scale.min_replicas = made.scale.max_replicas = 1;
  made.replica.concurrency = kSlots;
  return made;
}

// One request after the other, told to whoever watches as the ingress tells it.
class Requests {
 public:
  explicit Requests(live::Observers observers) : observers_{std::move(observers)} {
    step(core::TimerDue{});
    step(core::ReplicaReady{core::ReplicaId{1}});
  }

  void one() {
    now_ += 20us;
    const core::RequestId id{++last_};
    const live::RequestSeen seen{
        .id = id, .name = "k2x-123456", .method = "POST", .target = "/solve", .client = "127.0.0.1"};
    observers_.tell(&live::Observer::request_opened, now_, seen);
    observers_.tell(&live::Observer::request_arrived, now_, seen);
    live::ExchangeFacts facts{
        .opened = now_, .arrived = now_, .status = 200, .request_bytes = 200, .answer_bytes = 300, .attempts = 1};
    facts.attempt[0] = {.replica = core::ReplicaId{1}, .dispatched = now_};
    step(core::RequestArrived{.request = id, .deadline = now_ + 1h});
    now_ += 30us;
    facts.attempt[0].done = facts.answer_began = now_;
    facts.attempt[0].outcome = core::Outcome::kAnswered;
    step(core::ResponseFinished{.request = id, .replica = core::ReplicaId{1}});
    observers_.tell(&live::Observer::request_ended, now_, id, facts);
  }

 private:
  void step(const core::Event& event) {
    observers_.tell(&live::Observer::stepping, service_);
    actions_.clear();
    service_.handle(now_, event, actions_);
    observers_.tell(&live::Observer::stepped, now_, event, actions_, service_);
  }

  core::Service service_{settings()};
  core::Actions actions_;
  live::Observers observers_;
  core::TimePoint now_{1s};
  std::uint64_t last_ = 0;
};

void request(benchmark::State& state, live::Observers observers) {
  Requests requests{std::move(observers)};
  for (auto _ : state) requests.one();
  state.SetItemsProcessed(state.iterations());
}

void nobody(benchmark::State& state) { request(state, {}); }
BENCHMARK(nobody)->Name("request/nobody");

void board(benchmark::State& state) {
  live::Board board{settings()};
  request(state, {&board});
}
BENCHMARK(board)->Name("request/board");

// The journal with its thread and its files, as a service has it.
void journal_of(benchmark::State& state) {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("tenfold-bench-" + std::to_string(::getpid()));
  {
    auto writer = journal::WriterThread::start(directory, {});
    if (!writer) return state.SkipWithError(writer.error().c_str());
    live::JournalObserver journal;
    journal.write_to((*writer)->writer());
    request(state, {&journal});
  }
  std::filesystem::remove_all(directory);
}
BENCHMARK(journal_of)->Name("request/journal")->MeasureProcessCPUTime();

void metrics(benchmark::State& state, live::MetricsFormat format) {
  const core::Service service{settings()};
  live::Board board{settings()};
  for (std::uint32_t n = 1; n <= kReplicas; ++n)
    board.usage_sampled(core::TimePoint{1s}, core::ReplicaId{n},
                        {.cpu = 123456us + n * 1us, .wall = 1s, .memory = core::mebibytes(100 + n)});
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string text =
        to_metrics({.board = board, .service = service, .now = core::TimePoint{2s}, .app = "solver"}, format);
    bytes = text.size();
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(metrics, prometheus, live::MetricsFormat::kPrometheus)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(metrics, openmetrics, live::MetricsFormat::kOpenMetrics)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(metrics, protobuf, live::MetricsFormat::kProtobuf)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
