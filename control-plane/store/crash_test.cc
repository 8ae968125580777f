// A process that stores and is killed: whatever it had said to be stored must be there afterwards. The killed process
// is this test binary again, started with the name of the test below that is disabled on its own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "base/random.h"
#include "control-plane/store/database.h"
#include "control-plane/store/sqlite_store.h"
#include "control-plane/store/store_test_support.h"

namespace weft::cp {
namespace {

constexpr const char* kPathVariable = "WEFT_CRASH_TEST_PATH";
constexpr const char* kRoundVariable = "WEFT_CRASH_TEST_ROUND";
constexpr int kAckDescriptor = 3;
constexpr int kRounds = 12;
constexpr int kWriters = 4;

// Stores until it is killed; a line on the descriptor says what is stored.
TEST(StoreCrash, DISABLED_TheProcessThatIsKilled) {
  const char* path = std::getenv(kPathVariable);
  ASSERT_NE(path, nullptr);
  const std::string round = std::getenv(kRoundVariable);
  Result<std::unique_ptr<Store>> store = open_sqlite_store(path);
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0;; ++i) {
        const std::string name = cat("s-", round, "-", w, "-", i);
        // Two resources a transaction, of sizes that make the file grow.
        const Result<uint64_t> revision =
            (*store)->write({put(secret("m", name, std::string(static_cast<size_t>(i % 50) * 100, 'x'))),
                             put(secret("twin", name, "y"))});
        if (!revision.ok()) return;
        const std::string line = cat(name, " ", *revision, "\n");
        if (write(kAckDescriptor, line.data(), line.size()) < 0) return;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
}

pid_t start_writer(const std::string& path, int round, int ack) {
  const std::string round_text = cat(round);
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(ack, kAckDescriptor);
  setenv(kPathVariable, path.c_str(), 1);
  setenv(kRoundVariable, round_text.c_str(), 1);
  const int nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, STDOUT_FILENO);
  execl("/proc/self/exe", "store_test", "--gtest_also_run_disabled_tests",
        "--gtest_filter=StoreCrash.DISABLED_TheProcessThatIsKilled", nullptr);
  _exit(127);
}

// Reads lines until `count` have come, kills the writer, and reads what it had said by then.
std::string read_until_killed(int descriptor, pid_t writer, size_t count) {
  std::string text;
  size_t lines = 0;
  bool killed = false;
  char buffer[4096];
  while (true) {
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    lines += static_cast<size_t>(std::count(buffer, buffer + got, '\n'));
    if (lines >= count && !killed) {
      kill(writer, SIGKILL);
      killed = true;
    }
  }
}

TEST(StoreCrash, WhatWasAcknowledgedSurvivesAKill) {
  const TestFolder folder;
  const std::string path = folder.file("weft.db");
  Random random(20261122);
  std::set<std::string> acknowledged;
  uint64_t newest = 0;
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t writer = start_writer(path, round, ends[1]);
    close(ends[1]);
    const std::string said = read_until_killed(ends[0], writer, 1 + random.below(200));
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << status;
    for (const std::string_view line : split(said, '\n')) {
      const size_t space = line.find(' ');
      uint64_t revision = 0;
      // The last line may be cut short by the kill.
      if (space == std::string_view::npos || !parse_number(line.substr(space + 1), revision)) continue;
      acknowledged.emplace(line.substr(0, space));
      newest = std::max(newest, revision);
    }

    Result<std::unique_ptr<Store>> store = open_sqlite_store(path);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_GE((*store)->revision(), newest);
    const std::vector<std::string> stored = names_in(**store, "Secret", "m");
    const std::vector<std::string> twins = names_in(**store, "Secret", "twin");
    EXPECT_EQ(stored, twins) << "half of a transaction is there";
    for (const std::string& name : acknowledged)
      ASSERT_TRUE(std::binary_search(stored.begin(), stored.end(), name)) << name << " was lost";
  }
  EXPECT_GT(acknowledged.size(), size_t{kRounds});
  Result<Database> database = Database::open(path);
  EXPECT_EQ(*database->number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
}

}  // namespace
}  // namespace weft::cp
