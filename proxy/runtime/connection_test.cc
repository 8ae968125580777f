#include "proxy/runtime/connection.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "proxy/runtime/sleep.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TcpPair;
using test::turn_until;

struct ConnectionTest : testing::Test {
  EventLoop loop;
  TcpPair pair;
  std::unique_ptr<Connection> connection = std::make_unique<Connection>(loop, pair.opened.release());
  char buffer[1024];

  void SetUp() override { loop.turn(milliseconds(0)); }  // takes the first event, "writable"
  IoResult read() { return connection->try_read(buffer); }
};

Task<void> wait_readable(Connection& connection, TimePoint deadline, std::optional<Wake>& out) {
  const Wake wake = co_await connection.readable(deadline);
  out = wake;
}

Task<void> wait_writable(Connection& connection, TimePoint deadline, std::optional<Wake>& out) {
  const Wake wake = co_await connection.writable(deadline);
  out = wake;
}

TEST_F(ConnectionTest, AReaderIsResumedWhenDataComes) {
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, kNever, woken));
  EXPECT_FALSE(woken);
  pair.accepted.send("hello");
  ASSERT_TRUE(turn_until(loop, [&] { return woken.has_value(); }));
  EXPECT_EQ(*woken, Wake::kReady);
  EXPECT_EQ(read().bytes, 5u);
}

TEST_F(ConnectionTest, AShortReadMeansDrained) {
  pair.accepted.send("hello");
  ASSERT_TRUE(turn_until(loop, [&] { return connection->maybe_readable(); }));
  EXPECT_EQ(read().bytes, 5u);
  EXPECT_FALSE(connection->maybe_readable());
}

TEST_F(ConnectionTest, AFullReadIsWorthAnotherTry) {
  pair.accepted.send(std::string(1500, 'x'));
  ASSERT_TRUE(turn_until(loop, [&] { return connection->maybe_readable(); }));
  EXPECT_EQ(read().bytes, 1024u);
  EXPECT_TRUE(connection->maybe_readable());
  EXPECT_EQ(read().bytes, 476u);
}

TEST_F(ConnectionTest, TheEndOfTheStreamAfterAShortReadIsNotLost) {
  pair.accepted.send("last words");
  pair.accepted.close();
  ASSERT_TRUE(turn_until(loop, [&] { return connection->peer_closed(); }));
  EXPECT_EQ(read().bytes, 10u);
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, kNever, woken));
  ASSERT_TRUE(woken);  // without another event
  EXPECT_TRUE(read().closed);
}

TEST_F(ConnectionTest, TheEndOfTheStreamThatComesLaterWakesTheReader) {
  pair.accepted.send("words");
  ASSERT_TRUE(turn_until(loop, [&] { return connection->maybe_readable(); }));
  EXPECT_EQ(read().bytes, 5u);
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, kNever, woken));
  EXPECT_FALSE(woken);
  pair.accepted.close();
  ASSERT_TRUE(turn_until(loop, [&] { return woken.has_value(); }));
  EXPECT_TRUE(read().closed);
}

TEST_F(ConnectionTest, AResetIsAnErrorAndWakesBothSides) {
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, kNever, woken));
  pair.accepted.abort();
  ASSERT_TRUE(turn_until(loop, [&] { return woken.has_value(); }));
  EXPECT_TRUE(connection->peer_closed());
  EXPECT_EQ(read().error, ECONNRESET);
}

TEST_F(ConnectionTest, AWaitEndsAtItsDeadline) {
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, loop.now() + milliseconds(20), woken));
  ASSERT_TRUE(turn_until(loop, [&] { return woken.has_value(); }));
  EXPECT_EQ(*woken, Wake::kDeadline);
}

TEST_F(ConnectionTest, ADeadlineThatHasPassedEndsTheWaitAtOnceUnlessDataIsThere) {
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, loop.now(), woken));
  EXPECT_EQ(woken, Wake::kDeadline);
  pair.accepted.send("x");
  ASSERT_TRUE(turn_until(loop, [&] { return connection->maybe_readable(); }));
  spawn(wait_readable(*connection, loop.now(), woken));
  EXPECT_EQ(woken, Wake::kReady);
}

