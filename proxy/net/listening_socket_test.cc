#include "proxy/net/listening_socket.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

using test::TestListener;

std::string address_in_use(uint16_t port) { return "127.0.0.1:" + std::to_string(port) + ": Address already in use"; }

TEST(ListeningSocket, OneAddressIsSharedByAsManySocketsAsThereAreWorkers) {
  const uint16_t port = test::free_port();
  const auto sockets = open_listening_sockets("127.0.0.1", port, 3);
  ASSERT_TRUE(sockets.ok()) << reason(sockets.status());
  EXPECT_EQ(sockets->size(), 3u);
  EXPECT_GE(test::dial(port).get(), 0);
}

TEST(ListeningSocket, AnAddressInUseIsNamedWithTheReason) {
  TestListener holder;
  const auto sockets = open_listening_sockets("127.0.0.1", holder.port(), 1);
  ASSERT_FALSE(sockets.ok());
  EXPECT_EQ(reason(sockets.status()), address_in_use(holder.port()));
}

TEST(ListeningSocket, AnAddressInUseIsRefusedEvenWhenItsHolderWouldShareIt) {
  const uint16_t port = test::free_port();
  const auto holder = open_listening_sockets("127.0.0.1", port, 2);  // with SO_REUSEPORT
  ASSERT_TRUE(holder.ok());
  const auto sockets = open_listening_sockets("127.0.0.1", port, 2);
  ASSERT_FALSE(sockets.ok());
  EXPECT_EQ(reason(sockets.status()), address_in_use(port));
}

TEST(ListeningSocket, AnAddressIsFreeAgainWhenItsSocketsAreClosedThoughConnectionsLinger) {
  const uint16_t port = test::free_port();
  test::Socket client;
  {
    const auto sockets = open_listening_sockets("127.0.0.1", port, 2);
    ASSERT_TRUE(sockets.ok());
    client = test::dial(port);
  }
  EXPECT_TRUE(open_listening_sockets("127.0.0.1", port, 2).ok());
}

TEST(ListeningSocket, ListensOnIpv6) {
  const auto sockets = open_listening_sockets("::1", 0, 1);
  ASSERT_TRUE(sockets.ok()) << reason(sockets.status());
}

TEST(ListeningSocket, WhatIsNotAnIpAddressIsNamed) {
  const auto sockets = open_listening_sockets("localhost", 80, 1);
  ASSERT_FALSE(sockets.ok());
  EXPECT_EQ(reason(sockets.status()), "localhost:80: not an IP address");
  EXPECT_EQ(listener_address("::1", 80), "[::1]:80");
}

TEST(ListeningSocket, AcceptedConnectionsSendWithoutDelay) {
  const uint16_t port = test::free_port();
  const auto sockets = open_listening_sockets("127.0.0.1", port, 1);
  ASSERT_TRUE(sockets.ok());
  test::Socket client = test::dial(port);
  const test::Socket accepted(accept4(sockets->front().descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_GE(accepted.get(), 0);
  int no_delay = 0;
  socklen_t length = sizeof no_delay;
  ASSERT_EQ(getsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &length), 0);
  EXPECT_NE(no_delay, 0);
}

TEST(ListeningSocket, WhatIsAcceptedFromThisHostIsNotPaced) {
  const uint16_t port = test::free_port();
  const auto sockets = open_listening_sockets("127.0.0.1", port, 1);
  ASSERT_TRUE(sockets.ok());
  test::Socket client = test::dial(port);
  const test::Socket accepted(accept4(sockets->front().descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_GE(accepted.get(), 0);
  char chosen[16] = {};
  socklen_t length = sizeof chosen;
  ASSERT_EQ(getsockopt(accepted.get(), IPPROTO_TCP, TCP_CONGESTION, chosen, &length), 0);
  EXPECT_STREQ(chosen, "reno");
}

}  // namespace
}  // namespace weft::proxy
