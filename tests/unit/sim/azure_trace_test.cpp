// The Azure Functions dataset of 2019: what its files may look like, and what comes of them.
#include "sim/azure_trace.hpp"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/service_time.hpp"
#include "sim/workload.hpp"
#include "unit/sim/scratch_file.hpp"

namespace tenfold::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::expected<AzureCounts, std::string> counts_of(std::vector<std::string> texts, std::string_view function = "") {
  std::vector<AzureFile> files;
  for (std::string& text : texts) files.push_back({.name = "x.csv", .text = std::move(text)});
  ClassNames classes;
  return parse_azure_counts(files, function, classes);
}

// Of all functions, minute by minute.
std::vector<std::uint64_t> sums_of(const std::vector<std::string>& texts, std::string_view function = "") {
  const auto counts = counts_of(texts, function);
  EXPECT_TRUE(counts) << counts.error();
  std::vector<std::uint64_t> sums;
  for (const auto& minute : counts->minutes) {
    sums.push_back(0);
    for (const PerMinute::Count& count : minute) sums.back() += count.count;
  }
  return sums;
}

const std::string kHeader = "HashOwner,HashApp,HashFunction,Trigger,1,2,3\n";
const std::string kDay = kHeader + "o,a,f1,http,2,0,3\no,a,f2,timer,0,4,0\n";

TEST(AzureCounts, AreSummedOverAllFunctionsOrOfOne) {
  EXPECT_THAT(sums_of({kDay}), ElementsAre(2, 4, 3));
  EXPECT_THAT(sums_of({kDay}, "f2"), ElementsAre(0, 4, 0));
  EXPECT_THAT(sums_of({"o,a,f1,http,2,0,3\n"}), ElementsAre(2, 0, 3)) << "without a header, as the dataset has them";
}

TEST(AzureCounts, TakeNamesOfFunctionsExactly) {
  EXPECT_THAT(counts_of({kDay}, "f").error(), HasSubstr("no invocation of the function 'f' (names are taken exactly)"));
  EXPECT_THAT(counts_of({kDay}, "f9").error(), HasSubstr("x.csv: no invocation of the function 'f9'"));
}

TEST(AzureCounts, FindTheirColumnsInAnyOrderAndCase) {
  EXPECT_THAT(sums_of({"2,TRIGGER,hashfunction,1,HashApp\n7,http,f1,5,a\n"}), ElementsAre(5, 7));
  EXPECT_THAT(sums_of({"# a comment\n\n" + kDay}), ElementsAre(2, 4, 3));
}

TEST(AzureCounts, OfSeveralDaysFollowEachOther) {
  EXPECT_THAT(sums_of({kDay, kDay}), ElementsAre(2, 4, 3, 2, 4, 3)) << "a file each";
  EXPECT_THAT(sums_of({kDay + kDay}), ElementsAre(2, 4, 3, 2, 4, 3)) << "in one file";
  EXPECT_THAT(sums_of({kDay, kHeader + "o,a,f9,http,1,1,1\n"}, "f9"), ElementsAre(0, 0, 0, 1, 1, 1));
}

TEST(AzureCounts, NameTheColumnsThatAreNotUsed) {
  EXPECT_THAT(counts_of({kDay})->notes, IsEmpty());
  EXPECT_THAT(counts_of({"HashFunction,Region,1\nf,west,5\n"})->notes,
              ElementsAre("of the trace these columns are not used: Region"));
}

TEST(AzureCounts, SayWhatIsWrongAndWhere) {
  EXPECT_THAT(counts_of({"o,a,f,http,1,x\n"}).error(), HasSubstr("x.csv:1: minute 2: 'x' is no count"));
  EXPECT_THAT(counts_of({"o,a\n"}).error(), HasSubstr("x.csv:1: the line has no counts"));
  EXPECT_THAT(counts_of({"HashFunction,Trigger\n"}).error(), HasSubstr("x.csv:1: the header names no minutes"));
  EXPECT_THAT(counts_of({kHeader + "o,a,f,http,-1,0,0\n"}).error(), HasSubstr("x.csv:2: minute 1: '-1' is no count"));
}

TEST(AzureCounts, OfMoreFunctionsThanClassesAreOfOneClass) {
  std::string text = "HashFunction,1\n";
  for (int i = 0; i < 3000; ++i) text += "f" + std::to_string(i) + ",1\n";
  const auto counts = counts_of({text});
  ASSERT_TRUE(counts) << counts.error();
  ASSERT_EQ(counts->minutes.size(), 1);
  ASSERT_EQ(counts->minutes[0].size(), 1);
  EXPECT_EQ(counts->minutes[0][0].count, 3000);
  EXPECT_THAT(counts->notes, ElementsAre(HasSubstr("not told apart")));
}

