#include "load/workloads.hpp"

#include <utility>

#include "sim/arrivals.hpp"
#include "sim/spans.hpp"
#include "sim/spec.hpp"

namespace tenfold::load {

namespace {

constexpr std::uint64_t kThinkStream = 22;

// So many clients, each of whom asks again as soon as it has its answer.
class Eager final : public sim::Workload {
 public:
  explicit Eager(std::uint32_t clients) : clients_{clients} {}
  std::optional<sim::Arrival> next() override {
    if (begun_ == clients_) return std::nullopt;
    return sim::Arrival{.client = ++begun_};
  }
  core::TimePoint comes_again(std::uint32_t /*client*/, core::TimePoint now, bool /*was_answered*/) override {
    return now;
  }

 private:
  std::uint32_t clients_;
  std::uint32_t begun_ = 0;
};

// Every so manyth arrival of another workload.
class Share final : public sim::Workload {
 public:
  Share(std::unique_ptr<sim::Workload> whole, std::uint32_t thread, std::uint32_t threads)
      : whole_{std::move(whole)}, skip_{thread}, step_{threads} {}
  std::optional<sim::Arrival> next() override {
    for (std::uint32_t i = 0; i < skip_; ++i) {
      if (!whole_->next()) return std::nullopt;
    }
    skip_ = step_ - 1;
    return whole_->next();
  }
  core::TimePoint comes_again(std::uint32_t client, core::TimePoint now, bool was_answered) override {
    return whole_->comes_again(client, now, was_answered);
  }

 private:
  std::unique_ptr<sim::Workload> whole_;
  std::uint32_t skip_;
  std::uint32_t step_;
};

std::expected<std::unique_ptr<sim::Workload>, std::string> make_thinking(const RunOptions& options) {
  // A time alone is a mean, as it is of the workload `closed`.
  const std::string& think = *options.think;
  sim::SpecReader spec{"--think", think.find(':') == std::string::npos ? "exponential:" + think : think};
  sim::ClosedLoop::Shape shape{.clients = options.connections.value_or(1), .think = sim::make_span(spec)};
  if (const std::string error = spec.error(); !error.empty()) return std::unexpected(error);
  return std::make_unique<sim::ClosedLoop>(shape, sim::Random{options.seed, kThinkStream});
}

std::expected<std::unique_ptr<sim::Workload>, std::string> make_whole(const RunOptions& options) {
  if (options.workload) return sim::make_workload(*options.workload, options.seed);
  if (options.think) return make_thinking(options);
  return std::make_unique<Eager>(options.connections.value_or(1));
}

}  // namespace

std::expected<std::unique_ptr<sim::Workload>, std::string> make_share(const RunOptions& options, std::uint32_t thread,
                                                                      std::uint32_t threads) {
  auto whole = make_whole(options);
  if (!whole || threads == 1) return whole;
  return std::make_unique<Share>(std::move(*whole), thread, threads);
}

}  // namespace tenfold::load
