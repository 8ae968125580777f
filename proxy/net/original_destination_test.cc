#include "proxy/net/original_destination.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/runtime/address.h"
#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

std::string read_back(const std::string& ip, uint16_t port, size_t bytes = sizeof(sockaddr_storage)) {
  sockaddr_storage given{};
  parse_address(ip, port, given);
  const auto found = parse_original_destination({reinterpret_cast<const std::byte*>(&given), bytes});
  return found ? address_text(*found) : "none";
}

TEST(OriginalDestination, IsReadForBothFamilies) {
  EXPECT_EQ(read_back("10.1.2.3", 8080), "10.1.2.3:8080");
  EXPECT_EQ(read_back("10.1.2.3", 8080, sizeof(sockaddr_in)), "10.1.2.3:8080");
  EXPECT_EQ(read_back("2001:db8::7", 443), "[2001:db8::7]:443");
  sockaddr_storage mapped{};
  parse_address("::ffff:241.0.0.3", 80, mapped);
  const auto found = parse_original_destination({reinterpret_cast<const std::byte*>(&mapped), sizeof mapped});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ss_family, AF_INET);
  EXPECT_EQ(address_text(*found), "241.0.0.3:80");
}

TEST(OriginalDestination, WhatIsNoAddressIsNone) {
  EXPECT_EQ(read_back("10.1.2.3", 80, sizeof(sockaddr_in) - 1), "none");
  EXPECT_EQ(read_back("2001:db8::7", 443, sizeof(sockaddr_in)), "none");
  EXPECT_EQ(read_back("10.1.2.3", 80, 1), "none");
  EXPECT_EQ(read_back("0.0.0.0", 80), "none");
  EXPECT_EQ(read_back("10.1.2.3", 0), "none");
  EXPECT_EQ(read_back("::", 80), "none");
  EXPECT_EQ(read_back("::ffff:0.0.0.0", 80), "none");
  EXPECT_EQ(read_back("nothing", 80), "none");
}

// Where no rule has touched a connection, the kernel knows of none, or names the listener itself.
TEST(OriginalDestination, AConnectionThatWasNotRedirectedHasNoOther) {
  test::TestListener listener;
  const test::Socket client = test::dial(listener.port());
  const test::Socket accepted = listener.accept();
  const auto found = original_destination(accepted.get());
  if (found) EXPECT_EQ(address_text(*found), "127.0.0.1:" + std::to_string(listener.port()));
}

}  // namespace
}  // namespace weft::proxy
