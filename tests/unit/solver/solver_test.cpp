// The built-in solver against published optima, and against what is no model.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "solver/result.hpp"
#include "solver/solver_service.hpp"

namespace tenfold::solver {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kModels = fs::path{TENFOLD_SOURCE_DIR} / "data/models";
const fs::path kMoreModels = fs::path{TENFOLD_SOURCE_DIR} / "../shared/data/mps";

std::string slurp(const fs::path& path) {
  std::ifstream stream{path, std::ios::binary};
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>{stream}, {}};
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Solved {
  int status;
  boost::json::value body;
};

Solved solve(Request request, std::stop_token stop = {}) {
  const Answer answer = solve_request(request, std::move(stop));
  return {answer.status, boost::json::parse(answer.body)};
}

Solved solve_text(std::string text) { return solve({.method = "POST", .path = "/solve", .body = std::move(text)}); }

std::string status_of(const Solved& solved) { return std::string{solved.body.at("status").as_string()}; }
double number(const boost::json::value& value) { return value.to_number<double>(); }

TEST(Solver, FindsStiglersDiet) {
  const Solved solved = solve_text(slurp(kModels / "stigler.mps"));
  ASSERT_EQ(solved.status, 200);
  EXPECT_EQ(status_of(solved), "optimal");
  EXPECT_NEAR(number(solved.body.at("objective")), 39.66173154546625, 1e-8);
  const auto& columns = solved.body.at("columns").as_object();
  EXPECT_EQ(columns.size(), 77);
  int eaten = 0;
  for (const auto& [food, result] : columns) eaten += number(result.at("value")) > 1e-6 ? 1 : 0;
  EXPECT_EQ(eaten, 5) << "flour, liver, cabbage, spinach and beans";
  // Strong duality: the optimum is what the needs are worth.
  double worth = 0;
  for (const auto& [nutrient, row] : solved.body.at("rows").as_object())
    worth += number(row.at("dual")) * number(row.at("activity"));
  EXPECT_NEAR(worth, 39.66173154546625, 1e-6);
}

TEST(Solver, FindsTheMakespanOfFisherAndThompsonsJobShop) {
  const Solved solved = solve_text(slurp(kModels / "ft06.lp"));
  EXPECT_EQ(status_of(solved), "optimal");
  EXPECT_NEAR(number(solved.body.at("objective")), 55, 1e-6);
  EXPECT_NEAR(number(solved.body.at("bound")), 55, 1e-2);
  EXPECT_NEAR(number(solved.body.at("gap")), 0, 1e-4);
}

// The models of Netlib and MIPLIB with their published optima, where they are there.
TEST(Solver, FindsPublishedOptima) {
  if (!fs::exists(kMoreModels / "expected.tsv")) GTEST_SKIP() << "no more models here";
  std::ifstream table{kMoreModels / "expected.tsv"};
  std::string line;
  std::getline(table, line);
  int count = 0;
  while (std::getline(table, line)) {
    std::istringstream row{line};
    std::string file;
    std::string kind;
    std::string status;
    std::string objective;
    std::string tolerance;
    std::getline(row, file, '\t');
    std::getline(row, kind, '\t');
    std::getline(row, status, '\t');
    std::getline(row, objective, '\t');
    std::getline(row, tolerance, '\t');
    const std::string text = slurp(kMoreModels / file);
    for (const bool is_packed : {false, true}) {
      Request request{.method = "POST", .path = "/solve", .body = is_packed ? gzip(text) : text};
      if (is_packed) request.headers.emplace_back("Content-Encoding", "gzip");
      const Solved solved = solve(request);
      if (status == "invalid") {
        EXPECT_EQ(solved.status, 422) << file;
        EXPECT_THAT(std::string{solved.body.at("detail").at(0).at("msg").as_string()}, HasSubstr("line 2:"))
            << file << ": its first line is a comment";
        continue;
      }
      ASSERT_EQ(solved.status, 200) << file;
      EXPECT_EQ(status_of(solved), status) << file;
      if (objective.empty()) continue;
      const double wanted = std::stod(objective);
      EXPECT_NEAR(number(solved.body.at("objective")), wanted, std::stod(tolerance) * std::abs(wanted)) << file;
    }
    ++count;
  }
  EXPECT_GE(count, 16);
}

TEST(Solver, ReadsAModelAsJson) {
  const Solved solved = solve_text(R"({"sense": "max", "offset": 1,
    "columns": [{"name": "x", "cost": 3, "upper": 4}, {"name": "y", "cost": 2, "type": "integer"}],
    "rows": [{"name": "labour", "upper": 11}],
    "matrix": {"rows": [0, 0], "columns": [0, 1], "values": [1, 2]}, "options": {"time_limit": 10}})");
  ASSERT_EQ(solved.status, 200) << boost::json::serialize(solved.body);
  EXPECT_NEAR(number(solved.body.at("objective")), 3 * 4 + 2 * 3 + 1, 1e-9);
  EXPECT_NEAR(number(solved.body.at("columns").at("y").at("value")), 3, 1e-9);
}

