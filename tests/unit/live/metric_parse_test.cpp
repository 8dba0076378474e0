// What is a metric's value, and what is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/metrics/parse.hpp"
#include "live/metrics/request.hpp"

namespace tenfold::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Case {
  const char* name;
  int status;
  std::string body;
  const char* location;
  double value;
  const char* reason;  // null: the value counts
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

std::string case_name(const testing::TestParamInfo<Case>& info) { return info.param.name; }

void check(const Case& c, const std::expected<double, std::string>& result) {
  if (c.reason) {
    ASSERT_FALSE(result) << *result;
    EXPECT_THAT(result.error(), HasSubstr(c.reason));
    EXPECT_EQ(result.error().find('\n'), std::string::npos);
  } else {
    ASSERT_TRUE(result) << result.error();
    EXPECT_DOUBLE_EQ(*result, c.value);
  }
}

class JsonMetric : public testing::TestWithParam<Case> {};

TEST_P(JsonMetric, IsANumberOrHasAReason) {
  const Case& c = GetParam();
  const auto location = parse_location(c.location);
  ASSERT_TRUE(location) << location.error();
  check(c, parse_json_metric(c.status, c.body, *location));
}

const std::string kNested = R"({"queue":{"depth":[{"now":12},{"now":"7.5"}]},"a.b":3,"x/y":{"~":4},"zero":0})";

INSTANTIATE_TEST_SUITE_P(
    All, JsonMetric,
    testing::Values(
        Case{"APath", 200, kNested, "queue.depth[0].now", 12, nullptr},
        Case{"AnIndexAsAName", 200, kNested, "queue.depth.0.now", 12, nullptr},
        Case{"ANumericString", 200, kNested, "queue.depth[1].now", 7.5, nullptr},
        Case{"APointer", 200, kNested, "/queue/depth/0/now", 12, nullptr},
        Case{"APointerWithEscapes", 200, kNested, "/x~1y/~0", 4, nullptr},
        Case{"AnEscapedDot", 200, kNested, R"(a\.b)", 3, nullptr}, Case{"Zero", 200, kNested, "zero", 0, nullptr},
        Case{"TheWholeDocument", 200, "42\n", "", 42, nullptr},
        Case{"ANegativeExponent", 200, R"({"v":-2.5e-3})", "v", -0.0025, nullptr},
        Case{"AnArrayAtTheRoot", 200, "[[1],[2]]", "[1][0]", 2, nullptr},
        Case{"AStatusOf500", 500, R"({"v":1})", "v", 0, "it answered 500 and not 200"},
        Case{"ARedirect", 301, "", "v", 0, "it answered 301"},
        Case{"Html", 200, "<!doctype html>\n<p>Sorry</p>", "v", 0, "no JSON: '<!doctype html> <p>Sorry</p>'"},
        Case{"AnEmptyBody", 200, "", "v", 0, "empty body"}, Case{"ABlankBody", 200, " \r\n", "v", 0, "empty body"},
        Case{"NanInJson", 200, R"({"v":NaN})", "v", 0, "no JSON"},
        Case{"NanAsAString", 200, R"({"v":"NaN"})", "v", 0, "not a finite number"},
        Case{"InfinityAsAString", 200, R"({"v":"-inf"})", "v", 0, "not a finite number"},
        Case{"ANumberTooLarge", 200, R"({"v":1e999})", "v", 0, "not a finite number"},
        Case{"AStringTooLarge", 200, R"({"v":"1e999"})", "v", 0, "is not a number"},
        Case{"AUnit", 200, R"({"v":"12 jobs"})", "v", 0, "'12 jobs' is not a number"},
        Case{"AnEmptyString", 200, R"({"v":""})", "v", 0, "is not a number"},
        Case{"Null", 200, R"({"v":null})", "v", 0, "its value is null"},
        Case{"ABoolean", 200, R"({"v":true})", "v", 0, "its value is a boolean"},
        Case{"AnObject", 200, R"({"v":{}})", "v", 0, "its value is an object"},
        Case{"AWrongPath", 200, kNested, "queue.length", 0, "there is no 'length' in 'queue', which is an object"},
        Case{"APathPastANumber", 200, kNested, "zero.one", 0, "there is no 'one' in 'zero', which is a number"},
        Case{"AWrongRoot", 200, "[1]", "v", 0, "there is no 'v' in its answer, which is an array"},
        Case{"AnIndexPastTheEnd", 200, "[1]", "[1]", 0, "there is no '1'"},
        Case{"AnIndexBelowZero", 200, "[1]", "/-1", 0, "there is no '-1'"},
        Case{"AHugeNesting", 200, std::string(100'000, '['), "v", 0, "no JSON"},
        Case{"ACutDocument", 200, R"({"v":1)", "v", 0, "no JSON"},
        Case{"TwoDocuments", 200, R"({"v":1}{"v":2})", "v", 0, "no JSON"},
        Case{"BytesOfNoText", 200, std::string("{\"v\":\"\xff\0\"}", 9), "v", 0, "no JSON"}),
    case_name);

class PrometheusMetric : public testing::TestWithParam<Case> {};

TEST_P(PrometheusMetric, IsANumberOrHasAReason) {
  check(GetParam(), parse_prometheus_metric(GetParam().status, GetParam().body));
}

std::string vector_of(const std::string& elements) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + elements + "]}}";
}

INSTANTIATE_TEST_SUITE_P(
    All, PrometheusMetric,
    testing::Values(
        Case{"OneElement", 200, vector_of(R"({"metric":{"job":"x"},"value":[1435781451.781,"1.5"]})"), "", 1.5,
             nullptr},
        Case{"AScalar", 200, R"({"status":"success","data":{"resultType":"scalar","result":[1435781451,"3"]}})", "", 3,
             nullptr},
        Case{"AnEmptyVector", 200, vector_of(""), "", 0, "the query's result is empty"},
        Case{"SeveralElements", 200, vector_of(R"({"value":[1,"1"]},{"value":[1,"2"]})"), "", 0,
             "has 2 elements and not one; put sum() around it"},
        Case{"AMatrix", 200, R"({"status":"success","data":{"resultType":"matrix","result":[]}})", "", 0,
             "neither a scalar nor a vector"},
        Case{"AString", 200, R"({"status":"success","data":{"resultType":"string","result":[1,"3"]}})", "", 0,
             "neither a scalar nor a vector"},
        Case{"NotANumber", 200, vector_of(R"({"metric":{},"value":[1,"NaN"]})"), "", 0, "not a finite number"},
        Case{"AnElementWithoutValue", 200, vector_of(R"({"metric":{}})"), "", 0, "no value"},
        Case{"AValueThatIsNoPair", 200, vector_of(R"({"value":{"1":"5"}})"), "", 0, "no value"},
        Case{"ABadQuery", 400, R"({"status":"error","errorType":"bad_data","error":"parse error: unexpected end"})", "",
             0, "it refused the query: parse error: unexpected end"},
        Case{"AnErrorWith200", 200, R"({"status":"error","error":"timed out"})", "", 0, "timed out"},
        Case{"AnotherServer", 404, R"({"detail":"Not Found"})", "", 0, "it answered 404 and is no Prometheus server"},
        Case{"AStatusOf503", 503, "Service Unavailable", "", 0, "it answered 503 and not 200"},
        Case{"Html", 200, "<html>", "", 0, "no JSON"}, Case{"AnEmptyBody", 200, "", "", 0, "empty body"},
        Case{"AnotherDocument", 200, "[]", "", 0, "is no Prometheus server"}),
    case_name);

TEST(Location, IsReadInBothNotations) {
  EXPECT_THAT(parse_location("a.b[0].c").value(), ElementsAre("a", "b", "0", "c"));
  EXPECT_THAT(parse_location("a[0][1]").value(), ElementsAre("a", "0", "1"));
  EXPECT_THAT(parse_location(R"(a\.b.c\\)").value(), ElementsAre("a.b", "c\\"));
  EXPECT_THAT(parse_location("/a/b/0").value(), ElementsAre("a", "b", "0"));
  EXPECT_THAT(parse_location("/").value(), ElementsAre(""));
  EXPECT_THAT(parse_location("").value(), ElementsAre());
}

TEST(Location, SaysWhatIsWrongWithIt) {
  for (const char* bad : {".a", "a.", "a..b", "a[", "a[x]", "a[-1]", "a[]", "a[0]b", "a.[0]"}) {
    const auto location = parse_location(bad);
    ASSERT_FALSE(location) << bad;
    EXPECT_THAT(location.error(), HasSubstr(std::string{"'"} + bad + "' is no location of a value"));
  }
  EXPECT_THAT(parse_location("/a~2").error(), HasSubstr("after ~ comes 0 or 1"));
  EXPECT_FALSE(parse_location("/a~"));
}

TEST(MetricRequest, OfAJsonSource) {
  const auto request = make_request(config::JsonSource{.url = "http://jobs.local:8000/stats?q=a%20b"});
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->host, "jobs.local");
  EXPECT_EQ(request->port, 8000);
  EXPECT_THAT(request->head, testing::StartsWith("GET /stats?q=a%20b HTTP/1.1\r\nHost: jobs.local:8000\r\n"));
  EXPECT_THAT(request->head, testing::EndsWith("\r\n\r\n"));
  const auto bare = make_request(config::JsonSource{.url = "http://[::1]"});
  ASSERT_TRUE(bare) << bare.error();
  EXPECT_EQ(bare->host, "::1");
  EXPECT_EQ(bare->port, 80);
  EXPECT_THAT(bare->head, testing::StartsWith("GET / HTTP/1.1\r\nHost: [::1]\r\n"));
}

TEST(MetricRequest, OfAPrometheusQueryIsPercentEncoded) {
  const auto request = make_request(
      config::PrometheusSource{.server_address = "http://prom:9090/base/", .query = "sum(rate(x{a=\"b\"}[1m])) + 1"});
  ASSERT_TRUE(request) << request.error();
  EXPECT_THAT(
      request->head,
      testing::StartsWith("GET /base/api/v1/query?query=sum%28rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29%29%20%2B%201 "));
  EXPECT_EQ(request->url, "http://prom:9090/base/");
}

TEST(MetricRequest, RefusesWhatItCannotAsk) {
  const auto error_of = [](const char* url) {
    const auto request = make_request(config::JsonSource{.url = url});
    return request ? std::string{"none"} : request.error();
  };
  EXPECT_THAT(error_of("https://x/"), HasSubstr("needs TLS, which is not supported"));
  EXPECT_THAT(error_of("x/y"), HasSubstr("is no URL of a metric"));
  EXPECT_THAT(error_of("ftp://x/"), HasSubstr("is no URL of a metric"));
  EXPECT_THAT(error_of("http:///x"), HasSubstr("is no URL of a metric"));
  EXPECT_THAT(error_of("http://x:99999/"), HasSubstr("is no URL of a metric"));
  EXPECT_THAT(error_of("http://x y/"), HasSubstr("is no URL of a metric"));
  EXPECT_THAT(error_of("http://me:secret@x/"), HasSubstr("logging in is not supported"));
  EXPECT_THAT(error_of("http://x/a\r\nEvil: 1"), HasSubstr("is no URL of a metric"));
  EXPECT_THAT(make_request(config::PrometheusSource{.server_address = "https://prom", .query = "x"}).error(),
              HasSubstr("'https://prom' needs TLS"));
}

}  // namespace
}  // namespace tenfold::live
