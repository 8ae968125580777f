#include "proxy/runtime/connect.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <optional>

#include "proxy/runtime/address.h"
#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestListener;
using test::turn_until;

Task<void> note(Task<ConnectResult> connect, std::optional<ConnectResult>& out) {
  ConnectResult result = co_await connect;
  out.emplace(std::move(result));
}

struct ConnectTest : testing::Test {
  EventLoop loop;
  std::optional<ConnectResult> result;
  ConnectCancel cancel;

  void begin(const sockaddr_in& address, TimePoint deadline, Opening opening = Opening::kAnyoneSpeaks) {
    spawn(
        note(connect_to(loop, reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline, &cancel, opening),
             result));
  }
  bool ended() {
    return turn_until(loop, [&] { return result.has_value(); });
  }
};

TEST_F(ConnectTest, OpensAConnectionThatWorks) {
  TestListener listener;
  begin(listener.address, loop.now() + seconds(10));
  ASSERT_TRUE(ended());
  ASSERT_TRUE(result->connection);
  test::Socket peer = listener.accept();
  EXPECT_EQ(result->connection->try_write(std::string_view("hi")).bytes, 2u);
  EXPECT_EQ(peer.receive(), "hi");
}

TEST_F(ConnectTest, WhatStaysOnThisHostIsNotPaced) {
  TestListener listener;
  begin(listener.address, loop.now() + seconds(10));
  ASSERT_TRUE(ended());
  ASSERT_TRUE(result->connection);
  char chosen[16] = {};
  socklen_t length = sizeof chosen;
  const int descriptor = result->connection->descriptor();
  ASSERT_EQ(getsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, chosen, &length), 0);
  EXPECT_STREQ(chosen, "reno");
}

// What lets a permissive inbound tell a proxy of the mesh from a client that waits for its server.
TEST_F(ConnectTest, WhoSpeaksAtOnceIsAcceptedTogetherWithItsFirstBytes) {
  TestListener listener;
  pollfd accepting{.fd = listener.socket.get(), .events = POLLIN, .revents = 0};
  begin(listener.address, loop.now() + seconds(10), Opening::kClientSpeaks);
  ASSERT_TRUE(ended());
  EXPECT_EQ(poll(&accepting, 1, 20), 0) << "the packet that opens it waits";
  EXPECT_EQ(result->connection->try_write(std::string_view("hello")).bytes, 5u);
  test::Socket peer = listener.accept();
  char bytes[8];
  EXPECT_EQ(recv(peer.get(), bytes, sizeof bytes, MSG_DONTWAIT), 5);
  // Who says nothing after all is accepted a little later.
  result.reset();
  begin(listener.address, loop.now() + seconds(10), Opening::kClientSpeaks);
  ASSERT_TRUE(ended());
  EXPECT_EQ(poll(&accepting, 1, 5000), 1);
}

TEST_F(ConnectTest, SaysWhenItIsRefused) {
  sockaddr_in address = TestListener().address;
  begin(address, loop.now() + seconds(10));
  ASSERT_TRUE(ended());
  EXPECT_FALSE(result->connection);
  EXPECT_EQ(result->error, ECONNREFUSED);
}

// A listener whose queue is full answers no SYN.
struct FullListener {
  TestListener listener{0};
  std::vector<std::unique_ptr<Connection>> queued;
  explicit FullListener(EventLoop& loop) {
    for (int i = 0; i < 4; ++i) {
      const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      connect(descriptor, listener.raw(), sizeof listener.address);
      queued.push_back(std::make_unique<Connection>(loop, descriptor, Connection::State::kConnecting));
    }
  }
};

TEST_F(ConnectTest, EndsAtTheDeadline) {
  FullListener full(loop);
  begin(full.listener.address, loop.now() + milliseconds(20));
  ASSERT_TRUE(ended());
  EXPECT_FALSE(result->connection);
  EXPECT_TRUE(result->timed_out);
}

TEST_F(ConnectTest, EndsWhenCancelled) {
  FullListener full(loop);
  begin(full.listener.address, loop.now() + seconds(100));
  EXPECT_FALSE(result);
  cancel.cancel();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->cancelled);
  result.reset();
  begin(full.listener.address, loop.now() + seconds(100));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->cancelled);
}

TEST(Address, IsReadAndWrittenForBothFamilies) {
  sockaddr_storage address{};
  ASSERT_NE(parse_address("10.0.0.5", 8080, address), 0u);
  EXPECT_EQ(address_text(address), "10.0.0.5:8080");
  ASSERT_NE(parse_address("2001:db8::1", 80, address), 0u);
  EXPECT_EQ(address_text(address), "[2001:db8::1]:80");
  ASSERT_NE(parse_address("::ffff:10.0.0.5", 80, address), 0u);
  EXPECT_EQ(address_text(address), "10.0.0.5:80");
  EXPECT_EQ(parse_address("localhost", 80, address), 0u);
}

}  // namespace
}  // namespace weft::proxy
