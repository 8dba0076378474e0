// Cases of the reference systems, run against our policies.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace tenfold::test {

// What has been run, and what came out wrong: printed as it is found.
class Tally {
 public:
  // Cases from now on are of this file.
  void open(std::string_view file) { file_ = file; }

  void count_case() { ++cases_; }
  // `where` names the case within the file, `what` the number that is compared.
  void check(std::string_view where, std::string_view what, std::int64_t expected, std::int64_t got);
  // To the digit.
  void check_exactly(std::string_view where, std::string_view what, double expected, double got);

  // Something in the file cannot be used; what else is there is run all the same.
  void report_broken(std::string_view problem);

  bool is_all_usable() const { return is_all_usable_; }
  std::uint64_t cases() const { return cases_; }
  std::uint64_t mismatches() const { return mismatches_; }

 private:
  void count_mismatch(std::string_view what);

  std::string file_;
  bool is_all_usable_ = true;
  std::uint64_t cases_ = 0;
  std::uint64_t mismatches_ = 0;
};

void run_hpa(const boost::json::object& file, Tally& tally);
void run_hpa_sequences(const boost::json::object& file, Tally& tally);
void run_knative(const boost::json::object& file, Tally& tally);
void run_knative_windows(const boost::json::object& file, Tally& tally);
void run_knative_targets(const boost::json::object& file, Tally& tally);
void run_knative_config(const std::string& text, Tally& tally);
void run_cron(const boost::json::object& file, Tally& tally);

// The values that hold for each case of `file` that has none of its own; empty if it has none.
const boost::json::object& defaults_of(const boost::json::object& file);

// Calls `run` with each case of a section and with its name in quotes, or its number. A case that cannot be used is
// reported, and the next one is run.
void for_each_case(const boost::json::object& file, std::string_view section, Tally& tally,
                   const std::function<void(const boost::json::object& own, const std::string& where)>& run);

}  // namespace tenfold::test
