#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace weft {
namespace {

TEST(Log, C4_59_AReaderThatStandsStillCostsLinesAndNoTime) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
  const int before = dup(STDERR_FILENO);
  dup2(pipe_ends[1], STDERR_FILENO);
  drop_log_lines_rather_than_wait();
  const std::string text(1000, 'x');
  // A pipe holds 64 KiB: without dropping this would wait for ever.
  for (int i = 0; i < 200; ++i) log_error(text);
  const uint64_t dropped = log_lines_dropped();
  std::string bytes(1 << 20, '\0');
  const ssize_t got = read(pipe_ends[0], bytes.data(), bytes.size());
  log_error("after that");
  const ssize_t after = read(pipe_ends[0], bytes.data() + got, bytes.size() - static_cast<size_t>(got));
  dup2(before, STDERR_FILENO);
  close(before);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  EXPECT_GT(dropped, 100u);
  EXPECT_LT(dropped, 200u);
  ASSERT_GT(after, 0);
  bytes.resize(static_cast<size_t>(got + after));
  EXPECT_NE(bytes.find("after that"), std::string::npos);
  // Every line that was taken was taken whole.
  EXPECT_EQ(bytes.back(), '\n');
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(bytes.substr(at, 2), "20");
    at = end + 1;
  }
  EXPECT_EQ(log_lines_dropped(), dropped);
}

}  // namespace
}  // namespace weft