TEST(Solver, ReadsAQuadraticObjective) {
  // x^2 + y^2 - 2x - 4y has its minimum -5 at (1, 2).
  for (const char* hessian : {R"({"rows": [0, 1], "columns": [0, 1], "values": [2, 2]})"}) {
    const Solved solved =
        solve_text(std::string{R"({"columns": [{"cost": -2, "lower": null}, {"cost": -4, "lower": null}], "rows": [],
      "matrix": {"rows": [], "columns": [], "values": []}, "hessian": )"} +
                   hessian + "}");
    ASSERT_EQ(solved.status, 200) << boost::json::serialize(solved.body);
    EXPECT_NEAR(number(solved.body.at("objective")), -5, 1e-6);
  }
}

TEST(Solver, SaysWhereAJsonModelIsWrong) {
  const Solved solved =
      solve_text(R"({"columns": [{"cost": "much"}], "rows": [{"upper": 1}], "matrix": {"rows": [0], "columns": [0]}})");
  ASSERT_EQ(solved.status, 422);
  const auto& detail = solved.body.at("detail").as_array();
  ASSERT_EQ(detail.size(), 2);
  EXPECT_EQ(boost::json::serialize(detail[0].at("loc")), R"(["body","columns",0,"cost"])");
  EXPECT_EQ(boost::json::serialize(detail[1].at("loc")), R"(["body","matrix","values"])");
  const Solved range =
      solve_text(R"({"columns": [{}], "rows": [{}], "matrix": {"rows": [3], "columns": [0], "values": [1]}})");
  EXPECT_EQ(boost::json::serialize(range.body.at("detail").at(0).at("loc")), R"(["body","matrix","rows",0])");
}

std::string first_loc(const Solved& solved) { return boost::json::serialize(solved.body.at("detail").at(0).at("loc")); }
std::string first_msg(const Solved& solved) {
  return std::string{solved.body.at("detail").at(0).at("msg").as_string()};
}
std::string json_model(std::string_view columns, std::string_view more = "") {
  return std::string{R"({"columns": [)"} + std::string{columns} +
         R"(], "rows": [], "matrix": {"rows": [], "columns": [], "values": []})" + std::string{more} + "}";
}

TEST(JsonModel, RefusesAnObjectiveThatIsNotConvex) {
  const char* two = R"({"lower": null}, {"lower": null})";
  const auto solve_with = [&](std::string_view hessian) {
    return solve_text(json_model(two, std::string{R"(, "hessian": )"} + std::string{hessian}));
  };
  const Solved indefinite = solve_with(R"({"rows": [0, 1], "columns": [0, 1], "values": [1, -1]})");
  EXPECT_EQ(indefinite.status, 422);
  EXPECT_EQ(first_loc(indefinite), R"(["body","hessian"])");
  EXPECT_EQ(solve_with(R"({"rows": [1], "columns": [0], "values": [1]})").status, 422);
  const Solved uneven = solve_with(R"({"rows": [0, 0, 1, 1], "columns": [0, 1, 0, 1], "values": [2, 1, 0.5, 2]})");
  EXPECT_EQ(uneven.status, 422);
  EXPECT_THAT(first_msg(uneven), HasSubstr("not symmetric"));
  EXPECT_EQ(solve_with(R"({"rows": [0, 0, 1, 1], "columns": [0, 1, 0, 1], "values": [2, 1, 1, 2]})").status, 200);
  EXPECT_EQ(solve_with(R"({"rows": [0, 1, 1], "columns": [0, 0, 1], "values": [2, 0, 0]})").status, 200);
}

