// Native histograms: which bucket a value is in, and the bytes that tell of them.
#include <cmath>
#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/board/exposition.hpp"
#include "live/board/metrics_format.hpp"
#include "live/board/native_buckets.hpp"
#include "live/board/protobuf.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// The buckets that hold something, by their numbers.
std::vector<int> filled(const NativeBuckets& buckets) {
  std::vector<int> all;
  for (std::size_t i = 0; i < buckets.counts().size(); ++i) {
    if (buckets.counts()[i] > 0) all.push_back(NativeBuckets::kFirst + static_cast<int>(i));
  }
  return all;
}

std::vector<int> bucket_of(double seconds) {
  NativeBuckets buckets;
  buckets.add(seconds);
  return filled(buckets);
}

TEST(NativeBuckets, UpperBoundsBelongToThem) {
  EXPECT_THAT(bucket_of(1), ElementsAre(0));
  EXPECT_THAT(bucket_of(std::nextafter(1, 2)), ElementsAre(1));
  EXPECT_THAT(bucket_of(2), ElementsAre(8));
  EXPECT_THAT(bucket_of(0.5), ElementsAre(-8));
  EXPECT_THAT(bucket_of(1.0905), ElementsAre(1)) << "2^(1/8) is 1.09051";
  EXPECT_THAT(bucket_of(1.0906), ElementsAre(2));
  EXPECT_THAT(bucket_of(3600), ElementsAre(95)) << "8 log2(3600) is 94.5";
}

TEST(NativeBuckets, HaveBoundsAndABucketOfZero) {
  EXPECT_THAT(bucket_of(1e-12), ElementsAre(NativeBuckets::kFirst));
  EXPECT_THAT(bucket_of(1e12), ElementsAre(NativeBuckets::kLast));
  NativeBuckets buckets;
  buckets.add(0);
  EXPECT_EQ(buckets.zeros(), 1U);
  EXPECT_TRUE(filled(buckets).empty());
}

// As the examples of the format's own page have it.
TEST(ProtoMessage, WritesTheWireFormat) {
  ProtoMessage message;
  message.number(1, 150);
  message.text(2, "testing");
  message.signed_number(3, -2);
  message.real(4, 1);
  std::string out;
  message.append_delimited(out);
  EXPECT_EQ(out, std::string("\x17\x08\x96\x01\x12\x07testing\x18\x03\x21\0\0\0\0\0\0\xf0\x3f", 24));
}

TEST(Exposition, TellsOfANativeHistogramBySpansAndDifferences) {
  Histogram histogram;
  for (const auto span : {1000ms, 1000ms, 1050ms, 2000ms, 0ms}) histogram.add(span);
  Exposition out{MetricsFormat::kProtobuf, "a"};
  out.histogram("h", "help", histogram);
  const std::string bytes = out.finish();
  // Two in bucket 0, one in bucket 1, one in bucket 8: spans (0, 2) and (6, 1), differences +2 -1 +0.
  EXPECT_THAT(bytes,
              testing::HasSubstr(std::string("\x62\x04\x08\0\x10\x02\x62\x04\x08\x0c\x10\x01\x6a\x03\x04\x01\0", 17)));
  EXPECT_THAT(bytes, testing::HasSubstr(std::string("\x1a\x0b\x08\x03\x11\0\0\0\0\0\0\xf0\x3f", 13)))
      << "a classic bucket: three within a second";
  EXPECT_THAT(bytes, testing::HasSubstr(std::string("\x28\x06", 2))) << "schema 3";
  EXPECT_THAT(bytes, testing::HasSubstr(std::string("\x38\x01", 2))) << "one of zero";
  // Before them all stands their length, in two bytes of seven bits.
  const auto low = static_cast<std::uint8_t>(bytes[0]) & 0x7FU;
  const auto high = static_cast<std::uint8_t>(bytes[1]) * 0x80U;
  EXPECT_EQ(low + high, bytes.size() - 2);
}

TEST(MetricsFormat, IsWhatTheAskerPrefers) {
  const std::string proto =
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
  EXPECT_EQ(metrics_format_for(""), MetricsFormat::kPrometheus);
  EXPECT_EQ(metrics_format_for("*/*"), MetricsFormat::kPrometheus);
  EXPECT_EQ(metrics_format_for("application/json, ;;q=, ="), MetricsFormat::kPrometheus);
  EXPECT_EQ(metrics_format_for("Text/Plain;version=0.0.4, application/openmetrics-text"), MetricsFormat::kPrometheus);
  EXPECT_EQ(metrics_format_for("text/plain;q=0.5 , application/openmetrics-text; version=1.0.0;q=0.75,*/*;q=0.1"),
            MetricsFormat::kOpenMetrics);
  EXPECT_EQ(metrics_format_for(proto + ",application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5"),
            MetricsFormat::kProtobuf);
  EXPECT_EQ(metrics_format_for("application/openmetrics-text;q=0.6," + proto + ";escaping=allow-utf-8;q=0.5"),
            MetricsFormat::kOpenMetrics);
  EXPECT_EQ(metrics_format_for(proto + ";q=0"), MetricsFormat::kPrometheus);
  EXPECT_EQ(metrics_format_for("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"),
            MetricsFormat::kPrometheus);
  EXPECT_EQ(metrics_format_for("application/vnd.google.protobuf;proto=another.Message;encoding=delimited"),
            MetricsFormat::kPrometheus);
}

}  // namespace
}  // namespace tenfold::live
