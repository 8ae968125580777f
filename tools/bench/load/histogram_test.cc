#include "tools/bench/load/histogram.h"

#include <gtest/gtest.h>

namespace weft::bench {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, PercentilesOfAThousandEvenValuesLieWithinTwoPercent) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.add(nanoseconds(i * 1000));
  EXPECT_NEAR(histogram.percentile_us(0.5), 500, 10);
  EXPECT_NEAR(histogram.percentile_us(0.99), 990, 20);
  EXPECT_NEAR(histogram.percentile_us(1), 1000, 0.01);
  EXPECT_NEAR(histogram.max_us(), 1000, 0.01);
}

TEST(Histogram, SmallAndHugeValuesKeepTheirOrder) {
  Histogram histogram;
  for (int64_t value : {int64_t{0}, int64_t{63}, int64_t{64}, int64_t{127}, int64_t{128}, int64_t{1} << 50}) {
    histogram.add(nanoseconds(value));
  }
  EXPECT_NEAR(histogram.percentile_us(1.0 / 6), 0, 0.001);
  EXPECT_NEAR(histogram.percentile_us(2.0 / 6), 0.063, 0.001);
  EXPECT_NEAR(histogram.percentile_us(3.0 / 6), 0.064, 0.001);
  EXPECT_NEAR(histogram.percentile_us(4.0 / 6), 0.127, 0.001);
  EXPECT_NEAR(histogram.percentile_us(5.0 / 6), 0.128, 0.002);
  EXPECT_NEAR(histogram.percentile_us(1), static_cast<double>(int64_t{1} << 50) / 1000, 1e7);
}

TEST(Histogram, AnEmptyOneSaysZero) { EXPECT_EQ(Histogram().percentile_us(0.99), 0); }

}  // namespace
}  // namespace weft::bench