TEST(JsonModel, RefusesAConvexObjectiveToMaximize) {
  const Solved solved = solve_text(
      json_model(R"({"upper": 1})", R"(, "sense": "max", "hessian": {"rows": [0], "columns": [0], "values": [1]})"));
  EXPECT_EQ(solved.status, 422);
  EXPECT_THAT(first_msg(solved), HasSubstr("concave"));
}

TEST(JsonModel, RefusesFieldsThatItDoesNotKnow) {
  const Solved solved = solve_text(json_model(R"({"cost": 1, "uper": 3})", R"(, "options": {"time": 3})"));
  ASSERT_EQ(solved.status, 422);
  EXPECT_EQ(first_loc(solved), R"(["body","columns",0,"uper"])");
  EXPECT_EQ(boost::json::serialize(solved.body.at("detail").at(1).at("loc")), R"(["body","options","time"])");
}

TEST(JsonModel, RefusesWhatIsGivenTwice) {
  EXPECT_EQ(first_loc(solve_text(json_model(R"({"name": "a"}, {"name": "a"})"))), R"(["body","columns",1,"name"])");
  EXPECT_EQ(first_loc(solve_text(json_model(R"({"name": ""})"))), R"(["body","columns",0,"name"])");
  EXPECT_EQ(first_loc(solve_text(json_model(R"({}, {"cost": 1, "c\u006fst": 2})"))), R"(["body","columns",1,"cost"])");
  EXPECT_EQ(first_loc(solve_text(json_model("{}", R"(, "columns": [])"))), R"(["body","columns"])");
}

TEST(JsonModel, GivesEachColumnANameOfItsOwn) {
  const Solved solved = solve_text(json_model(R"({}, {"name": "x0"}, {"name": "a\u0000b", "upper": 2, "cost": -1})"));
  ASSERT_EQ(solved.status, 200) << boost::json::serialize(solved.body);
  EXPECT_EQ(solved.body.at("columns").as_object().size(), 3);
  EXPECT_NEAR(number(solved.body.at("columns").at(std::string_view{"a\0b", 3}).at("value")), 2, 1e-9);
}

TEST(JsonModel, RefusesNumbersThatAreNotWhatTheySay) {
  EXPECT_EQ(first_loc(solve_text(json_model(R"({"upper": 1e400})"))), R"(["body","columns",0,"upper"])");
  EXPECT_EQ(first_loc(solve_text(json_model(R"({"cost": 1e16})"))), R"(["body","columns",0,"cost"])");
  EXPECT_EQ(first_loc(solve_text(json_model(R"({"type": "semi_continuous", "lower": 2})"))), R"(["body","columns",0])");
  const Solved open = solve_text(json_model(R"({"upper": 1e20, "cost": 1})"));
  ASSERT_EQ(open.status, 200);
  EXPECT_THAT(std::string{open.body.at("warnings").at(0).as_string()}, HasSubstr("1e20"));
}

TEST(Solver, JudgesAModelWithoutColumnsByItsRows) {
  const auto with_row = [](std::string_view row) {
    return solve_text(R"({"columns": [], "offset": 3, "rows": [)" + std::string{row} +
                      R"(], "matrix": {"rows": [], "columns": [], "values": []}})");
  };
  EXPECT_EQ(status_of(with_row(R"({"upper": 1})")), "optimal");
  EXPECT_EQ(number(with_row("").body.at("objective")), 3);
  EXPECT_EQ(status_of(with_row(R"({"lower": 1})")), "infeasible");
}

