#include "core/scale/pauses.hpp"

#include "core/duration_histogram.hpp"
#include "core/portable_math.hpp"

namespace tenfold::core {

namespace {

// A request weighs exp(-n / kMemory) after n more.
constexpr double kMemory = 4096;

// Less than a request is nothing.
constexpr double kLeast = 1;

}  // namespace

void Pauses::served(double requests, double late) {
  const double decay = portable_exp(-requests / kMemory);
  record_.requests = record_.requests * decay + requests;
  for (double& count : record_.late_by_pause) count *= decay;
  if (late <= 0 || record_.bin == kNoBin) return;
  if (record_.late_by_pause.empty()) record_.late_by_pause.resize(kDurationBins);
  record_.late_by_pause[record_.bin] += late;
}

void Pauses::ended(Duration pause) { record_.bin = static_cast<std::uint8_t>(duration_bin(pause)); }

Duration Pauses::worth_holding(double share) const {
  double excess = late() - share * record_.requests;
  Duration worth{};
  for (std::size_t bin = 0; bin < record_.late_by_pause.size() && excess > 0; ++bin) {
    if (record_.late_by_pause[bin] < kLeast) continue;
    worth = upper_edge(bin);
    excess -= record_.late_by_pause[bin];
  }
  return worth;
}

double Pauses::late() const {
  double sum = 0;
  for (const double count : record_.late_by_pause) sum += count;
  return sum;
}

}  // namespace tenfold::core
