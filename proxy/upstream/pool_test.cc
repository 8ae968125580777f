#include "proxy/upstream/pool.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

using test::TcpPair;
using test::turn_until;

struct PoolTest : testing::Test {
  EventLoop loop;
  ConnectionPool pool{loop};
  std::unique_ptr<Connection> open(TcpPair& pair) { return std::make_unique<Connection>(loop, pair.opened.release()); }
};

TEST_F(PoolTest, LendsTheNewestFirst) {
  TcpPair a;
  TcpPair b;
  pool.put(7, open(a), kNever, 0);
  auto newest = open(b);
  Connection* const second = newest.get();
  pool.put(7, std::move(newest), kNever, 0);
  EXPECT_EQ(pool.idle(7), 2u);
  EXPECT_EQ(pool.take(3), nullptr);
  EXPECT_EQ(pool.take(7).get(), second);
  EXPECT_NE(pool.take(7), nullptr);
  EXPECT_EQ(pool.take(7), nullptr);
}

TEST_F(PoolTest, DropsAConnectionWhosePeerClosesOrSpeaks) {
  TcpPair closing;
  TcpPair speaking;
  pool.put(0, open(closing), kNever, 0);
  pool.put(0, open(speaking), kNever, 0);
  closing.accepted.close();
  speaking.accepted.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
  EXPECT_TRUE(turn_until(loop, [&] { return pool.idle(0) == 0; }));
}

TEST_F(PoolTest, DoesNotKeepAConnectionWithUnreadBytes) {
  TcpPair pair;
  auto connection = open(pair);
  pair.accepted.send("late");
  loop.turn(std::chrono::milliseconds(0));
  pool.put(0, std::move(connection), kNever, 0);
  EXPECT_EQ(pool.idle(0), 0u);
}

TEST_F(PoolTest, ClosesWhatHasIdledTooLong) {
  TcpPair soon;
  TcpPair later;
  pool.put(0, open(soon), loop.now() + std::chrono::milliseconds(1), 0);
  pool.put(0, open(later), loop.now() + std::chrono::hours(1), 0);
  EXPECT_TRUE(turn_until(loop, [&] { return pool.idle(0) == 1; }));
  EXPECT_EQ(soon.accepted.receive(), "");
  TcpPair old;
  pool.put(1, open(old), loop.now(), 0);
  EXPECT_EQ(pool.idle(1), 0u);
}

TEST_F(PoolTest, LendsNothingThatHasExpired) {
  TcpPair pair;
  pool.put(0, open(pair), loop.now() + std::chrono::milliseconds(100), 0);
  loop.skip(std::chrono::milliseconds(101));
  loop.turn(std::chrono::milliseconds(0));
  EXPECT_EQ(pool.take(0), nullptr);
}

TEST_F(PoolTest, LearnsHowLongItsPeerLetsConnectionsIdle) {
  using namespace std::chrono_literals;
  const auto closes_after = [&](Clock::duration idle) {
    TcpPair pair;
    pool.put(0, open(pair), kNever, 0);
    loop.skip(idle);
    pair.accepted.close();
    EXPECT_TRUE(turn_until(loop, [&] { return pool.idle(0) == 0; }));
  };
  closes_after(5s);
  EXPECT_EQ(pool.idle_limit(0), IdleLimit::Duration::max());
  closes_after(5s);
  EXPECT_GE(pool.idle_limit(0), 4s);
  EXPECT_LT(pool.idle_limit(0), 5s);
  TcpPair pair;
  pool.put(0, open(pair), kNever, 0);
  loop.skip(4900ms);
  EXPECT_TRUE(turn_until(loop, [&] { return pool.idle(0) == 0; }));  // closed by us, before the peer would
  pool.close_idle(0);                                                // another address: nothing is known of it
  EXPECT_EQ(pool.idle_limit(0), IdleLimit::Duration::max());
}

TEST_F(PoolTest, KeepsNothingOfAForgottenAddressThatARunningRequestStillUsed) {
  TcpPair idle;
  TcpPair busy;
  TcpPair next;
  const uint64_t before = pool.epoch();
  pool.put(4, open(idle), kNever, before);
  pool.close_idle(4);
  EXPECT_EQ(pool.idle(4), 0u);
  pool.put(4, open(busy), kNever, before);
  EXPECT_EQ(pool.idle(4), 0u);
  pool.put(4, open(next), kNever, pool.epoch());
  EXPECT_EQ(pool.idle(4), 1u);
}

TEST_F(PoolTest, IsBounded) {
  std::vector<TcpPair> pairs(3);
  for (TcpPair& pair : pairs) pool.put(0, open(pair), kNever, 0);
  for (size_t i = pairs.size(); i < ConnectionPool::kMaxIdlePerEndpoint + 5; ++i) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) GTEST_SKIP() << "not enough descriptors";
    pool.put(0, std::make_unique<Connection>(loop, descriptor, Connection::State::kConnecting), kNever, 0);
  }
  EXPECT_EQ(pool.idle(0), ConnectionPool::kMaxIdlePerEndpoint);
}

}  // namespace
}  // namespace weft::proxy