TEST_F(ConnectionTest, TheDeadlineOfAWaitThatEndedWakesNobody) {
  std::optional<Wake> first;
  spawn(wait_readable(*connection, loop.now() + milliseconds(16), first));
  pair.accepted.send("x");
  ASSERT_TRUE(turn_until(loop, [&] { return first.has_value(); }));
  EXPECT_EQ(read().bytes, 1u);
  std::optional<Wake> second;
  const TimePoint later = loop.now() + milliseconds(60);
  spawn(wait_readable(*connection, later, second));
  ASSERT_TRUE(turn_until(loop, [&] { return second.has_value(); }));
  EXPECT_GE(loop.now(), later);
}

TEST_F(ConnectionTest, CancelEndsTheWaitOfBothSidesAndEveryLaterOne) {
  const std::string block(1 << 16, 'x');
  while (!connection->try_write(block).would_block) continue;
  std::optional<Wake> reader;
  std::optional<Wake> writer;
  spawn(wait_readable(*connection, kNever, reader));
  spawn(wait_writable(*connection, kNever, writer));
  EXPECT_FALSE(reader || writer);
  connection->cancel();
  EXPECT_EQ(reader, Wake::kCancelled);
  EXPECT_EQ(writer, Wake::kCancelled);
  spawn(wait_readable(*connection, kNever, reader = std::nullopt));
  EXPECT_EQ(reader, Wake::kCancelled);
}

struct Owner {
  std::unique_ptr<Connection>& connection;
  int waiters = 0;
};

Task<void> leave_after(Owner& owner, bool reads) {
  ++owner.waiters;
  if (reads) {
    co_await owner.connection->readable(kNever);
  } else {
    co_await owner.connection->writable(kNever);
  }
  if (--owner.waiters == 0) owner.connection.reset();
}

TEST_F(ConnectionTest, TheLastWaiterThatACancelResumesMayDestroyTheConnection) {
  const std::string block(1 << 16, 'x');
  while (!connection->try_write(block).would_block) continue;
  Owner owner{connection};
  spawn(leave_after(owner, true));
  spawn(leave_after(owner, false));
  connection->cancel();
  EXPECT_EQ(connection, nullptr);
}

TEST_F(ConnectionTest, AWriterIsResumedWhenThePeerReads) {
  const std::string block(1 << 16, 'x');
  uint64_t written = 0;
  for (;;) {
    const IoResult result = connection->try_write(block);
    if (result.would_block) break;
    written += result.bytes;
  }
  EXPECT_EQ(connection->bytes_written(), written);
  std::optional<Wake> woken;
  spawn(wait_writable(*connection, kNever, woken));
  EXPECT_FALSE(woken);
  EXPECT_EQ(pair.accepted.receive_exactly(written).size(), written);
  ASSERT_TRUE(turn_until(loop, [&] { return woken.has_value(); }));
  EXPECT_EQ(*woken, Wake::kReady);
}

TEST_F(ConnectionTest, GathersItsPiecesIntoOneSend) {
  char one[] = "one ";
  char two[] = "two";
  const iovec pieces[] = {{one, 4}, {two, 3}};
  EXPECT_EQ(connection->try_write(pieces).bytes, 7u);
  EXPECT_EQ(pair.accepted.receive(), "one two");
}

TEST_F(ConnectionTest, AHalfCloseLeavesTheOtherDirectionOpen) {
  connection->shutdown_write();
  EXPECT_EQ(pair.accepted.receive(), "");
  pair.accepted.send("still here");
  ASSERT_TRUE(turn_until(loop, [&] { return connection->maybe_readable(); }));
  EXPECT_EQ(read().bytes, 10u);
}

TEST_F(ConnectionTest, ClosesWithAResetWhenToldTo) {
  connection->reset_on_close();
  connection.reset();
  EXPECT_EQ(pair.accepted.receive(), "!" + std::to_string(ECONNRESET));
}

