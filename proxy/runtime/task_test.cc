#include "proxy/runtime/task.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace weft::proxy {
namespace {

struct Gate {
  std::coroutine_handle<> waiter;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiter = handle; }
  void await_resume() const noexcept {}
};

Task<int> twice(int n) { co_return 2 * n; }

Task<std::string> after(Gate& gate, std::string text) {
  co_await gate;
  co_return text + "!";
}

TEST(Task, StartsOnlyWhenAwaited) {
  bool ran = false;
  auto body = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  Task<void> task = body(ran);
  EXPECT_FALSE(ran);
  spawn(std::move(task));
  EXPECT_TRUE(ran);
}

TEST(Task, HandsItsValueToTheAwaiterWhenItEnds) {
  Gate gate;
  std::string result;
  auto body = [](Gate& g, std::string& out) -> Task<void> { out = co_await after(g, "done"); };
  spawn(body(gate, result));
  EXPECT_EQ(result, "");
  gate.waiter.resume();
  EXPECT_EQ(result, "done!");
}

TEST(Task, ALoopOverTasksThatEndAtOnceKeepsTheStackFlat) {
  uint64_t sum = 0;
  auto body = [](uint64_t& out) -> Task<void> {
    for (int i = 0; i < 200000; ++i) {
      const int value = co_await twice(i);
      out += static_cast<uint64_t>(value);
    }
  };
  spawn(body(sum));
  EXPECT_EQ(sum, 200000ull * 199999ull);
}

TEST(Task, ALoopOverTasksThatWaitKeepsTheStackFlat) {
  Gate gate;
  int rounds = 0;
  auto wait = [](Gate& g) -> Task<void> { co_await g; };
  auto body = [](auto& w, Gate& g, int& out) -> Task<void> {
    for (;;) {
      co_await w(g);
      if (++out == 100000) co_return;
    }
  };
  spawn(body(wait, gate, rounds));
  while (rounds < 100000) gate.waiter.resume();
}

TEST(Task, DestroysWhatAnUnstartedTaskHolds) {
  auto held = std::make_shared<int>(1);
  auto body = [](std::shared_ptr<int> value) -> Task<int> { co_return *value; };
  {
    Task<int> task = body(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Frames, OfEverySizeAreAllocatedAndFreedInAnyOrder) {
  std::thread([] {
    std::vector<std::pair<void*, std::size_t>> frames;
    for (int round = 0; round < 3; ++round) {
      for (std::size_t size = 16; size < 6000; size += 40) {
        auto* bytes = static_cast<char*>(allocate_frame(size));
        bytes[0] = bytes[size - 1] = 1;
        frames.emplace_back(bytes, size);
      }
      for (auto& [frame, size] : frames) free_frame(frame, size);
      frames.clear();
    }
  }).join();
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(Frames, ThatABurstNeededGoBackToTheHeapWhenTheyWereNotNeededForAWhile) {
  std::thread([] {
    std::vector<void*> burst;
    for (int i = 0; i < 1000; ++i) burst.push_back(allocate_frame(300));
    for (void* frame : burst) free_frame(frame, 300);
    EXPECT_TRUE(frames_oversized());
    EXPECT_EQ(trim_frames(), 0u);  // the burst was just now
    EXPECT_GT(trim_frames(), 900u);
    EXPECT_FALSE(frames_oversized());
    EXPECT_EQ(trim_frames(), 0u);
  }).join();
}
#endif

}  // namespace
}  // namespace weft::proxy
