#include "sim/distribution.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tenfold::sim {

namespace {

// Each power of two is cut into 512 buckets.
constexpr int kShift = 9;
constexpr std::uint64_t kPerOctave = std::uint64_t{1} << kShift;
constexpr double kNsPerSecond = 1e9;

}  // namespace

void Distribution::add(core::Duration value) {
  const auto ns = static_cast<std::uint64_t>(std::max<core::Duration::rep>(0, value.count()));
  ++count_;
  sum_ns_ += ns;
  if (sum_ns_ < ns) ++sum_high_;
  min_ns_ = std::min(min_ns_, ns);
  max_ns_ = std::max(max_ns_, ns);
  if (!buckets_.empty()) {
    ++buckets_[bucket_of(ns)];
    return;
  }
  values_.push_back(ns);
  is_sorted_ = false;
  if (values_.size() > kExact) count_in_buckets();
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
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_) - 1e-9));
  const std::uint64_t nth = std::clamp<std::uint64_t>(rank, 1, count_);
  if (buckets_.empty()) {
    if (!is_sorted_) std::ranges::sort(values_);
    is_sorted_ = true;
    return static_cast<double>(values_[nth - 1]) / kNsPerSecond;
  }
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= nth) return std::clamp(middle_of(bucket) / kNsPerSecond, min_s(), max_s());
  }
  return max_s();
}

// The first octaves have a bucket for each number.
std::size_t Distribution::bucket_of(std::uint64_t ns) {
  if (ns < 2 * kPerOctave) return static_cast<std::size_t>(ns);
  const auto octave = static_cast<int>(std::bit_width(ns)) - 1 - kShift;
  return static_cast<std::size_t>((static_cast<std::uint64_t>(octave) << kShift) + (ns >> octave));
}

double Distribution::middle_of(std::size_t bucket) {
  if (bucket < 2 * kPerOctave) return static_cast<double>(bucket);
  const auto octave = static_cast<int>(bucket >> kShift) - 1;
  const std::uint64_t low = (bucket - (static_cast<std::uint64_t>(octave) << kShift)) << octave;
  return static_cast<double>(low) + static_cast<double>(std::uint64_t{1} << octave) / 2;
}

void Distribution::count_in_buckets() {
  buckets_.assign(bucket_of(UINT64_MAX) + 1, 0);
  for (const std::uint64_t ns : values_) ++buckets_[bucket_of(ns)];
  values_ = {};
}

}  // namespace tenfold::sim
