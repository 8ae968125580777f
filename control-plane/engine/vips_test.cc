#include "control-plane/engine/vips.h"

#include <gtest/gtest.h>

namespace weft::cp {
namespace {

TEST(VipRange, GivesAddressesOneAfterTheOther) {
  VipRange range = VipRange::parse("241.0.0.0/8").value();
  TakenVips taken;
  EXPECT_EQ(range.next(taken), "241.0.0.1");
  EXPECT_EQ(range.next(taken), "241.0.0.2");
  EXPECT_EQ(taken.size(), 2u);
}

TEST(VipRange, GoesOnAfterTheHighestThatIsTaken) {
  VipRange range = VipRange::parse("241.0.0.0/8").value();
  TakenVips taken{*parse_ipv4("241.0.1.7"), *parse_ipv4("241.0.0.2"), *parse_ipv4("10.0.0.1"),
                  *parse_ipv4("250.0.0.1")};
  EXPECT_EQ(range.next(taken), "241.0.1.8");
}

TEST(VipRange, AnAddressThatCameFreeIsTheLastToBeGivenAnew) {
  VipRange range = VipRange::parse("10.1.0.0/29").value();  // .1 to .6
  TakenVips taken;
  for (int i = 1; i <= 5; ++i) EXPECT_TRUE(range.next(taken).has_value());
  taken.erase(*parse_ipv4("10.1.0.2"));
  EXPECT_EQ(range.next(taken), "10.1.0.6");
  EXPECT_EQ(range.next(taken), "10.1.0.2");
}

TEST(VipRange, WhenAllAreTakenThereIsNone) {
  VipRange range = VipRange::parse("10.1.0.0/30").value();
  TakenVips taken;
  EXPECT_EQ(range.next(taken), "10.1.0.1");
  EXPECT_EQ(range.next(taken), "10.1.0.2");
  EXPECT_EQ(range.next(taken), std::nullopt);
  taken.erase(*parse_ipv4("10.1.0.1"));
  EXPECT_EQ(range.next(taken), "10.1.0.1");
}

TEST(VipRange, WhatIsNoRangeIsRefused) {
  for (const char* text : {"", "241.0.0.0", "241.0.0.0/", "241.0.0/8", "241.0.0.0/0", "241.0.0.0/31", "241.0.0.0/x",
                           "fd00::/8", "241.0.0.1/8"}) {
    EXPECT_FALSE(VipRange::parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace weft::cp
