#include "base/spiffe_id.h"

#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

using namespace std::string_view_literals;

TEST(SpiffeId, HasATrustDomainAndAPath) {
  const auto id = parse_spiffe_id("spiffe://default.east.mesh.local/ns/shop/sa/web_1.A");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->trust_domain, "default.east.mesh.local");
  EXPECT_EQ(id->path, "/ns/shop/sa/web_1.A");
}

TEST(SpiffeId, ATrustDomainsOwnIdIsNoWorkloads) {
  EXPECT_FALSE(parse_spiffe_id("spiffe://default").has_value());
  EXPECT_FALSE(parse_spiffe_id("spiffe://default/").has_value());
}

TEST(SpiffeId, WhatIsNotInItsOneFormIsNone) {
  for (const std::string_view text : {""sv,
                                      "spiffe:"sv,
                                      "spiffe://"sv,
                                      "spiffe:///a"sv,
                                      "https://td/a"sv,
                                      "SPIFFE://td/a"sv,
                                      "Spiffe://td/a"sv,
                                      "spiffe:/td/a"sv,
                                      " spiffe://td/a"sv,
                                      "spiffe://td/a "sv,
                                      "spiffe://TD/a"sv,
                                      "spiffe://td:443/a"sv,
                                      "spiffe://user@td/a"sv,
                                      "spiffe://td/a?q"sv,
                                      "spiffe://td/a#f"sv,
                                      "spiffe://td?q"sv,
                                      "spiffe://td/a%2fb"sv,
                                      "spiffe://t%64/a"sv,
                                      "spiffe://td/a/"sv,
                                      "spiffe://td//a"sv,
                                      "spiffe://td/a//b"sv,
                                      "spiffe://td/."sv,
                                      "spiffe://td/.."sv,
                                      "spiffe://td/a/../b"sv,
                                      "spiffe://td/a/./b"sv,
                                      "spiffe://td/a\0b"sv,
                                      "spiffe://td/a\\b"sv,
                                      "spiffe://t\xc3\xa4/a"sv,
                                      "spiffe://td/\xc3\xa4"sv,
                                      "spiffe://[::1]/a"sv,
                                      "spiffe://td/a;b"sv,
                                      "spiffe://td/a*"sv}) {
    EXPECT_FALSE(parse_spiffe_id(text).has_value()) << text;
  }
}

TEST(SpiffeId, DotsWithinASegmentAreOrdinary) {
  EXPECT_TRUE(parse_spiffe_id("spiffe://td/...").has_value());
  EXPECT_TRUE(parse_spiffe_id("spiffe://td/.a/a..b").has_value());
}

TEST(SpiffeId, LengthsAreBounded) {
  const std::string domain(255, 'd');
  EXPECT_TRUE(parse_spiffe_id("spiffe://" + domain + "/a").has_value());
  EXPECT_FALSE(parse_spiffe_id("spiffe://d" + domain + "/a").has_value());
  const std::string longest = "spiffe://td/" + std::string(kMaxSpiffeId - 12, 'p');
  EXPECT_TRUE(parse_spiffe_id(longest).has_value());
  EXPECT_FALSE(parse_spiffe_id(longest + "p").has_value());
}

TEST(SpiffeId, APathIsMadeOfSegments) {
  EXPECT_TRUE(is_spiffe_path("/workload/web"));
  EXPECT_FALSE(is_spiffe_path("workload"));
  EXPECT_FALSE(is_spiffe_path(""));
  EXPECT_FALSE(is_spiffe_path("/"));
  EXPECT_FALSE(is_spiffe_path("/a/"));
  EXPECT_FALSE(is_spiffe_path("/a b"));
}

TEST(SpiffeId, ATrustDomainIsLowerCase) {
  EXPECT_TRUE(is_trust_domain("a-b_c.9"));
  EXPECT_FALSE(is_trust_domain(""));
  EXPECT_FALSE(is_trust_domain("A"));
  EXPECT_FALSE(is_trust_domain("a/b"));
}

TEST(SpiffeId, ATrustDomainIsNoStepOfAPath) {
  EXPECT_FALSE(is_trust_domain("."));
  EXPECT_FALSE(is_trust_domain(".."));
  EXPECT_FALSE(parse_spiffe_id("spiffe://./shop/sa/web").has_value());
}

}  // namespace
}  // namespace weft
