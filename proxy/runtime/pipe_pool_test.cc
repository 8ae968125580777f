#include "proxy/runtime/pipe_pool.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "proxy/runtime/connection.h"
#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

TEST(PipePool, LendsSoManyAndKeepsEmptyOnes) {
  PipePool pool;
  {
    std::vector<Pipe> pipes;
    for (size_t i = 0; i < PipePool::kLent; ++i) {
      pipes.push_back(pool.take());
      ASSERT_TRUE(pipes.back());
    }
    EXPECT_FALSE(pool.take());
    EXPECT_EQ(pool.lent(), PipePool::kLent);
  }
  EXPECT_EQ(pool.lent(), 0u);
  EXPECT_EQ(pool.kept(), 16u);
}

TEST(PipePool, DoesNotLendWhatSomebodyLeftInAPipe) {
  PipePool pool;
  {
    Pipe pipe = pool.take();
    ASSERT_EQ(write(pipe.in(), "secret", 6), 6);
    pipe.held = 6;
  }
  EXPECT_EQ(pool.kept(), 0u);
}

TEST(Splice, MovesBytesAndTellsEndAndReset) {
  PipePool pool;
  EventLoop loop;
  test::TcpPair pair;
  Connection connection(loop, pair.opened.release());
  Pipe pipe = pool.take();
  EXPECT_TRUE(connection.splice_into(pipe.in(), PipePool::kPipeBytes).would_block);
  pair.accepted.send("hello");
  IoResult io;
  ASSERT_TRUE(test::turn_until(loop, [&] {
    io = connection.splice_into(pipe.in(), PipePool::kPipeBytes);
    return !io.would_block;
  }));
  EXPECT_EQ(io.bytes, 5u);
  EXPECT_EQ(connection.splice_from(pipe.out(), 5).bytes, 5u);
  EXPECT_EQ(pair.accepted.receive(), "hello");
  shutdown(pair.accepted.get(), SHUT_WR);
  ASSERT_TRUE(test::turn_until(loop, [&] { return connection.peer_closed(); }));
  EXPECT_TRUE(connection.splice_into(pipe.in(), PipePool::kPipeBytes).closed);
  ASSERT_EQ(write(pipe.in(), "late", 4), 4);
  pipe.held = 4;
  pair.accepted.abort();
  // No signal ends the process.
  ASSERT_TRUE(test::turn_until(loop, [&] {
    io = connection.splice_from(pipe.out(), 4);
    return io.error != 0;
  }));
}

}  // namespace
}  // namespace weft::proxy
