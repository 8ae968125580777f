#include "proxy/runtime/glitches.h"

#include <gtest/gtest.h>

#include "proxy/runtime/connection.h"
#include "proxy/runtime/test_sockets.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {
namespace {

constexpr TimePoint kStart{std::chrono::hours(1)};

TEST(Glitches, AddUpToAnEndInOrderAndThenToACut) {
  Glitches glitches(100);
  for (int i = 0; i < 74; ++i) EXPECT_EQ(glitches.weigh(kStart, 1), Tolerance::kGoOn) << i;
  for (int i = 74; i < 99; ++i) EXPECT_EQ(glitches.weigh(kStart, 1), Tolerance::kEnd) << i;
  EXPECT_EQ(glitches.weigh(kStart, 1), Tolerance::kCut);
}

TEST(Glitches, FadeATenthOfTheLimitASecond) {
  Glitches glitches(100);
  glitches.weigh(kStart, 74);
  EXPECT_EQ(glitches.weigh(kStart + std::chrono::seconds(5), 50), Tolerance::kGoOn);  // 24 + 50
  EXPECT_EQ(glitches.weigh(kStart + std::chrono::seconds(5), 1), Tolerance::kEnd);
}

TEST(Glitches, OneNowAndThenIsNoOffence) {
  Glitches glitches(100);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(glitches.weigh(kStart + i * std::chrono::milliseconds(100), 1), Tolerance::kGoOn) << i;
  }
}

TEST(Glitches, ManySmallPausesFadeAsOneLongOne) {
  Glitches glitches(100);
  glitches.weigh(kStart, 70);
  for (int i = 1; i <= 5000; ++i) glitches.weigh(kStart + i * std::chrono::milliseconds(1), 0);
  EXPECT_EQ(glitches.weigh(kStart + std::chrono::seconds(5), 54), Tolerance::kGoOn);  // 20 + 54
}

TEST(Glitches, WhatWasDecidedStays) {
  Glitches glitches(100);
  glitches.weigh(kStart, 80);
  EXPECT_EQ(glitches.weigh(kStart + std::chrono::hours(1), 1), Tolerance::kEnd);
  EXPECT_EQ(glitches.weigh(kStart + std::chrono::hours(1), 4'000'000'000u), Tolerance::kCut);
}

TEST(Glitches, WithoutALimitNothingIsTooMuch) {
  Glitches glitches(0);
  EXPECT_EQ(glitches.weigh(kStart, 4'000'000'000u), Tolerance::kGoOn);
}

TEST(Glitches, AreCountedByKindAndEachStepOnce) {
  Worker worker;
  test::TcpPair pair;
  Connection connection(worker.loop, pair.opened.release());
  Glitches glitches(4);
  glitches.add(worker, connection, Glitch::kReset, 2);
  EXPECT_EQ(worker.counters.glitch_ends.value(), 0u);
  for (int i = 0; i < 5; ++i) glitches.add(worker, connection, Glitch::kPing);
  EXPECT_EQ(worker.counters.glitches[static_cast<size_t>(Glitch::kReset)].value(), 2u);
  EXPECT_EQ(worker.counters.glitches[static_cast<size_t>(Glitch::kPing)].value(), 5u);
  EXPECT_EQ(worker.counters.glitch_ends.value(), 1u);
  EXPECT_EQ(worker.counters.glitch_cuts.value(), 1u);
}

}  // namespace
}  // namespace weft::proxy
