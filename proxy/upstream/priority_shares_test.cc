#include "proxy/upstream/priority_shares.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/text.h"

namespace weft::proxy {
namespace {

// "70 30" or, when all together have too little to give, "50 50 starved".
std::string shares(const std::vector<PriorityHealth>& health, uint32_t overprovisioning = 140) {
  PriorityShares out;
  share_out(health, overprovisioning, out);
  std::string text;
  for (const PriorityShare& level : out.levels) append(text, text.empty() ? "" : " ", level.percent);
  return text + (out.starved ? " starved" : "");
}

TEST(PriorityShares, TheFirstTakesAllWhileItCan) {
  EXPECT_EQ(shares({{100, 100}, {100, 100}}), "100 0");
  EXPECT_EQ(shares({{72, 100}, {100, 100}}), "100 0");  // 72 * 1.4 is enough
  EXPECT_EQ(shares({{71, 100}, {100, 100}}), "99 1");
}

TEST(PriorityShares, WhatItCannotTakeGoesOn) {
  EXPECT_EQ(shares({{50, 100}, {100, 100}}), "70 30");
  EXPECT_EQ(shares({{0, 100}, {100, 100}}), "0 100");
  EXPECT_EQ(shares({{1, 4}, {1, 4}, {4, 4}}), "35 35 30");
  EXPECT_EQ(shares({{0, 0}, {3, 3}}), "0 100");
}

TEST(PriorityShares, TooLittleInAllStandsForEverything) {
  EXPECT_EQ(shares({{25, 100}, {25, 100}}), "50 50 starved");
  EXPECT_EQ(shares({{1, 10}, {3, 10}}), "25 75 starved");
  EXPECT_EQ(shares({{1, 3}, {0, 3}, {1, 3}}), "50 0 50 starved");
  EXPECT_EQ(shares({{1, 3}, {0, 3}, {1, 10}}), "77 0 23 starved");  // 46 and 14; the first gets what rounding left
}

TEST(PriorityShares, WithNobodyHealthyTheNumberOfInstancesDecides) {
  EXPECT_EQ(shares({{0, 100}, {0, 100}}), "50 50 starved");
  EXPECT_EQ(shares({{0, 9}, {0, 1}}), "90 10 starved");
  EXPECT_EQ(shares({{0, 3}}), "100 starved");
  EXPECT_EQ(shares({{0, 0}}), "0 starved");
}

TEST(PriorityShares, TheFactorSaysHowMuchAPriorityTakesOn) {
  EXPECT_EQ(shares({{60, 100}, {100, 100}}, 100), "60 40");
  EXPECT_EQ(shares({{50, 100}, {100, 100}}, 200), "100 0");
  EXPECT_EQ(shares({{20, 100}, {100, 100}}, 300), "60 40");
}

TEST(PriorityShares, PointsFallIntoThePrioritiesByTheirShares) {
  PriorityShares out;
  share_out(std::vector<PriorityHealth>{{2, 4}, {1, 4}, {4, 4}}, 140, out);
  std::map<size_t, int> seen;
  for (uint32_t point = 0; point < 100; ++point) ++seen[priority_at(out, point)];
  EXPECT_EQ(seen, (std::map<size_t, int>{{0, 70}, {1, 30}}));
}

TEST(SlowStart, TheShareGrowsToAllOfIt) {
  EXPECT_DOUBLE_EQ(slow_start_share(0, 60, 1, 0.1), 0.1);
  EXPECT_DOUBLE_EQ(slow_start_share(3, 60, 1, 0.1), 0.1);
  EXPECT_DOUBLE_EQ(slow_start_share(30, 60, 1, 0.1), 0.5);
  EXPECT_DOUBLE_EQ(slow_start_share(45, 60, 1, 0.1), 0.75);
  EXPECT_DOUBLE_EQ(slow_start_share(60, 60, 1, 0.1), 1);
  EXPECT_DOUBLE_EQ(slow_start_share(1, 0, 1, 0.1), 1);  // no window
}

TEST(SlowStart, AggressionMakesItQuickerAtFirst) {
  EXPECT_DOUBLE_EQ(slow_start_share(15, 60, 2, 0.1), 0.5);
  EXPECT_GT(slow_start_share(15, 60, 2, 0.1), slow_start_share(15, 60, 1, 0.1));
  EXPECT_LT(slow_start_share(45, 60, 0.5, 0.1), slow_start_share(45, 60, 1, 0.1));
}

}  // namespace
}  // namespace weft::proxy