TEST(Solver, TellsAtMost100ErrorsAndHowManyMore) {
  std::string columns;
  for (int j = 0; j < 5000; ++j) columns += std::string{j ? "," : ""} + R"({"cost": "much"})";
  const Answer answer = solve_request({.method = "POST", .path = "/solve", .body = json_model(columns)}, {});
  EXPECT_LT(answer.body.size(), 20'000);
  const auto detail = boost::json::parse(answer.body).at("detail").as_array();
  ASSERT_EQ(detail.size(), 101);
  EXPECT_THAT(std::string{detail.back().at("msg").as_string()}, HasSubstr("4900 more"));
}

TEST(Solver, ShowsAtMost200CharactersOfAnInput) {
  std::string name;
  for (int i = 0; i < 1000; ++i) name += "\u00fc";
  const Solved json = solve_text(json_model(R"({"cost": ")" + name + R"("})"));
  std::string wanted;
  for (int i = 0; i < 200; ++i) wanted += "\u00fc";
  EXPECT_EQ(std::string{json.body.at("detail").at(0).at("input").as_string()}, wanted);
  const Solved lp = solve_text("min\n " + name + " ;\nend\n");
  EXPECT_LE(lp.body.at("detail").at(0).at("input").as_string().size(), 400);
  const Solved query = solve({.method = "POST", .query = {{"seed", "\xff\xfe"}}, .body = "x"});
  EXPECT_EQ(query.status, 422) << "the answer is UTF-8: else it would not have been parsed";
  EXPECT_EQ(solve({.method = "POST", .query = {{"seed", "1"}, {"seed", "2"}}, .body = "x"}).status, 422);
}

TEST(Solver, KeepsNamesOfAnyLength) {
  const std::string name(5000, 'n');
  const Solved solved = solve_text("min\n obj: " + name + "\nst\n " + name + "_row: " + name + " >= 2\nend\n");
  ASSERT_EQ(solved.status, 200);
  EXPECT_NEAR(number(solved.body.at("columns").at(name).at("value")), 2, 1e-9);
  EXPECT_TRUE(solved.body.at("rows").as_object().contains(name + "_row"));
}

TEST(Solver, ReadsLatin1AndByteOrderMarks) {
  const Solved latin = solve_text(
      "min\n gr\xf6\xdf"
      "e\nst\n c: gr\xf6\xdf"
      "e >= 2\nend\n");
  ASSERT_EQ(latin.status, 200);
  EXPECT_TRUE(latin.body.at("columns").as_object().contains("gr\u00f6\u00dfe"));
  EXPECT_EQ(solve_text("\xEF\xBB\xBFmin\n x\nst\n c: x >= 2\nend\n").status, 200);
  EXPECT_EQ(solve_text("\xEF\xBB\xBFNAME T\nROWS\n N o\n G c\nCOLUMNS\n x o 1 c 1\nENDATA\n").status, 200);
}

TEST(Solver, UnpacksGzipInAllItsForms) {
  const std::string model = "min\n x\nst\n c: x >= 2\nend\n";
  const auto send = [](std::string body, std::string encoding) {
    Request request{.method = "POST", .path = "/solve", .body = std::move(body)};
    if (!encoding.empty()) request.headers.emplace_back("Content-Encoding", std::move(encoding));
    return solve(std::move(request)).status;
  };
  EXPECT_EQ(send(gzip(model), "x-gzip"), 200);
  EXPECT_EQ(send(gzip(model), ""), 200) << "a .gz without a header";
  EXPECT_EQ(send(gzip(model.substr(0, 10)) + gzip(model.substr(10)), "gzip"), 200) << "several members";
  EXPECT_EQ(send(gzip(model) + std::string(20, '\0'), "gzip"), 200);
  EXPECT_EQ(send(gzip(model) + "junk", "gzip"), 400);
  EXPECT_EQ(send(gzip(model).substr(0, 20), "gzip"), 400);
}

TEST(Solver, TellsHowToSendAFile) {
  const std::string mps = "NAME T\nROWS\n N o\nCOLUMNS\n x o 1\nENDATA\n";
  const auto send = [](std::string body, std::string type) {
    return solve_request({.method = "POST", .headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)},
                         {});
  };
  std::string one_line = mps;
  std::erase(one_line, '\n');
  for (const Answer& answer :
       {send(one_line, "application/x-www-form-urlencoded"), send("@model.mps", "application/x-www-form-urlencoded"),
        send("--x\r\n\r\n" + mps + "\r\n--x--", "multipart/form-data; boundary=x")}) {
    EXPECT_EQ(answer.status, 415);
    EXPECT_THAT(answer.body, HasSubstr("--data-binary"));
  }
  EXPECT_EQ(send(mps, "application/x-www-form-urlencoded").status, 200);
}

TEST(Solver, TellsAZeroWithoutASign) {
  Model model;
  model.columns = {{.name = "x"}};
  model.rows = {{.name = "r"}};
  Result result = begin_result(model, "optimal");
  put_point(result, model, {.values = {-0.0}, .reduced_costs = {-0.0}, .activities = {-0.0}, .duals = {-0.0}});
  EXPECT_EQ(boost::json::serialize(*result.columns), R"({"x":{"value":0E0,"reduced_cost":0E0}})");
  EXPECT_EQ(boost::json::serialize(*result.rows), R"({"r":{"activity":0E0,"dual":0E0}})");
}

