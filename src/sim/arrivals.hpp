// Arrivals that are no Poisson process: from lists, at fixed intervals, in bursts and batches, by counts per minute,
// and of clients who come again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "sim/random.hpp"
#include "sim/scatter.hpp"
#include "sim/spans.hpp"
#include "sim/workload.hpp"

namespace tenfold::sim {

// Arrivals that are all known, in the order of their times.
class Listed final : public Workload {
 public:
  explicit Listed(std::vector<Arrival> arrivals, std::optional<core::Duration> offset = std::nullopt)
      : arrivals_{std::move(arrivals)}, offset_{offset} {}
  std::optional<Arrival> next() override {
    return next_ < arrivals_.size() ? std::optional{arrivals_[next_++]} : std::nullopt;
  }
  std::optional<std::uint64_t> total() const override { return arrivals_.size(); }
  std::optional<core::Duration> offset() const override { return offset_; }

 private:
  std::vector<Arrival> arrivals_;
  std::optional<core::Duration> offset_;
  std::size_t next_ = 0;
};

// `arrivals`, each of them `scale` times: copies come at random within the shorter of the gaps around the one that they
// are of, so that what comes at once still does, and the pace stays what it was. Below 1 each stays with that
// probability. In the order of their times.
std::vector<Arrival> multiplied(const std::vector<Arrival>& arrivals, double scale, Random random);

// At n * interval, to the nearest nanosecond.
class Constant final : public Workload {
 public:
  explicit Constant(double interval_ns) : interval_ns_{interval_ns} {}
  std::optional<Arrival> next() override;

 private:
  double interval_ns_;
  std::uint64_t count_ = 0;
};

class Burst final : public Workload {
 public:
  struct Shape {
    std::uint64_t size = 100;
    core::Duration at{};
    core::Duration within{};
    core::Duration every{};
    std::optional<std::uint64_t> times = 1;  // nothing: again and again
  };
  Burst(const Shape& shape, const Random& random) : shape_{shape}, random_{random} {}

  std::optional<Arrival> next() override;
  std::optional<std::uint64_t> total() const override;

 private:
  Shape shape_;
  Random random_;
  Scatter burst_;
  core::TimePoint begin_{};
  std::uint64_t begun_ = 0;
};

// Batches come independently of each other. Their size is always `size`, or geometric from 1 on with that mean.
class Batches final : public Workload {
 public:
  // `size` is a whole number unless `is_geometric`.
  Batches(std::unique_ptr<Workload> begins, double size, bool is_geometric, const Random& random);
  std::optional<Arrival> next() override;

 private:
  std::uint64_t draw_size();

  std::unique_ptr<Workload> begins_;
  double size_;
  double log_more_ = 0;  // of the probability that a batch of n has one more; 0 if all are alike
  Random random_;
  core::TimePoint at_{};
  std::uint64_t left_ = 0;
};

// So many of a class in each minute, at random within it.
class PerMinute final : public Workload {
 public:
  struct Count {
    core::RequestClass klass{};
    std::uint64_t count = 0;
  };
  PerMinute(std::vector<std::vector<Count>> minutes, const Random& random)
      : minutes_{std::move(minutes)}, random_{random} {}

  std::optional<Arrival> next() override;
  std::optional<std::uint64_t> total() const override;

 private:
  void begin_minute();

  std::vector<std::vector<Count>> minutes_;
  Random random_;
  Scatter minute_;
  // Of those that are left in the minute: the one class there is, or each one's.
  core::RequestClass only_{};
  std::vector<core::RequestClass> shuffled_;
  std::size_t begun_ = 0;
};

// A closed loop: so many clients, each of whom thinks, asks, waits for the answer, and thinks again. One who got none
// asks again after a pause, which doubles each time, up to 1024 times, and after `retries` tries in vain gives up and
// thinks.
class ClosedLoop final : public Workload {
 public:
  struct Shape {
    std::uint32_t clients = 10;
    std::shared_ptr<const Span> think;
    std::uint32_t retries = 0;
    core::Duration pause{};
  };
  ClosedLoop(const Shape& shape, const Random& random);

  // Each client's first; the others follow from comes_again().
  std::optional<Arrival> next() override;
  core::TimePoint comes_again(std::uint32_t client, core::TimePoint now, bool was_answered) override;

 private:
  Shape shape_;
  Random random_;
  std::vector<Arrival> first_;
  std::size_t next_ = 0;
  std::vector<std::uint32_t> tries_;  // in vain, by client
};

}  // namespace tenfold::sim
