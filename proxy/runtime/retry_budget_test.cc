#include "proxy/runtime/retry_budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A service asked a thousand times a second.
struct RetryBudgetTest : testing::Test {
  RetryBudget budget{2};
  TimePoint now{seconds(1000)};
  int requests = 0;
  int repeats = 0;

  // By two workers in turn; each request that failed is repeated up to five times.
  void run(seconds time, bool failing) {
    for (const TimePoint end = now + time; now < end; now += milliseconds(1)) {
      const uint32_t worker = static_cast<uint32_t>(requests++ % 2);
      budget.requested(worker, now);
      for (int i = 0; failing && i < 5 && budget.allows(now, 20); ++i) {
        Repeat repeat(budget, worker);
        ++repeats;
        repeat.was_in_vain(now);
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
    Repeat(budget, i % 2).was_in_vain(now);
  }
  EXPECT_FALSE(budget.allows(now, 20));
  EXPECT_TRUE(budget.allows(now, 0)) << "there is no budget";
  EXPECT_FALSE(budget.allows(now + seconds(9), 20));
  EXPECT_TRUE(budget.allows(now + seconds(10), 20)) << "they are forgotten";
}

TEST_F(RetryBudgetTest, ThoseUnderWayCountAndThoseThatHelpedDoNot) {
  std::vector<Repeat> under_way;
  for (uint32_t i = 0; i < RetryBudget::kFree; ++i) under_way.emplace_back(budget, 1);
  EXPECT_FALSE(budget.allows(now, 20));
  under_way.clear();
  EXPECT_TRUE(budget.allows(now, 20));
}

TEST_F(RetryBudgetTest, EachDestinationHasOneForAllWorkers) {
  RetryBudgets budgets;
  EXPECT_EQ(budgets.add_worker(), 0u);
  EXPECT_EQ(budgets.add_worker(), 1u);
  RetryBudget& one = budgets.of(7);
  for (uint32_t i = 0; i < RetryBudget::kFree; ++i) Repeat(one, i % 2).was_in_vain(now);
  EXPECT_FALSE(budgets.of(7).allows(now, 20));
  EXPECT_TRUE(budgets.of(8).allows(now, 20));
  EXPECT_EQ(&budgets.of(5000), &budgets.of(6000));
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
