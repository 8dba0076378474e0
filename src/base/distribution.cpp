#include "base/distribution.hpp"

#include <algorithm>
#include <cmath>

namespace tenfold {

namespace {

constexpr double kNsPerSecond = 1e9;

}  // namespace

void Distribution::add(std::chrono::nanoseconds value) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(0, value.count()));
  ++count_;
  count_sum(ns, 0);
  min_ns_ = std::min(min_ns_, ns);
  max_ns_ = std::max(max_ns_, ns);
  if (histogram_) return histogram_->add(value);
  values_.push_back(ns);
  is_sorted_ = false;
  if (values_.size() > exact_) leave_exactness();
}

void Distribution::merge(const Distribution& other) {
  count_ += other.count_;
  count_sum(other.sum_ns_, other.sum_high_);
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
  if (!histogram_ && (other.histogram_ || values_.size() + other.values_.size() > exact_)) leave_exactness();
  if (other.histogram_) return histogram_->merge(*other.histogram_);
  for (const std::uint64_t ns : other.values_) {
    if (histogram_) {
      histogram_->add(std::chrono::nanoseconds{ns});
    } else {
      values_.push_back(ns);
    }
  }
  is_sorted_ = false;
}

double Distribution::mean_s() const {
  if (count_ == 0) return 0;
  const double sum = static_cast<double>(sum_high_) * 0x1p64 + static_cast<double>(sum_ns_);
  return sum / static_cast<double>(count_) / kNsPerSecond;
}
double Distribution::min_s() const { return count_ == 0 ? 0 : static_cast<double>(min_ns_) / kNsPerSecond; }
double Distribution::max_s() const { return static_cast<double>(max_ns_) / kNsPerSecond; }

double Distribution::percentile_s(double share) const {
  if (count_ == 0) return 0;
  if (histogram_) return histogram_->quantile_s(share);
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_) - 1e-9));
  const std::uint64_t nth = std::clamp<std::uint64_t>(rank, 1, count_);
  if (!is_sorted_) std::ranges::sort(values_);
  is_sorted_ = true;
  return static_cast<double>(values_[nth - 1]) / kNsPerSecond;
}

void Distribution::count_sum(std::uint64_t low, std::uint64_t high) {
  sum_ns_ += low;
  sum_high_ += high + (sum_ns_ < low ? 1 : 0);
}

void Distribution::leave_exactness() {
  histogram_.emplace(digits_);
  for (const std::uint64_t ns : values_) histogram_->add(std::chrono::nanoseconds{ns});
  values_ = {};
}

}  // namespace tenfold
