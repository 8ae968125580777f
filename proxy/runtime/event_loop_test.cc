#include "proxy/runtime/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <time.h>

#include <memory>
#include <thread>
#include <vector>

#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Socket;

struct UnixPair {
  Socket one;
  Socket other;
  UnixPair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    one = Socket(ends[0]);
    other = Socket(ends[1]);
  }
};

struct Recorder final : Watcher {
  std::vector<uint32_t> seen;
  std::function<void()> action;
  void on_events(uint32_t events) override {
    seen.push_back(events);
    if (action) action();
  }
};

TEST(EventLoop, RunsPostedFunctionsInOrderOnItsThread) {
  EventLoop loop;
  std::vector<int> order;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop.post([&order, i] { order.push_back(i); });
    loop.post([&loop] { loop.stop(); });
  });
  loop.run();
  other.join();
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(EventLoop, TellsOfEventsOnceAnEdge) {
  EventLoop loop;
  UnixPair pair;
  Recorder recorder;
  loop.add(pair.one.get(), &recorder);
  loop.turn(milliseconds(0));
  ASSERT_EQ(recorder.seen.size(), 1u);  // writable from the start
  pair.other.send("x");
  loop.turn(milliseconds(0));
  ASSERT_EQ(recorder.seen.size(), 2u);
  EXPECT_TRUE(recorder.seen[1] & EPOLLIN);
  loop.turn(milliseconds(0));
  EXPECT_EQ(recorder.seen.size(), 2u);
  loop.remove(pair.one.get(), &recorder);
}

TEST(EventLoop, DeliversNothingToAWatcherRemovedInTheSameBatch) {
  EventLoop loop;
  UnixPair pairs[2];
  Recorder recorders[2];
  for (int i = 0; i < 2; ++i) {
    loop.add(pairs[i].one.get(), &recorders[i]);
    // Whichever comes first removes both.
    recorders[i].action = [&] {
      for (int j = 0; j < 2; ++j) loop.remove(pairs[j].one.get(), &recorders[j]);
    };
  }
  loop.turn(milliseconds(0));
  EXPECT_EQ(recorders[0].seen.size() + recorders[1].seen.size(), 1u);
}

TEST(EventLoop, RunsDeferredFunctionsBeforeItWaitsAgain) {
  EventLoop loop;
  int runs = 0;
  loop.defer([&] {
    ++runs;
    loop.defer([&] { ++runs; });
  });
  loop.turn(seconds(5));
  EXPECT_EQ(runs, 1);
  loop.turn(seconds(5));
  EXPECT_EQ(runs, 2);
}

TEST(EventLoop, WakesForATimer) {
  EventLoop loop;
  struct Stop final : Timer {
    EventLoop* loop = nullptr;
    void on_timer() override { loop->stop(); }
  } stop;
  stop.loop = &loop;
  const TimePoint deadline = loop.now() + milliseconds(20);
  loop.arm(stop, deadline);
  loop.run();
  EXPECT_GE(Clock::now(), deadline);
}

// An idle proxy must not show up in anybody's process list.
TEST(EventLoop, SleepsWhileNothingHappens) {
  EventLoop loop;
  struct Far final : Timer {
    void on_timer() override {}
  } far;
  loop.arm(far, loop.now() + std::chrono::hours(1));
  loop.turn(milliseconds(0));
  const TimePoint before = Clock::now();
  loop.turn(milliseconds(60));
  EXPECT_GE(Clock::now() - before, milliseconds(60));
}

}  // namespace
}  // namespace weft::proxy
