#include "proxy/runtime/buffer_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

namespace weft::proxy {
namespace {

TEST(BufferPool, LendsTheBufferThatCameBackLast) {
  BufferPool pool;
  Buffer first = pool.take();
  char* const bytes = first.bytes();
  EXPECT_EQ(first.size(), kBufferSize);
  first.release();
  EXPECT_FALSE(first);
  EXPECT_EQ(first.size(), 0u);
  EXPECT_EQ(pool.take().bytes(), bytes);
}

TEST(BufferPool, AMovedFromBufferIsEmpty) {
  BufferPool pool;
  Buffer one = pool.take();
  Buffer two = std::move(one);
  EXPECT_FALSE(one);
  EXPECT_TRUE(two);
  one = std::move(two);
  EXPECT_TRUE(one);
  EXPECT_FALSE(two);
}

TEST(BufferPool, ReplacingALentBufferGivesItBack) {
  BufferPool pool;
  Buffer one = pool.take();
  char* const bytes = one.bytes();
  one = pool.take();
  EXPECT_NE(one.bytes(), bytes);
  EXPECT_EQ(pool.take().bytes(), bytes);
}

#if !defined(__SANITIZE_THREAD__)  // whose shadow of the memory stays resident
size_t resident_pages() {
  size_t total = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident;
}

TEST(BufferPool, GivesWhatABurstNeededBackToTheSystem) {
  BufferPool pool;
  constexpr size_t kBurst = 1000;  // 68 MB
  const size_t before = resident_pages();
  {
    std::vector<Buffer> burst;
    for (size_t i = 0; i < kBurst; ++i) {
      burst.push_back(pool.take());
      std::memset(burst.back().bytes(), 1, kBufferSize);
    }
    ASSERT_GT(resident_pages(), before + kBurst * kBufferSize / 4096 / 2);
  }
  EXPECT_TRUE(pool.oversized());
  pool.trim();  // the burst was just now: it may come again
  EXPECT_TRUE(pool.oversized());
  pool.trim();
  EXPECT_FALSE(pool.oversized());
  // A quarter for the sanitizer's own notes about them.
  EXPECT_LT(resident_pages(), before + kBurst * kBufferSize / 4096 / 4);
}
#endif

TEST(BufferPool, KeepsWhatWasNeededSinceTheLastTrim) {
  BufferPool pool;
  const auto lend = [&pool](size_t count) {
    std::vector<Buffer> lent;
    while (lent.size() < count) lent.push_back(pool.take());
  };
  lend(100);
  pool.trim();
  lend(60);
  pool.trim();  // 40 were not needed
  EXPECT_TRUE(pool.oversized());
  lend(60);
  pool.trim();
  EXPECT_TRUE(pool.oversized());
  pool.trim();
  EXPECT_FALSE(pool.oversized());
}

}  // namespace
}  // namespace weft::proxy
