// How long things last, and how much longer what has lasted for some time goes on.
#pragma once

#include <array>
#include <cstddef>

#include "core/checkpoint.hpp"
#include "core/time.hpp"

namespace tenfold::core {

// Bins of half an octave, from 65 microseconds to 19 hours: [2^k, 1.5 x 2^k) and [1.5 x 2^k, 2^(k+1)) nanoseconds. What
// is shorter or longer counts in the first or the last.
inline constexpr std::size_t kDurationBins = 62;
std::size_t duration_bin(Duration span);
Duration lower_edge(std::size_t bin);
inline Duration upper_edge(std::size_t bin) { return lower_edge(bin + 1); }

// Adds a value; those before weigh (1 - 1 / memory) times what they did.
void add(HistogramRecord& histogram, Duration value, double memory);

// All values that there are weigh so much of what they did.
void scale(HistogramRecord& histogram, double factor);

// The mean residual life of what a histogram holds. Within a bin values are taken to be spread evenly from the bin's
// lower to its upper edge once some of them are passed. One value more is taken to last twice what has passed already:
// so what has lasted for longer than anything that was ever seen is expected to last as long again (Lindy's law).
class ResidualLife {
 public:
  explicit ResidualLife(const HistogramRecord& histogram);

  // Seconds until what began `elapsed_s` seconds ago ends.
  double operator()(double elapsed_s) const;

 private:
  // Of all bins from an index on: how many values, and their sum in seconds.
  std::array<double, kDurationBins + 1> weight_{};
  std::array<double, kDurationBins + 1> sum_s_{};
  double one_ = 1;  // the weight of one value
};

}  // namespace tenfold::core
