#include "sim/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/portable_math.hpp"

namespace tenfold::sim {

namespace {

using namespace std::chrono_literals;

std::optional<Arrival> arrival_at(core::TimePoint at) { return Arrival{.at = at <= kLastArrival ? at : core::kNever}; }

// The whole part, and one more with the probability of the rest.
std::uint64_t round_at_random(double x, Random& random) {
  const double whole = std::floor(x);
  return static_cast<std::uint64_t>(whole) + (random.uniform() < x - whole ? 1 : 0);
}

}  // namespace

std::vector<Arrival> multiplied(const std::vector<Arrival>& arrivals, double scale, Random random) {
  std::vector<Arrival> made;
  made.reserve(static_cast<std::size_t>(static_cast<double>(arrivals.size()) * scale) + 1);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const std::uint64_t copies = round_at_random(scale, random);
    const core::Duration before = arrivals[i].at - (i > 0 ? arrivals[i - 1].at : core::TimePoint{});
    const core::Duration after = i + 1 < arrivals.size() ? arrivals[i + 1].at - arrivals[i].at : before;
    const double gap = static_cast<double>(std::min(i > 0 ? before : after, after).count());
    for (std::uint64_t copy = 0; copy < copies; ++copy) {
      made.push_back(arrivals[i]);
      if (copy > 0) made.back().at += core::Duration{static_cast<core::Duration::rep>(random.uniform() * gap)};
    }
  }
  std::ranges::stable_sort(made, {}, &Arrival::at);
  return made;
}

std::optional<Arrival> Constant::next() {
  const double ns = std::floor(static_cast<double>(count_++) * interval_ns_ + 0.5);
  if (ns > static_cast<double>(kLastArrival.time_since_epoch().count())) return arrival_at(core::kNever);
  return arrival_at(core::TimePoint{core::Duration{static_cast<core::Duration::rep>(ns)}});
}

std::optional<Arrival> Burst::next() {
  if (burst_.left() == 0) {
    if (shape_.times && begun_ == *shape_.times) return std::nullopt;
    begin_ = begun_++ == 0 ? core::TimePoint{shape_.at} : begin_ + shape_.every;
    if (begin_ > kLastArrival) return arrival_at(core::kNever);
    burst_ = Scatter{shape_.size, begin_, shape_.within};
  }
  return arrival_at(burst_.next(random_));
}

std::optional<std::uint64_t> Burst::total() const {
  return shape_.times ? std::optional{shape_.size * *shape_.times} : std::nullopt;
}

Batches::Batches(std::unique_ptr<Workload> begins, double size, bool is_geometric, const Random& random)
    : begins_{std::move(begins)}, size_{size}, random_{random} {
  if (is_geometric && size > 1) log_more_ = core::portable_log(1 - 1 / size);
}

std::optional<Arrival> Batches::next() {
  if (left_ == 0) {
    const auto begin = begins_->next();
    if (!begin) return std::nullopt;
    at_ = begin->at;
    left_ = draw_size();
  }
  --left_;
  return arrival_at(at_);
}

// -log U is exponential: U <= q^n where it exceeds -n log q.
std::uint64_t Batches::draw_size() {
  if (log_more_ == 0) return static_cast<std::uint64_t>(size_);
  return 1 + static_cast<std::uint64_t>(random_.exponential() / -log_more_);
}

std::optional<Arrival> PerMinute::next() {
  while (minute_.left() == 0) {
    if (begun_ == minutes_.size()) return std::nullopt;
    begin_minute();
  }
  Arrival arrival{.at = minute_.next(random_), .klass = only_};
  if (!shuffled_.empty()) {
    arrival.klass = shuffled_.back();
    shuffled_.pop_back();
  }
  return arrival;
}

void PerMinute::begin_minute() {
  const std::vector<Count>& counts = minutes_[begun_];
  std::uint64_t sum = 0;
  for (const Count& count : counts) sum += count.count;
  const core::TimePoint begin{std::chrono::minutes{static_cast<std::int64_t>(begun_++)}};
  minute_ = Scatter{sum, begin, 1min};
  only_ = counts.size() == 1 ? counts.front().klass : core::RequestClass{};
  shuffled_.clear();
  if (counts.size() == 1) return;
  for (const Count& count : counts) shuffled_.insert(shuffled_.end(), count.count, count.klass);
  random_.shuffle(shuffled_);
}

std::optional<std::uint64_t> PerMinute::total() const {
  std::uint64_t sum = 0;
  for (const auto& minute : minutes_) {
    for (const Count& count : minute) sum += count.count;
  }
  return sum;
}

ClosedLoop::ClosedLoop(const Shape& shape, const Random& random)
    : shape_{shape}, random_{random}, tries_(shape.clients + 1) {
  for (std::uint32_t client = 1; client <= shape_.clients; ++client) {
    first_.push_back({.at = core::TimePoint{shape_.think->draw(random_)}, .client = client});
  }
  std::ranges::stable_sort(first_, {}, &Arrival::at);
}

std::optional<Arrival> ClosedLoop::next() {
  return next_ < first_.size() ? std::optional{first_[next_++]} : std::nullopt;
}

core::TimePoint ClosedLoop::comes_again(std::uint32_t client, core::TimePoint now, bool was_answered) {
  constexpr std::uint32_t kMostDoublings = 10;
  std::uint32_t& tries = tries_[client];
  if (was_answered || tries == shape_.retries) {
    tries = 0;
    return now + shape_.think->draw(random_);
  }
  return now + shape_.pause * (std::int64_t{1} << std::min(tries++, kMostDoublings));
}

}  // namespace tenfold::sim
