#include "sim/objective.hpp"

#include <charconv>
#include <chrono>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "config/units.hpp"

namespace tenfold::sim {

namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return words;
}

// "p95" is 0.95, "p99.9" 0.999, "mean" 0.
std::expected<double, std::string> share_of(std::string_view word) {
  if (word == "mean") return 0;
  double percent = 0;
  if (word.starts_with('p')) {
    const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), percent);
    if (error == std::errc{} && end == word.data() + word.size() && percent > 0 && percent < 100) return percent / 100;
  }
  return std::unexpected(fmt::format("'{}' is neither a percentile such as p95 nor mean", word));
}

}  // namespace

double Objective::measure(const Result& result) const {
  const Distribution& times = of == Of::kWait ? result.wait : result.total;
  // Who left before the end of what is measured had it longer than any number says.
  const std::uint64_t lost = of == Of::kWait ? result.left_waiting : result.left;
  if (lost == 0) return share == 0 ? times.mean_s() : times.percentile_s(share);
  const double rank = share * static_cast<double>(times.count() + lost);
  const bool is_known = share > 0 && rank <= static_cast<double>(times.count());
  return is_known ? times.percentile_s(rank / static_cast<double>(times.count()))
                  : std::numeric_limits<double>::infinity();
}

bool Objective::is_met(const Result& result) const {
  const double measured_s = measure(result);
  const bool is_within = is_inclusive ? measured_s <= bound_s : measured_s < bound_s;
  return result.rejected == 0 && result.requests > 0 && is_within;
}

std::expected<Objective, std::string> parse_objective(std::string_view text) {
  const auto fail = [text](std::string_view what) {
    return std::unexpected(fmt::format("--slo '{}': {}; write 'p95 wait < 500ms'", text, what));
  };
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() != 4) return fail("it wants four words");
  const auto share = share_of(words[0]);
  if (!share) return fail(share.error());
  if (words[1] != "wait" && words[1] != "total") return fail(fmt::format("'{}' is neither wait nor total", words[1]));
  if (words[2] != "<" && words[2] != "<=") return fail(fmt::format("'{}' is no <", words[2]));
  const auto bound = config::parse_duration(words[3]);
  if (!bound) return fail(bound.error());
  if (*bound <= core::Duration::zero()) return fail("the bound must be above zero");
  return Objective{.of = words[1] == "wait" ? Objective::Of::kWait : Objective::Of::kTotal,
                   .share = *share,
                   .bound_s = std::chrono::duration<double>{*bound}.count(),
                   .is_inclusive = words[2] == "<=",
                   .text = std::string{text}};
}

}  // namespace tenfold::sim
