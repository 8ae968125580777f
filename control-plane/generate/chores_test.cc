#include "control-plane/generate/chores.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

namespace weft::cp {
namespace {

using std::chrono::hours;

TEST(ChoresTest, AChoreRunsAtTheStartAndWhenWoken) {
  std::promise<void> first, second;
  std::atomic<int> runs{0};
  Chores chores({[&](Chores::SteadyTime) -> std::optional<Chores::SteadyTime> {
                  const int run = ++runs;
                  if (run == 1) first.set_value();
                  if (run == 2) second.set_value();
                  return std::nullopt;
                }},
                hours(1));
  first.get_future().wait();
  chores.wake();
  second.get_future().wait();
  EXPECT_EQ(runs, 2);
}

TEST(ChoresTest, AChoreRunsWhenItAskedTo) {
  std::promise<void> second;
  std::atomic<int> runs{0};
  Chores chores({[&](Chores::SteadyTime now) -> std::optional<Chores::SteadyTime> {
                  if (++runs == 2) second.set_value();
                  return runs == 1 ? std::optional(now + std::chrono::milliseconds(30)) : std::nullopt;
                }},
                hours(1));
  second.get_future().wait();
  EXPECT_EQ(runs, 2);
}

TEST(ChoresTest, DestroyingItDoesNotWaitForTheNextRun) {
  const auto begin = std::chrono::steady_clock::now();
  {
    Chores chores({[](Chores::SteadyTime) { return std::nullopt; }}, hours(1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1));
}

}  // namespace
}  // namespace weft::cp
