#include "proxy/runtime/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/random.h"

namespace weft::proxy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart = TimePoint(hours(1000));

struct Probe final : Timer {
  std::function<void()> fired;
  int count = 0;
  void on_timer() override {
    ++count;
    if (fired) fired();
  }
};

TEST(TimerWheel, FiresOnTheFirstTickAtOrAfterTheDeadline) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kStart + milliseconds(17));
  EXPECT_EQ(wheel.next_expiry(), kStart + milliseconds(24));
  wheel.advance(kStart + milliseconds(23));
  EXPECT_EQ(probe.count, 0);
  wheel.advance(kStart + milliseconds(24));
  EXPECT_EQ(probe.count, 1);
  EXPECT_FALSE(probe.armed());
  wheel.advance(kStart + hours(1));
  EXPECT_EQ(probe.count, 1);
}

TEST(TimerWheel, ADeadlineThatHasPassedFiresOnTheNextTick) {
  TimerWheel wheel(kStart);
  wheel.advance(kStart + seconds(5));
  Probe probe;
  wheel.arm(probe, kStart + seconds(1));
  wheel.advance(kStart + seconds(5) + milliseconds(8));
  EXPECT_EQ(probe.count, 1);
}

TEST(TimerWheel, IsEmptyUntilSomethingIsArmed) {
  TimerWheel wheel(kStart);
  EXPECT_EQ(wheel.next_expiry(), kNever);
  Probe probe;
  wheel.arm(probe, kNever);
  EXPECT_EQ(wheel.next_expiry(), kNever);
  EXPECT_FALSE(probe.armed());
}

TEST(TimerWheel, ADisarmedTimerDoesNotFire) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kStart + seconds(1));
  wheel.disarm(probe);
  EXPECT_FALSE(probe.armed());
  wheel.advance(kStart + seconds(2));
  EXPECT_EQ(probe.count, 0);
  EXPECT_EQ(wheel.next_expiry(), kNever);
}

TEST(TimerWheel, ADeadlineMovedLaterFiresOnlyThen) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kStart + seconds(1));
  wheel.arm(probe, kStart + seconds(3));
  wheel.advance(kStart + seconds(2));
  EXPECT_EQ(probe.count, 0);
  wheel.advance(kStart + seconds(3));
  EXPECT_EQ(probe.count, 1);
}

TEST(TimerWheel, ADeadlineMovedEarlierFiresThenAndOnlyOnce) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kStart + hours(1));
  wheel.arm(probe, kStart + seconds(1));
  wheel.advance(kStart + seconds(1));
  EXPECT_EQ(probe.count, 1);
  wheel.advance(kStart + hours(2));
  EXPECT_EQ(probe.count, 1);
}

TEST(TimerWheel, ATimerMayArmItselfAgain) {
  TimerWheel wheel(kStart);
  Probe probe;
  TimePoint next = kStart + seconds(1);
  probe.fired = [&] { wheel.arm(probe, next += seconds(1)); };
  wheel.arm(probe, next);
  wheel.advance(kStart + seconds(10));
  EXPECT_EQ(probe.count, 10);
}

TEST(TimerWheel, ATimerMayDestroyAnotherOneOfTheSameTick) {
  TimerWheel wheel(kStart);
  auto first = std::make_unique<Probe>();
  auto second = std::make_unique<Probe>();
  auto third = std::make_unique<Probe>();
  for (auto* probe : {first.get(), second.get(), third.get()}) wheel.arm(*probe, kStart + seconds(1));
  first->fired = [&] {
    second.reset();
    wheel.disarm(*third);
  };
  wheel.advance(kStart + seconds(1));
  EXPECT_EQ(first->count, 1);
  EXPECT_EQ(third->count, 0);
}

TEST(TimerWheel, ADestroyedTimerIsForgotten) {
  TimerWheel wheel(kStart);
  {
    Probe probe;
    wheel.arm(probe, kStart + seconds(1));
  }
  wheel.advance(kStart + seconds(2));
  EXPECT_EQ(wheel.next_expiry(), kNever);
}

TEST(TimerWheel, DeadlinesBeyondTheWheelsReachAreKept) {
  TimerWheel wheel(kStart);
  wheel.advance(kStart + hours(24 * 97));  // the highest level is about to wrap
  Probe probe;
  const TimePoint deadline = kStart + hours(24 * 365);
  wheel.arm(probe, deadline);
  wheel.advance(deadline - milliseconds(8));
  EXPECT_EQ(probe.count, 0);
  wheel.advance(deadline);
  EXPECT_EQ(probe.count, 1);
}

// Against the obvious model: a list that is searched.
TEST(TimerWheel, AgreesWithASearchedListOverRandomHistories) {
  Random random(7);
  TimerWheel wheel(kStart);
  constexpr size_t kTimers = 200;
  std::vector<Probe> probes(kTimers);
  std::vector<TimePoint> deadlines(kTimers, kNever);
  TimePoint now = kStart;
  for (size_t i = 0; i < kTimers; ++i) {
    probes[i].fired = [&, i] {
      EXPECT_LE(deadlines[i], now);
      deadlines[i] = kNever;
    };
  }
  for (int step = 0; step < 20000; ++step) {
    const size_t i = random.below(kTimers);
    const uint64_t kind = random.below(10);
    if (kind < 6) {
      deadlines[i] = now + milliseconds(random.below(uint64_t{1} << random.below(34)));
      wheel.arm(probes[i], deadlines[i]);
    } else if (kind < 7) {
      deadlines[i] = kNever;
      wheel.disarm(probes[i]);
    } else {
      TimePoint earliest = kNever;
      for (const TimePoint deadline : deadlines) earliest = std::min(earliest, deadline);
      // Rounded up to a tick, it may lie one tick before the wheel looks.
      if (earliest != kNever) {
        ASSERT_LE(wheel.next_expiry(), std::max(earliest, now) + TimerWheel::kTick);
      }
      now += milliseconds(random.below(uint64_t{1} << random.below(30)));
      wheel.advance(now);
      for (const TimePoint deadline : deadlines)
        ASSERT_GT(deadline + (deadline == kNever ? milliseconds(0) : milliseconds(8)), now);
    }
  }
}

}  // namespace
}  // namespace weft::proxy
