// How many events a second the core takes, with 10,000 requests queued and 100 replicas at work, and what it allocates
// per event once it is warm: nothing.
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/service.hpp"

namespace {

std::atomic<std::uint64_t> allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace tenfold::core;
using namespace std::chrono_literals;

constexpr std::uint32_t kReplicas = 100;
constexpr std::uint64_t kQueued = 10'000;

// One request ends and another arrives, over and over: the queue stays as long as it is.
class Loaded {
 public:
  Loaded() : service_{settings()} {
    handle(TimerDue{});
    for (std::uint32_t n = 1; n <= kReplicas; ++n) handle(ReplicaReady{ReplicaId{n}});
    while (service_.view().waiting < kQueued) arrive();
  }

  void turn() {
    const Dispatch done = running_[next_];
    next_ = (next_ + 37) % running_.size();  // in no order that helps
    handle(ResponseFinished{.request = done.request, .replica = done.replica});
    arrive();
  }

 private:
  static Settings settings() {
    Settings made;
    made.scale.min_replicas = made.scale.max_replicas = kReplicas;
    made.queue.max_waiting = 2 * kQueued;
    return made;
  }

  void arrive() {
    now_ += 1us;
    handle(RequestArrived{.request = RequestId{++last_}, .deadline = now_ + 240s});
  }

  void handle(const Event& event) {
    actions_.clear();
    service_.handle(now_, event, actions_);
    for (const Action& action : actions_) {
      const auto* dispatch = std::get_if<Dispatch>(&action);
      if (!dispatch) continue;
      const auto slot = to_number(dispatch->replica) - 1;
      if (running_.size() <= slot) running_.resize(slot + 1);
      running_[slot] = *dispatch;
    }
  }

  Service service_;
  Actions actions_;
  TimePoint now_{1s};
  std::uint64_t last_ = 0;
  std::vector<Dispatch> running_;  // by replica
  std::size_t next_ = 0;
};

void events(benchmark::State& state) {
  Loaded loaded;
  for (int i = 0; i < 200'000; ++i) loaded.turn();
  const std::uint64_t before = allocations;
  std::uint64_t turns = 0;
  for (auto _ : state) {
    loaded.turn();
    ++turns;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(2 * turns));
  state.counters["allocations_per_event"] = static_cast<double>(allocations - before) / static_cast<double>(2 * turns);
}
BENCHMARK(events)->Unit(benchmark::kNanosecond);

}  // namespace

BENCHMARK_MAIN();
