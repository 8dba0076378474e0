// How many events a second the core takes under each policy, with 10,000 requests queued and 100 replicas at work, and
// what it allocates per event once it is warm: nothing.
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

// One request ends and another arrives, over and over: the queue stays as long as it is. The policy has one
// replica to decide about, so that it does all its work.
class Loaded {
 public:
  explicit Loaded(PolicyKind policy) : service_{settings(policy)} {
    handle(TimerDue{});
    while (service_.view().waiting < kQueued) arrive();
  }

  void turn() {
    const Dispatch done = running_[next_];
    next_ = (next_ + 37) % running_.size();  // in no order that helps
    handle(ResponseFinished{.request = done.request, .replica = done.replica});
    arrive();
  }

 private:
  static Settings settings(PolicyKind policy) {
    Settings made;
    made.scale.policy = policy;
    made.scale.min_replicas = kReplicas - 1;
    made.scale.max_replicas = kReplicas;
    made.queue.max_waiting = 2 * kQueued;
    return made;
  }

  void arrive() {
    now_ += 1us;
    handle(RequestArrived{.request = RequestId{++last_}, .deadline = now_ + 240h});
  }

  // As the live driver does: what is due comes first, and a replica is ready at once.
  void handle(const Event& event) {
    if (service_.next_deadline() <= now_) take(TimerDue{});
    take(event);
    while (!started_.empty()) {
      const ReplicaId replica = started_.back();
      started_.pop_back();
      take(ReplicaReady{replica});
    }
  }

  void take(const Event& event) {
    actions_.clear();
    service_.handle(now_, event, actions_);
    for (const Action& action : actions_) {
      if (const auto* start = std::get_if<StartReplica>(&action)) started_.push_back(start->replica);
      if (const auto* dispatch = std::get_if<Dispatch>(&action)) {
        const auto slot = to_number(dispatch->replica) - 1;
        if (running_.size() <= slot) running_.resize(slot + 1);
        running_[slot] = *dispatch;
      }
    }
  }

  Service service_;
  Actions actions_;
  std::vector<ReplicaId> started_;
  TimePoint now_{1s};
  std::uint64_t last_ = 0;
  std::vector<Dispatch> running_;  // by replica
  std::size_t next_ = 0;
};

void events(benchmark::State& state, PolicyKind policy) {
  Loaded loaded{policy};
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
BENCHMARK_CAPTURE(events, aca, PolicyKind::kAca)->Unit(benchmark::kNanosecond);
BENCHMARK_CAPTURE(events, hpa, PolicyKind::kHpa)->Unit(benchmark::kNanosecond);
BENCHMARK_CAPTURE(events, knative, PolicyKind::kKnative)->Unit(benchmark::kNanosecond);
BENCHMARK_CAPTURE(events, slo, PolicyKind::kSlo)->Unit(benchmark::kNanosecond);

}  // namespace

BENCHMARK_MAIN();
