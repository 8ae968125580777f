#include "proxy/memory_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "proxy/config/control_thread_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct MemoryWatchTest : testing::Test {
  FakeControlThread thread;
  ProcessLoad load;
  MemoryUsage usage;
  int relieved = 0;
  MemoryWatch watch_with(uint64_t limit) {
    return {thread, load, limit, [this] { return usage; }, [this] { ++relieved; }};
  }
};

TEST_F(MemoryWatchTest, LooksOnceASecondAndOftenerWhenItBecomesTight) {
  MemoryWatch watch = watch_with(1000);
  usage.anonymous = 100;
  watch.start();
  usage.anonymous = 700;
  thread.advance(milliseconds(900));
  EXPECT_EQ(watch.used(), 100u);
  thread.advance(milliseconds(100));
  EXPECT_EQ(watch.used(), 700u);
  usage.anonymous = 900;
  thread.advance(milliseconds(50));
  EXPECT_EQ(load.pressure(), Pressure::kShed);
}

TEST_F(MemoryWatchTest, AsksForReliefAsLongAsThereIsPressure) {
  MemoryWatch watch = watch_with(1000);
  usage.anonymous = 950;
  watch.start();
  EXPECT_EQ(relieved, 1);
  thread.advance(milliseconds(50));
  EXPECT_EQ(relieved, 2);
  usage.anonymous = 500;
  thread.advance(seconds(5));
  EXPECT_EQ(relieved, 2);
  EXPECT_EQ(load.pressure(), Pressure::kNone);
}

TEST_F(MemoryWatchTest, TheNearestLimitCounts) {
  MemoryWatch watch = watch_with(1000);
  usage.anonymous = 100;
  usage.group = MemoryUsage::Group{.used = 450, .limit = 500};
  watch.start();
  EXPECT_EQ(watch.used(), 450u);
  EXPECT_EQ(watch.limit(), 500u);
  EXPECT_EQ(load.pressure(), Pressure::kShed);
}

TEST_F(MemoryWatchTest, WithoutAnyLimitNothingHappens) {
  MemoryWatch watch = watch_with(0);
  usage.anonymous = uint64_t{1} << 40;
  watch.start();
  EXPECT_EQ(load.pressure(), Pressure::kNone);
}

// What the kernel's files say.
struct MemoryUsageTest : testing::Test {
  std::string root = testing::TempDir() + "memory_usage_" + std::to_string(getpid());
  void SetUp() override {
    put("/proc/self/statm", "5000 2000 500 10 0 900 0\n");
    put("/proc/self/cgroup", "0::/pod/proxy\n");
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << text;
  }
  void group(const std::string& folder, const std::string& max, const std::string& current, const std::string& procs) {
    put("/sys/fs/cgroup" + folder + "/memory.max", max);
    put("/sys/fs/cgroup" + folder + "/memory.current", current);
    put("/sys/fs/cgroup" + folder + "/memory.stat", "anon 1\nfile 9\nactive_file 1000\ninactive_file 2000\n");
    put("/sys/fs/cgroup" + folder + "/cgroup.procs", procs);
  }
};

TEST_F(MemoryUsageTest, ItsOwnIsWhatIsResidentAndNotOfAFile) {
  const MemoryUsage usage = read_memory_usage(root);
  EXPECT_EQ(usage.anonymous, 1500u * static_cast<uint64_t>(getpagesize()));
  EXPECT_FALSE(usage.group.has_value());
}

TEST_F(MemoryUsageTest, AloneInItsGroupAllOfTheGroupsUseCountsButForFiles) {
  group("/pod/proxy", "100000000\n", "50003000\n", "7\n");
  group("/pod", "max\n", "60000000\n", "");
  const MemoryUsage usage = read_memory_usage(root);
  ASSERT_TRUE(usage.group.has_value());
  EXPECT_EQ(usage.group->used, 50'000'000u);
  EXPECT_EQ(usage.group->limit, 100'000'000u);
}

TEST_F(MemoryUsageTest, WithOthersItHasWhatTheyLeave) {
  group("/pod/proxy", "max\n", "50003000\n", "7\n");
  group("/pod", "100000000\n", "50003000\n", "");
  const MemoryUsage usage = read_memory_usage(root);
  ASSERT_TRUE(usage.group.has_value());
  EXPECT_EQ(usage.group->used, usage.anonymous);
  EXPECT_EQ(usage.group->limit, 100'000'000u - (50'000'000u - usage.anonymous));
}

TEST_F(MemoryUsageTest, TheFullestOfSeveralGroupsIsTheOne) {
  group("/pod/proxy", "1000000000\n", "8000000\n", "7\n");
  group("/pod", "10000000\n", "8003000\n", "7\n");
  EXPECT_EQ(read_memory_usage(root).group->limit, 10'000'000u);
}

TEST_F(MemoryUsageTest, TheFirstKindOfGroupsIsReadToo) {
  put("/proc/self/cgroup", "9:name=systemd:/\n4:memory:/docker/abc\n0::/\n");
  const std::string folder = "/sys/fs/cgroup/memory";  // a container sees its own group as the root
  put(folder + "/memory.limit_in_bytes", "100000000\n");
  put(folder + "/memory.usage_in_bytes", "50003000\n");
  put(folder + "/memory.stat", "inactive_file 5\ntotal_inactive_file 1000\ntotal_active_file 2000\n");
  put(folder + "/cgroup.procs", "7\n");
  EXPECT_EQ(read_memory_usage(root).group->used, 50'000'000u);
  put(folder + "/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_FALSE(read_memory_usage(root).group.has_value());
}

TEST(MemoryUsage, OfThisProcessIsThere) { EXPECT_GT(read_memory_usage().anonymous, 100'000u); }

}  // namespace
}  // namespace weft::proxy
