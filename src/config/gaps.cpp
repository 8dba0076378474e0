#include "config/gaps.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "config/file_shape.hpp"
#include "config/probes.hpp"

namespace tenfold::config {

namespace {

// Whether the value asks for something.
bool is_asking(const Node& node, const AzureKey& key) {
  if (!node.is_scalar()) return !node.entries.empty();
  return !node.scalar.empty() && !is_one_of(node.scalar, key.harmless);
}

}  // namespace

void note_gaps(AppConfig& config, const Node& file) {
  for_each_azure_value(file, file_shape(), "", [&](const Node& node, const AzureKey& key, const std::string&) {
    const std::string_view sentence = sentence_of(key.gap);
    if (key.here == Here::kTold && !sentence.empty() && is_asking(node, key))
      config.gaps.push_back({key.gap, std::string{sentence}});
  });
}

std::string gaps_line(const AppConfig& config) {
  std::vector<GapNote> gaps = config.gaps;
  note_probes(config, gaps);
  if (config.has_template && !config.has_min_replicas) {
    const std::uint32_t here = config.core.scale.min_replicas;
    gaps.push_back({Gap::kReplicas, fmt::format("minReplicas is not stated: {} here, 0 there", here)});
  }
  std::ranges::stable_sort(gaps, {}, &GapNote::gap);
  std::string line;
  for (auto gap = gaps.begin(); gap != gaps.end(); ++gap) {
    if (std::find(gaps.begin(), gap, *gap) != gap) continue;
    line += fmt::format("{}{}", line.empty() ? "" : "; ", gap->words);
  }
  return line;
}

}  // namespace tenfold::config
