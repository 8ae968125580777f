#include "base/histogram.h"

#include <gmock/gmock.h>

namespace weft {
namespace {

using ::testing::HasSubstr;

std::string printed(const auto& metric) {
  std::string out;
  metric.print(out, "time", "How long.");
  return out;
}

TEST(LatencyHistogram, BucketsAreCumulative) {
  LatencyHistogram histogram;
  histogram.observe(std::chrono::microseconds(50));
  histogram.observe(std::chrono::milliseconds(3));
  histogram.observe(std::chrono::seconds(7));
  const std::string text = printed(histogram);
  EXPECT_THAT(text, HasSubstr("# HELP time How long.\n# TYPE time histogram\n"));
  EXPECT_THAT(text, HasSubstr("time_bucket{le=\"1e-04\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("time_bucket{le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("time_bucket{le=\"5\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("time_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("time_sum 7.00305\n"));
  EXPECT_THAT(text, HasSubstr("time_count 3\n"));
}

TEST(HistogramFamily, EachCombinationOfLabelsIsCountedApart) {
  HistogramFamily family;
  EXPECT_EQ(printed(family), "# HELP time How long.\n# TYPE time histogram\n");
  family.observe("method=\"GET\"", std::chrono::milliseconds(1));
  family.observe("method=\"PUT\"", std::chrono::milliseconds(1));
  family.observe("method=\"PUT\"", std::chrono::milliseconds(1));
  const std::string text = printed(family);
  EXPECT_THAT(text, HasSubstr("time_bucket{method=\"GET\",le=\"+Inf\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("time_count{method=\"GET\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("time_count{method=\"PUT\"} 2\n"));
  EXPECT_EQ(text.find("# TYPE"), text.rfind("# TYPE"));
}

}  // namespace
}  // namespace weft
