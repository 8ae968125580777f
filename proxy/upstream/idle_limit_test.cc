#include "proxy/upstream/idle_limit.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

using namespace std::chrono_literals;
constexpr TimePoint kStart = TimePoint{} + 1h;

TEST(IdleLimit, IsUnknownAtFirst) { EXPECT_EQ(IdleLimit().limit(kStart), IdleLimit::Duration::max()); }

TEST(IdleLimit, TwoClosesAfterTheSameTimeTeachIt) {
  IdleLimit limit;
  limit.closed_after(5s, kStart);
  EXPECT_EQ(limit.limit(kStart), IdleLimit::Duration::max());
  limit.closed_after(5200ms, kStart + 7s);
  EXPECT_EQ(limit.limit(kStart + 7s), 4s);
}

TEST(IdleLimit, AServiceThatGoesAwayTeachesNothing) {
  IdleLimit limit;
  for (int i = 0; i < 20; ++i) limit.closed_after(5s, kStart + i * 10ms);
  EXPECT_EQ(limit.limit(kStart + 1s), IdleLimit::Duration::max());
  limit.closed_after(40s, kStart + 1h);  // and again, later
  EXPECT_EQ(limit.limit(kStart + 1h), IdleLimit::Duration::max());
}

TEST(IdleLimit, QuickClosesAreNoTimeouts) {
  IdleLimit limit;
  for (int i = 0; i < 20; ++i) limit.closed_after(100ms, kStart + i * 10s);
  EXPECT_EQ(limit.limit(kStart + 200s), IdleLimit::Duration::max());
}

TEST(IdleLimit, FadesAndIsLearnedAgain) {
  IdleLimit limit;
  limit.closed_after(10s, kStart);
  limit.closed_after(10s, kStart + 20s);
  const TimePoint learned = kStart + 20s;
  EXPECT_EQ(limit.limit(learned), 8s);
  EXPECT_EQ(limit.limit(learned + 5min), 12s);  // longer than the service waits: it will close one again
  EXPECT_EQ(limit.limit(learned + 10min), 16s);
  limit.closed_after(10s, learned + 6min);
  EXPECT_EQ(limit.limit(learned + 6min), 8s);
  EXPECT_GT(limit.limit(learned + 10'000h), 24h);
}

TEST(IdleLimit, FollowsATimeoutThatChanges) {
  IdleLimit limit;
  limit.closed_after(10s, kStart);
  limit.closed_after(10s, kStart + 20s);
  limit.closed_after(2s, kStart + 40s);
  EXPECT_GE(limit.limit(kStart + 40s), 8s);
  limit.closed_after(2s, kStart + 60s);
  EXPECT_EQ(limit.limit(kStart + 60s), 1600ms);
}

}  // namespace
}  // namespace weft::proxy
