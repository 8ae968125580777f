#include "proxy/upstream/retry_budget.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A service asked a thousand times a second.
struct RetryBudgetTest : testing::Test {
  RetryBudget budget;
  TimePoint now{seconds(1000)};
  int requests = 0;
  int repeats = 0;

  // Each failed request is repeated up to five times; the fifth helps when `helped`.
  void run(seconds time, bool failing, bool helped = false) {
    for (const TimePoint end = now + time; now < end; now += milliseconds(1)) {
      budget.requested(now);
      ++requests;
      for (int i = 0; failing && i < 5 && budget.allows(now, 20); ++i) {
        Repeat repeat(budget);
        ++repeats;
        if (!helped || i < 4) repeat.was_in_vain(now);
      }
    }
  }
};

TEST_F(RetryBudgetTest, RepeatsInVainAreAFifthOfTheRequests) {
  run(seconds(30), true);
  EXPECT_LE(repeats, requests / 5);
  EXPECT_GE(repeats, requests / 6);
}

TEST_F(RetryBudgetTest, GoodTimesBeforeDoNotChangeThatOverTenSeconds) {
  run(seconds(60), false);
  requests = 0;
  run(seconds(10), true);
  EXPECT_LE(repeats, requests / 5);
}

TEST_F(RetryBudgetTest, InNoSecondIsMoreThanTwoSecondsShareSpent) {
  run(seconds(60), false);
  for (int i = 0; i < 20; ++i) {
    repeats = 0;
    run(seconds(1), true);
    EXPECT_LE(repeats, 400) << i;
  }
}

TEST_F(RetryBudgetTest, FewRepeatsAreAlwaysAllowed) {
  for (uint32_t i = 0; i < RetryBudget::kFree; ++i) {
    ASSERT_TRUE(budget.allows(now, 20)) << i;
    Repeat(budget).was_in_vain(now);
  }
  EXPECT_FALSE(budget.allows(now, 20));
  EXPECT_TRUE(budget.allows(now, 0)) << "there is no budget";
  EXPECT_FALSE(budget.allows(now + seconds(9), 20));
  EXPECT_TRUE(budget.allows(now + seconds(10), 20)) << "they are forgotten";
}

TEST_F(RetryBudgetTest, ThoseUnderWayCountAndThoseThatHelpedDoNot) {
  std::vector<Repeat> under_way;
  for (uint32_t i = 0; i < RetryBudget::kFree; ++i) under_way.emplace_back(budget);
  EXPECT_FALSE(budget.allows(now, 20));
  under_way.clear();
  EXPECT_TRUE(budget.allows(now, 20));
}

TEST_F(RetryBudgetTest, AClockThatStandsStillOrJumpsIsNoMatter) {
  run(seconds(1), true);
  now += std::chrono::hours(24);
  EXPECT_TRUE(budget.allows(now, 20));
  run(seconds(20), true);
  EXPECT_LE(repeats, requests / 5 + 1);
}

}  // namespace
}  // namespace weft::proxy