TEST_F(ConnectionTest, AnIdleConnectionTellsItsPoolThatThePeerLeft) {
  connection->set_idle_callback(
      [](void* owner, Connection&) { static_cast<std::unique_ptr<Connection>*>(owner)->reset(); }, &connection);
  pair.accepted.close();
  EXPECT_TRUE(turn_until(loop, [&] { return connection == nullptr; }));
}

TEST_F(ConnectionTest, AWaitingReaderGoesBeforeTheIdleCallback) {
  connection->set_idle_callback([](void*, Connection&) { FAIL(); }, nullptr);
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, kNever, woken));
  pair.accepted.close();
  EXPECT_TRUE(turn_until(loop, [&] { return woken.has_value(); }));
}

TEST_F(ConnectionTest, KnowsThatAPeerWhichLeftInOrderHadReceivedNothing) {
  ASSERT_EQ(connection->try_write(std::string_view("first")).bytes, 5u);
  EXPECT_EQ(pair.accepted.receive(), "first");
  pair.accepted.close();
  ASSERT_TRUE(turn_until(loop, [&] { return connection->peer_closed(); }));
  // The peer's close crossed our second message.
  ASSERT_EQ(connection->try_write(std::string_view("second")).bytes, 6u);
  EXPECT_TRUE(connection->nothing_acknowledged_after(5));
  EXPECT_FALSE(connection->nothing_acknowledged_after(0));
}

TEST_F(ConnectionTest, ABareResetProvesNothing) {
  ASSERT_EQ(connection->try_write(std::string_view("first")).bytes, 5u);
  EXPECT_EQ(pair.accepted.receive(), "first");
  pair.accepted.abort();
  ASSERT_TRUE(turn_until(loop, [&] { return connection->peer_closed(); }));
  EXPECT_EQ(read().error, ECONNRESET);
  EXPECT_FALSE(connection->nothing_acknowledged_after(5));
}

TEST_F(ConnectionTest, ANudgeResumesAReaderThoughNothingCame) {
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, kNever, woken));
  connection->nudge();
  EXPECT_EQ(woken, Wake::kReady);
  EXPECT_TRUE(read().would_block);
}

TEST_F(ConnectionTest, AReaderThatRestsGoesOnInTheNextTurn) {
  pair.accepted.send(std::string(2000, 'x'));
  ASSERT_TRUE(turn_until(loop, [&] { return connection->maybe_readable(); }));
  EXPECT_EQ(read().bytes, sizeof buffer);
  connection->rest();
  std::optional<Wake> woken;
  spawn(wait_readable(*connection, kNever, woken));
  EXPECT_FALSE(woken) << "there is more, but it is others' turn";
  loop.turn(seconds(10));
  ASSERT_EQ(woken, Wake::kReady);
  EXPECT_EQ(read().bytes, 2000 - sizeof buffer);
}

TEST_F(ConnectionTest, MayBeDestroyedWhileItRests) {
  pair.accepted.send(std::string(2000, 'x'));
  ASSERT_TRUE(turn_until(loop, [&] { return connection->maybe_readable(); }));
  connection->rest();
  connection.reset();
  loop.turn(milliseconds(0));
}

TEST_F(ConnectionTest, NamesItsPeer) { EXPECT_EQ(connection->peer_address().substr(0, 10), "127.0.0.1:"); }

Task<void> sleep_and_note(Sleep& sleep, std::optional<Wake>& out) {
  const Wake wake = co_await sleep;
  out = wake;
}

TEST(Sleep, EndsAtItsDeadlineOrWhenCancelled) {
  EventLoop loop;
  std::optional<Wake> first;
  std::optional<Wake> second;
  const TimePoint deadline = loop.now() + milliseconds(16);
  Sleep sleeps(loop, deadline);
  Sleep cancelled(loop, loop.now() + seconds(100));
  spawn(sleep_and_note(sleeps, first));
  spawn(sleep_and_note(cancelled, second));
  cancelled.cancel();
  EXPECT_EQ(second, Wake::kCancelled);
  ASSERT_TRUE(turn_until(loop, [&] { return first.has_value(); }));
  EXPECT_EQ(*first, Wake::kDeadline);
  EXPECT_GE(loop.now(), deadline);
}

}  // namespace
}  // namespace weft::proxy