TEST(AzureWorkload, SpreadsEachMinutesCountOverThatMinute) {
  const ScratchFile file{
      "HashOwner,HashApp,HashFunction,Trigger,1,2,3,4\no,a,f1,http,2000,0,3,0\no,a,f2,timer,1000,40,0,1\n"};
  ClassNames classes;
  const auto workload = make_workload("azure:" + file.path(), 1, {.classes = &classes});
  ASSERT_TRUE(workload) << workload.error();
  EXPECT_EQ((*workload)->total(), 3044U);
  std::map<std::pair<std::int64_t, core::RequestClass>, int> counts;
  int in_first_quarter = 0;
  core::TimePoint last{};
  while (const auto arrival = (*workload)->next()) {
    EXPECT_GE(arrival->at, last);
    last = arrival->at;
    ++counts[{arrival->at.time_since_epoch() / 1min, arrival->klass}];
    in_first_quarter += arrival->at < core::TimePoint{15s} ? 1 : 0;
  }
  const core::RequestClass f1 = classes.number_of("f1");
  const core::RequestClass f2 = classes.number_of("f2");
  EXPECT_EQ(counts, (decltype(counts){{{0, f1}, 2000}, {{0, f2}, 1000}, {{1, f2}, 40}, {{2, f1}, 3}, {{3, f2}, 1}}));
  EXPECT_NEAR(in_first_quarter, 750, 110);
  EXPECT_EQ((*make_workload("azure:" + file.path() + ",function=f2", 1))->total(), 1041U);
  EXPECT_EQ((*make_workload("azure:" + file.path() + "," + file.path(), 1))->total(), 2 * 3044U);
  EXPECT_NEAR(static_cast<double>(*(*make_workload("azure:" + file.path(), 1, {.rate_scale = 1.5}))->total()), 4566, 3);
  EXPECT_THAT(make_workload("azure:" + file.path() + ",funktion=f2", 1).error(), HasSubstr("did you mean 'function'?"));
  EXPECT_THAT(make_workload("azure:", 1).error(), HasSubstr("it needs a file"));
}

const std::string kDurations =
    "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,percentile_Average_1,"
    "percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,percentile_Average_100\n"
    "o,a,slow,1000,300,100,9000,100,100,500,1000,2000,8000,9000\n"
    "o,a,fast,10,100,10,10,10,10,10,10,10,10,10\n";

TEST(AzureDurations, AreDrawnBetweenThePercentilesOfTheirFunction) {
  const ScratchFile file{kDurations};
  ClassNames classes;
  const auto model = make_service_time("azure:" + file.path(), 1, &classes);
  ASSERT_TRUE(model) << model.error();
  Random random{1};
  constexpr int kDraws = 100'000;
  std::map<core::Duration, int> at_most;
  for (int i = 0; i < kDraws; ++i) {
    Arrival slow{.klass = classes.number_of("slow")};
    const core::Duration drawn = (*model)->draw(slow, random);
    EXPECT_GE(drawn, 99ms);
    EXPECT_LE(drawn, 9001ms);
    for (const core::Duration bound : {500ms, 1000ms, 2000ms, 8000ms}) at_most[bound] += drawn <= bound ? 1 : 0;
    Arrival fast{.klass = classes.number_of("fast")};
    EXPECT_EQ((*model)->draw(fast, random), 10ms);
  }
  EXPECT_NEAR(at_most[500ms], 0.25 * kDraws, 700);
  EXPECT_NEAR(at_most[1000ms], 0.50 * kDraws, 700);
  EXPECT_NEAR(at_most[2000ms], 0.75 * kDraws, 700);
  EXPECT_NEAR(at_most[8000ms], 0.99 * kDraws, 200);
}

TEST(AzureDurations, OfARequestWithoutAClassAreThoseOfAnyFunctionAsOftenAsItRan) {
  const ScratchFile file{kDurations};
  const auto model = *make_service_time("azure:" + file.path(), 1);
  Random random{1};
  int fast = 0;
  double sum_s = 0;
  for (int i = 0; i < 200'000; ++i) {
    Arrival any;
    const core::Duration drawn = model->draw(any, random);
    fast += drawn == 10ms ? 1 : 0;
    sum_s += std::chrono::duration<double>{drawn}.count();
  }
  EXPECT_NEAR(fast, 50'000, 900);
  EXPECT_NEAR(sum_s / 200'000, std::chrono::duration<double>{model->mean()}.count(), 0.01);
}

TEST(AzureDurations, SayWhatIsWrong) {
  const auto error = [](const std::string& text) {
    return parse_azure_durations({{.name = "d.csv", .text = text}}, "").error();
  };
  EXPECT_THAT(error("HashFunction,Count\nf,1\n"), HasSubstr("d.csv:1: the header must name HashFunction, Count and"));
  EXPECT_THAT(error("f,1,2\n"), HasSubstr("d.csv:1: a header must name"));
  EXPECT_THAT(error(kDurations + "o,a,f,1,x,1,1,1,1,1,1,1,1,1\n"), HasSubstr("d.csv:4: 'x' is no count"));
  EXPECT_THAT(error(kDurations + "o,a,f,1,1,1,1,1,1,1,1,1,1,y\n"), HasSubstr("'y' is no duration"));
  EXPECT_THAT(error(kDurations + "o,a,f\n"), HasSubstr("fewer cells than the header"));
  EXPECT_THAT(make_service_time("azure:/no/such", 1).error(), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace tenfold::sim