TEST(Solver, SaysTheSense) {
  EXPECT_EQ(solve_text("max\n x\nst\n c: x <= 2\nend\n").body.at("sense"), "max");
  EXPECT_EQ(solve_text("min\n x\nst\n c: x >= 2\nend\n").body.at("sense"), "min");
}

TEST(Solver, RefusesOptionsThatItDoesNotKnow) {
  const Solved solved = solve({.method = "POST",
                               .path = "/solve",
                               .query = {{"time_limt", "3"}, {"threads", "many"}, {"mip_rel_gap", "-1"}},
                               .body = "x"});
  ASSERT_EQ(solved.status, 422);
  EXPECT_EQ(solved.body.at("detail").as_array().size(), 3);
}

TEST(Solver, RefusesBodiesThatAreNoModels) {
  EXPECT_EQ(solve_text("").status, 400);
  // HiGHS takes the line for a fixed file's and drops what it says.
  const Solved dropped = solve_text("NAME T\nROWS\n N c\n L r\nCOLUMNS\n x c -1 r 2\n x zz 3\nRHS\n b r 4\nENDATA\n");
  EXPECT_EQ(dropped.status, 422);
  EXPECT_EQ(boost::json::serialize(dropped.body.at("detail").at(0).at("loc")), R"(["body",7])");
  EXPECT_EQ(solve_text("hello there").status, 422);
  EXPECT_EQ(solve_text("{\"columns\": [").status, 422);
  Request packed{.method = "POST", .headers = {{"Content-Encoding", "gzip"}}, .body = "not gzip"};
  EXPECT_EQ(solve(packed).status, 400);
  packed.headers = {{"Content-Encoding", "br"}};
  EXPECT_EQ(solve(packed).status, 415);
}

std::chrono::nanoseconds cpu_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

TEST(Solver, StopsWhenNobodyWaitsAnyMore) {
  // A market split problem (Cornuejols and Dawande): small, and out of reach for branch and bound.
  std::string model = R"({"columns": [)";
  constexpr int kColumns = 40;
  constexpr int kRows = 5;
  std::string rows;
  std::string columns;
  std::string values;
  std::string bounds;
  std::uint64_t random = 1;
  for (int j = 0; j < kColumns; ++j) model += std::string{j ? "," : ""} + R"({"type": "integer", "upper": 1})";
  for (int i = 0; i < kRows; ++i) {
    int sum = 0;
    for (int j = 0; j < kColumns; ++j) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      const int value = static_cast<int>((random >> 33) % 100);
      sum += value;
      const std::string comma = rows.empty() ? "" : ",";
      rows += comma + std::to_string(i);
      columns += comma + std::to_string(j);
      values += comma + std::to_string(value);
    }
    bounds += std::string{i ? "," : ""} + R"({"lower": )" + std::to_string(sum / 2) + R"(, "upper": )" +
              std::to_string(sum / 2) + "}";
  }
  model += R"(], "rows": [)" + bounds + R"(], "matrix": {"rows": [)" + rows + R"(], "columns": [)" + columns +
           R"(], "values": [)" + values + "]}}";

  std::stop_source source;
  std::chrono::steady_clock::time_point stopped;
  Solved solved{};
  std::jthread worker{[&] {
    solved = solve({.method = "POST", .path = "/solve", .body = model}, source.get_token());
    stopped = std::chrono::steady_clock::now();
  }};
  // Well under way: it has used some CPU time.
  const auto before = cpu_time();
  while (cpu_time() - before < 200ms) std::this_thread::sleep_for(1ms);
  const auto asked = std::chrono::steady_clock::now();
  source.request_stop();
  worker.join();
  EXPECT_EQ(status_of(solved), "cancelled");
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(stopped - asked);
  RecordProperty("stopped_after_ms", static_cast<int>(took.count()));
  std::printf("stopped after %d ms\n", static_cast<int>(took.count()));
  EXPECT_LT(took, 2s) << "100 ms on an idle machine";
}

TEST(Solver, KeepsItsTimeLimit) {
  Request request{
      .method = "POST", .path = "/solve", .query = {{"time_limit", "0.000001"}}, .body = slurp(kModels / "ft06.lp")};
  EXPECT_EQ(status_of(solve(request)), "time_limit");
}

}  // namespace
}  // namespace tenfold::solver
