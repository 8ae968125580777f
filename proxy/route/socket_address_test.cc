#include "proxy/route/socket_address.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

TEST(SocketAddress, is_read_and_written_in_both_families) {
  const auto four = SocketAddress::parse("10.0.0.5", 8080);
  ASSERT_TRUE(four.has_value());
  EXPECT_EQ(four->text(), "10.0.0.5:8080");
  EXPECT_EQ(four->family(), AF_INET);
  EXPECT_EQ(four->length(), sizeof(sockaddr_in));
  EXPECT_EQ(four->get()->sa_family, AF_INET);
  const auto six = SocketAddress::parse("2001:DB8::1", 80);
  ASSERT_TRUE(six.has_value());
  EXPECT_EQ(six->text(), "[2001:db8::1]:80");
  EXPECT_EQ(six->family(), AF_INET6);
  EXPECT_EQ(six->length(), sizeof(sockaddr_in6));
}

TEST(SocketAddress, is_the_same_however_it_was_written) {
  EXPECT_EQ(SocketAddress::parse("2001:db8:0::1", 80), SocketAddress::parse("2001:db8::1", 80));
  EXPECT_NE(SocketAddress::parse("10.0.0.5", 80), SocketAddress::parse("10.0.0.5", 81));
  EXPECT_NE(SocketAddress::parse("10.0.0.5", 80), SocketAddress::parse("10.0.0.6", 80));
}

TEST(SocketAddress, is_never_made_of_a_name) {
  EXPECT_FALSE(SocketAddress::parse("localhost", 80).has_value());
  EXPECT_FALSE(SocketAddress::parse("", 80).has_value());
  EXPECT_FALSE(SocketAddress::parse("10.0.0", 80).has_value());
}

}  // namespace
}  // namespace weft::proxy
