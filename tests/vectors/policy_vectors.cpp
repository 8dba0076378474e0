// Runs cases of the reference systems against our scale policies.
//
//   policy_vectors FILE...            each mismatch, then "N cases, M mismatches"
//   policy_vectors --if-there DIR     all files of a directory; skipped, with 77, where there is none
//
// A file is JSON as those of data/vectors are; which of them, its sections tell; or a text of lines as
// data/vectors/reference/knative_config.txt. Exit 0: all cases agree; 1: some do not; 2: a file cannot be used.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vectors/fields.hpp"
#include "vectors/vectors.hpp"

namespace tenfold::test {

void Tally::check(std::string_view where, std::string_view what, std::int64_t expected, std::int64_t got) {
  if (expected != got) count_mismatch(fmt::format("{}: {} {}, got {}", where, what, expected, got));
}

void Tally::check_exactly(std::string_view where, std::string_view what, double expected, double got) {
  if (expected != got) count_mismatch(fmt::format("{}: {} {}, got {}", where, what, expected, got));
}

void Tally::count_mismatch(std::string_view what) {
  ++mismatches_;
  fmt::print("{}: {}\n", file_, what);
}

void Tally::report_broken(std::string_view problem) {
  if (problem.empty()) return;
  is_all_usable_ = false;
  fmt::print(stderr, "{}: {}\n", file_, problem);
}

const boost::json::object& defaults_of(const boost::json::object& file) {
  static const boost::json::object none;
  const boost::json::value* given = file.if_contains("defaults");
  return given != nullptr ? as_object(*given, "'defaults'") : none;
}

void for_each_case(const boost::json::object& file, std::string_view section, Tally& tally,
                   const std::function<void(const boost::json::object& own, const std::string& where)>& run) {
  std::size_t number = 0;
  for (const boost::json::value& value : Fields{"the file", {&file}}.array(section)) {
    const std::string place = fmt::format("{} case {}", section, ++number);
    try {
      const boost::json::object& own = as_object(value, place);
      run(own, fmt::format("'{}'", Fields{place, {&own}}.text_or("name", std::to_string(number))));
    } catch (const BadVectors& bad) {
      tally.report_broken(bad.what());
    }
  }
}

namespace {

std::string read(const char* path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (!file || std::filesystem::is_directory(path) || !(text << file.rdbuf())) throw BadVectors{"cannot be read"};
  return std::move(text).str();
}

void run(const char* path, Tally& tally) {
  const std::string text = read(path);
  if (std::filesystem::path{path}.extension() == ".txt") return run_knative_config(text, tally);
  boost::system::error_code error;
  const boost::json::value value = parse_exactly(text, error);
  if (error) throw BadVectors{fmt::format("is not JSON: {}", error.message())};
  const boost::json::object& file = as_object(value, "what it holds");
  const auto has = [&](std::string_view section) { return file.contains(section); };
  if (has("utilization") || has("averageValue") || has("value")) return run_hpa(file, tally);
  if (has("sequences")) return run_hpa_sequences(file, tally);
  if (has("cases")) return run_knative(file, tally);
  if (has("windows")) return run_knative_windows(file, tally);
  if (has("targets")) return run_knative_targets(file, tally);
  if (has("crons")) return run_cron(file, tally);
  throw BadVectors{
      "has none of the sections utilization, averageValue, value, sequences (hpa), cases, windows, targets (knative) "
      "or crons"};
}

constexpr int kSkipped = 77;

// The cases of a directory, in the order of their names.
std::vector<std::string> files_of(const std::filesystem::path& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{directory}) {
    const std::filesystem::path extension = entry.path().extension();
    if (extension == ".json" || extension == ".txt") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

int run_all(const std::vector<std::string>& paths) {
  Tally tally;
  for (const std::string& path : paths) {
    tally.open(std::filesystem::path{path}.filename().string());
    try {
      run(path.c_str(), tally);
    } catch (const BadVectors& bad) {
      tally.report_broken(bad.what());
    }
  }
  fmt::print("{} cases, {} mismatches\n", tally.cases(), tally.mismatches());
  if (!tally.is_all_usable()) return 2;
  return tally.mismatches() == 0 ? 0 : 1;
}

}  // namespace

}  // namespace tenfold::test

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: policy_vectors FILE... | --if-there DIR   (as in data/vectors)\n");
    return 2;
  }
  if (std::string_view{argv[1]} != "--if-there") return tenfold::test::run_all({argv + 1, argv + argc});
  const std::filesystem::path directory = argc == 3 ? argv[2] : "";
  if (std::filesystem::is_directory(directory)) return tenfold::test::run_all(tenfold::test::files_of(directory));
  fmt::print("skipped: there is no directory {}\n", directory.string());
  return tenfold::test::kSkipped;
}
