#include "shell/street_plan.hpp"

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "shell/program.hpp"

namespace tenfold::shell {

namespace {

using namespace std::chrono_literals;

// Descriptors that are not for clients, as the service reserves them.
constexpr std::size_t kReserve = 40;

template <class T, std::size_t N>
T one_of(sim::Random& random, const std::array<T, N>& values) {
  return values[random.below(N)];
}

Weather draw_weather(sim::Random& random, bool is_lawful) {
  Weather weather;
  weather.latency = one_of(random, std::array<Duration, 4>{0ms, 0ms, 1ms, 20ms});
  weather.short_io = one_of(random, std::array<std::uint32_t, 3>{0, 8, 2});
  weather.buffer_bytes = one_of(random, std::array<std::size_t, 3>{4U << 10, 64U << 10, 1U << 20});
  weather.slow_connect = is_lawful ? 0U : 50U;
  weather.refused_watch = is_lawful ? 0U : 200U;
  return weather;
}

core::Settings draw_settings(sim::Random& random, bool is_sequential) {
  core::Settings settings;
  settings.scale.min_replicas = static_cast<std::uint32_t>(random.below(3));
  settings.scale.max_replicas = settings.scale.min_replicas + 1 + static_cast<std::uint32_t>(random.below(5));
  settings.scale.warm = random.below(3) == 0 ? 1 : 0;
  settings.scale.policy = static_cast<core::PolicyKind>(random.below(core::kPolicyKinds));
  settings.scale.knative.stable_window = 6s;
  settings.scale.per_request.keep_alive = 5s;
  settings.scale.aca.scale_down_stabilization = 15s;
  settings.replica.concurrency = is_sequential ? 1 : 1 + static_cast<std::uint32_t>(random.below(4));
  // Shorter than many a request takes.
  settings.replica.grace = one_of(random, std::array<Duration, 3>{50ms, 300ms, 2s});
  settings.replica.start_timeout = 5s;
  // A lawful program whose loop is blocked, and whose answer goes through a narrow network, takes less.
  settings.replica.cancel_grace = 30s;
  settings.queue.max_waiting = random.below(3) == 0 ? 5 : 500;
  settings.queue.order = random.below(2) == 0 ? core::QueueOrder::kFifo : core::QueueOrder::kShortest;
  return settings;
}

// A disk in memory: what is written to it does not count as the service's memory.
class MemorySpoolFile final : public live::SpoolFile {
 public:
  explicit MemorySpoolFile(std::shared_ptr<std::size_t> taken) : taken_{std::move(taken)} {}

  bool write(std::uint64_t offset, std::string_view bytes) override {
    if (bytes_.size() < offset + bytes.size()) bytes_.resize(offset + bytes.size());
    *taken_ = bytes_.capacity();
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
    return true;
  }
  bool read(std::uint64_t offset, std::span<char> room) override {
    std::memcpy(room.data(), bytes_.data() + offset, room.size());
    return true;
  }
  void clear() override {
    std::string{}.swap(bytes_);
    *taken_ = 0;
  }

 private:
  std::shared_ptr<std::size_t> taken_;
  std::string bytes_;
};

}  // namespace

StreetPlan draw_plan(sim::Random& random) {
  StreetPlan plan;
  plan.is_lawful = random.below(2) == 0;
  plan.kind = static_cast<std::size_t>(random.below(kLawfulHabits.size()));
  plan.is_unix = random.below(2) == 0;
  plan.weather = draw_weather(random, plan.is_lawful);
  if (random.below(4) == 0) plan.descriptor_limit = kReserve + 24;
  plan.limits.connections = plan.descriptor_limit - kReserve;
  plan.disk = one_of(random, std::array<DiskMood, 6>{DiskMood::kGood, DiskMood::kGood, DiskMood::kGood, DiskMood::kSlow,
                                                     DiskMood::kFailing, DiskMood::kFull});
  plan.reader_rests = one_of(random, std::array<Duration, 3>{0s, 1s, 20s});
  if (random.below(3) == 0) plan.limits.flush_timeout = 2s;
  plan.ingress.settings = draw_settings(random, kLawfulHabits[plan.kind].is_sequential);
  plan.ingress.request_timeout = one_of(random, std::array<Duration, 3>{1s, 5s, 30s});
  plan.ingress.memory_bytes = one_of(random, std::array<std::uint64_t, 2>{1U << 20, 64U << 20});
  plan.is_roomy = random.below(4) != 0;
  if (!plan.is_roomy) plan.ingress.spool.disk = std::uint64_t{256} << 10;
  plan.ingress.make_spool_file = [taken = plan.spooled](const std::filesystem::path&) {
    return std::make_unique<MemorySpoolFile>(taken);
  };
  plan.ingress.request_id_prefix = "street-";
  return plan;
}

}  // namespace tenfold::shell
