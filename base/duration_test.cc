#include "base/duration.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

int64_t ns(std::string_view text) {
  const auto parsed = parse_duration(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? parsed->count() : -1;
}

TEST(Duration, ReadsEveryUnitAndSumsParts) {
  EXPECT_EQ(ns("0"), 0);
  EXPECT_EQ(ns("0s"), 0);
  EXPECT_EQ(ns("7ns"), 7);
  EXPECT_EQ(ns("5us"), 5'000);
  EXPECT_EQ(ns("5\xc2\xb5s"), 5'000);
  EXPECT_EQ(ns("250ms"), 250'000'000);
  EXPECT_EQ(ns("1.5s"), 1'500'000'000);
  EXPECT_EQ(ns(".5s"), 500'000'000);
  EXPECT_EQ(ns("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(ns("-2m"), -120'000'000'000);
}

TEST(Duration, RefusesWhatGoRefusesAndSaysWhy) {
  for (const char* bad : {"", "5", "5 s", "s", "1d", "1h-3m", "five", ".", "-", "9223372036854775808ns", "1.s.2"}) {
    const auto parsed = parse_duration(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_NE(reason(parsed.status()).find("invalid duration"), std::string::npos);
  }
  EXPECT_NE(reason(parse_duration("10x").status()).find("unknown unit \"x\""), std::string::npos);
}

TEST(Duration, PrintsNormalisedAsGoDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"100s", "1m40s"},   {"20m", "20m0s"}, {"1h", "1h0m0s"},   {"90s", "1m30s"}, {"0", "0s"},   {"25ms", "25ms"},
      {"1500us", "1.5ms"}, {"15s", "15s"},   {"1.25s", "1.25s"}, {"3ns", "3ns"},   {"-5s", "-5s"}};
  for (const auto& [text, printed] : cases) EXPECT_EQ(format_duration(Nanoseconds(ns(text))), printed) << text;
}

}  // namespace
}  // namespace weft
