// The Azure Functions trace of 2019: Shahrad et al., "Serverless in the Wild", ATC 2020;
// github.com/Azure/AzurePublicDataset. Columns are found by their names, in any order and case.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/arrivals.hpp"
#include "sim/class_names.hpp"
#include "sim/random.hpp"

namespace tenfold::sim {

class SpecReader;

struct AzureFile {
  std::string name;
  std::string text;
};
// What "azure:FILE,FILE,function=HASH" names: the files' texts, and the hash or nothing. What is wrong is told to
// `spec`.
struct AzureSource {
  std::vector<AzureFile> files;
  std::string function;
};
std::optional<AzureSource> read_azure_source(SpecReader& spec);

// Invocations per minute, one day after the other.
struct AzureCounts {
  std::vector<std::vector<PerMinute::Count>> minutes;
  // What people should know: columns that are not used.
  std::vector<std::string> notes;
};

// invocations_per_function_md.anon.dNN.csv: HashOwner, HashApp, HashFunction, Trigger, and the counts of minutes 1, 2
// and so on. Each file follows the ones before it, and so does what a further header line within a file begins. All
// functions, or the one whose hash is `function`; each is a class of that name where `classes` has numbers for all.
std::expected<AzureCounts, std::string> parse_azure_counts(const std::vector<AzureFile>& files,
                                                           std::string_view function, ClassNames& classes);

// Each count times `scale`, its fraction at random.
void multiply(std::vector<std::vector<PerMinute::Count>>& minutes, double scale, Random& random);

// Durations of one function on one day: how often it ran, and the percentiles, from 0 to 100, in their order.
struct AzureDurations {
  struct Percentile {
    double share = 0;  // 0 to 1
    double ms = 0;
  };
  std::string function;
  std::uint64_t count = 0;
  std::vector<Percentile> percentiles;
};

// function_durations_percentiles.anon.dNN.csv: HashFunction, Count, percentile_Average_0, _1, _25, _50, _75, _99 and
// _100, in milliseconds. All functions, or the one whose hash is `function`.
std::expected<std::vector<AzureDurations>, std::string> parse_azure_durations(const std::vector<AzureFile>& files,
                                                                              std::string_view function);

}  // namespace tenfold::sim
