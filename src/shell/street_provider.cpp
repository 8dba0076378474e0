#include "shell/street_provider.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

constexpr std::array<Duration, 5> kColdStarts{0ms, 1ms, 10ms, 100ms, 500ms};
constexpr Duration kSampleEvery = 1s;
// Of what they compute, programs wait for a core for one part in so many.
constexpr int kCpuWaitPart = 4;
constexpr Duration kLookAtEnd = 10ms;

const live::ReplicaExit kKilled{.kind = core::ExitKind::kSignaled, .code = 9, .description = "was killed by signal 9"};
const live::ReplicaExit kEnded{.kind = core::ExitKind::kExited, .code = 0, .description = "exited with status 0"};

}  // namespace

StreetProvider::StreetProvider(VirtualLoop& loop, Host& world, Ledger& ledger, live::ProviderListener& listener,
                               const StreetProviderOptions& options)
    : loop_{loop}, world_{world}, ledger_{ledger}, listener_{listener}, options_{options}, random_{options.seed, 5} {}

void StreetProvider::start(core::ReplicaId id, const live::ReplicaSpec& spec) {
  ++starts_;
  replicas_[id].revision = spec.revision_name;
  const Duration takes = kColdStarts[random_.below(kColdStarts.size())];
  const bool fails = !options_.is_lawful && !is_healed_ && random_.below(12) == 0;
  loop_.after(takes, [this, id, fails] {
    if (fails) return end(id, kKilled);
    become_ready(id);
  });
}

void StreetProvider::become_ready(core::ReplicaId id) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end() || found->second.program) return;
  const std::string name = std::to_string(core::to_number(id));
  const auto endpoint =
      options_.is_unix ? http::Endpoint::unix_socket("/r/" + name) : http::Endpoint::tcp("127.0.0.1", 0);
  ProgramOptions options{.habits = kLawfulHabits[options_.kind],
                         .slots = options_.slots,
                         .comes_whole = options_.comes_whole,
                         .mischief_one_in = options_.is_lawful || is_healed_ ? 0U : 10U,
                         .seed = random_.bits()};
  if (is_healed_) options.habits.blocks = {};
  ProgramOwner& owner = *this;
  found->second.program = std::make_unique<Program>(loop_, world_, endpoint, ledger_, owner, options);
  loop_.after(kSampleEvery, [this, id] { sample(id); });
  listener_.replica_ready(id, {.endpoint = found->second.program->endpoint(),
                               .pid = core::to_number(id),
                               .cancels = options.habits.cancels,
                               .way = core::StartWay::kFork});
}

void StreetProvider::sample(core::ReplicaId id) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return;
  const Duration worked = found->second.program->worked();
  const Duration used = worked - std::exchange(found->second.sampled, worked);
  loop_.after(kSampleEvery, [this, id] { sample(id); });
  listener_.usage_sampled(
      id, {.cpu = used, .wall = kSampleEvery, .memory = core::mebibytes(100), .cpu_wait = used / kCpuWaitPart});
}

void StreetProvider::stop(core::ReplicaId id, core::Duration grace) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return;
  found->second.is_stopping = true;
  const bool is_idle = !found->second.program || !found->second.program->is_busy();
  if (grace <= core::Duration::zero() || is_idle) {
    if (!is_idle && options_.is_lawful && !is_shutting_down_) ledger_.broken("a replica was killed at its work");
    const live::ReplicaExit& how = is_idle ? kEnded : kKilled;
    return loop_.after({}, [this, id, how] { end(id, how); });
  }
  loop_.after(kLookAtEnd, [this, id, left = grace - kLookAtEnd] { stop(id, left); });
}

std::size_t StreetProvider::memory() const {
  std::size_t sum = 0;
  for (const auto& [id, replica] : replicas_) sum += replica.program ? replica.program->memory() : 0;
  return sum;
}

void StreetProvider::kill_one() {
  if (replicas_.empty() || is_healed_) return;
  auto chosen = replicas_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(replicas_.size())));
  const bool is_for_memory = random_.below(2) == 0;
  if (is_for_memory) out_of_memory_.insert(chosen->first);
  live::ReplicaExit how = kKilled;
  how.is_out_of_memory = is_for_memory;
  end(chosen->first, how);
}

void StreetProvider::silence_one() {
  const auto chosen =
      std::ranges::find_if(replicas_, [](const auto& entry) { return entry.second.program != nullptr; });
  if (chosen == replicas_.end() || is_healed_ || options_.is_unix) return;
  world_.silence(chosen->second.program->endpoint(), true);
  loop_.after(std::chrono::seconds{1 + random_.below(20)}, [this, id = chosen->first] { end(id, kKilled); });
}

std::optional<core::ReplicaId> StreetProvider::choose_ready() {
  std::vector<core::ReplicaId> ready;
  for (const auto& [id, replica] : replicas_)
    if (replica.program && !replica.is_stopping) ready.push_back(id);
  if (ready.empty()) return std::nullopt;
  return ready[random_.below(ready.size())];
}

std::uint32_t StreetProvider::passing(std::string_view revision) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(replicas_, [revision](const auto& entry) {
    const Replica& replica = entry.second;
    return replica.revision == revision && replica.program && !replica.is_unready && !replica.is_stopping;
  }));
}

void StreetProvider::fail_readiness_of_one() {
  const auto id = choose_ready();
  if (!id || is_healed_) return;
  loop_.after(std::chrono::milliseconds{1 + random_.below(5000)}, [this, id] {
    const auto found = replicas_.find(*id);
    if (found == replicas_.end() || found->second.is_stopping || !std::exchange(found->second.is_unready, false))
      return;
    listener_.readiness_passed(*id);
  });
  replicas_.at(*id).is_unready = true;
  listener_.probe_failed(*id, core::Probe::kReadiness, "its readiness probe was answered 503");
}

void StreetProvider::fail_liveness_of_one() {
  const auto id = choose_ready();
  if (id && !is_healed_) listener_.probe_failed(*id, core::Probe::kLiveness, "its liveness probe was answered 503");
}

void StreetProvider::program_died(Program& program) {
  const auto found =
      std::ranges::find_if(replicas_, [&](const auto& entry) { return entry.second.program.get() == &program; });
  if (found == replicas_.end()) return;
  loop_.after({}, [this, id = found->first] { end(id, kKilled); });
}

// Connections end before or after the exit is noticed, as sockets and signals race.
void StreetProvider::end(core::ReplicaId id, const live::ReplicaExit& exit) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return;
  deaths_ += exit.kind == core::ExitKind::kSignaled ? 1 : 0;
  if (found->second.program) world_.silence(found->second.program->endpoint(), false);
  dying_[id] = std::move(found->second.program);
  replicas_.erase(found);
  if (random_.below(2) == 0) {
    loop_.after(1ms, [this, id] { dying_.erase(id); });
    listener_.replica_exited(id, exit);
  } else {
    loop_.after({}, [this, id] { dying_.erase(id); });
    loop_.after(1ms, [this, id, exit] { listener_.replica_exited(id, exit); });
  }
}

}  // namespace tenfold::shell
