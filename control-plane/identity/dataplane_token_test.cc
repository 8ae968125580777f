#include "control-plane/identity/dataplane_token.h"

#include <gtest/gtest.h>

#include "control-plane/identity/jwt.h"
#include "control-plane/identity/user_token.h"

namespace weft::cp {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::chrono::hours kHour{1};

const KeyRing& keys() {
  static const KeyRing ring{{1, SigningKey::generate().value()}};
  return ring;
}
const KeyRing& other_keys() {
  static const KeyRing ring{{1, SigningKey::generate().value()}};
  return ring;
}
std::string issue(DataplaneToken token) { return issue_dataplane_token(std::move(token), kHour, keys(), kNow).value(); }
const DataplaneToken kWeb{
    .name = "web-1", .mesh = "default", .tags = {{"team", {"shop", "search"}}}, .workload = "web"};

TEST(DataplaneTokenTest, WhatItIsBoundToComesBack) {
  const DataplaneToken token = verify_dataplane_token(issue(kWeb), "default", keys(), {}, kNow).value();
  EXPECT_EQ(token.name, "web-1");
  EXPECT_EQ(token.mesh, "default");
  EXPECT_EQ(token.tags, kWeb.tags);
  EXPECT_EQ(token.workload, "web");
  EXPECT_EQ(token.id.size(), 36u);
}

TEST(DataplaneTokenTest, ClaimsAreWrittenAsTheContractNamesThem) {
  const std::string claims = verify_jwt(issue({.name = "a", .mesh = "m", .id = "id-1"}), keys(), kNow).value();
  EXPECT_EQ(claims, R"({"Name":"a","Mesh":"m","Tags":{},"Type":"","Workload":"","jti":"id-1",)"
                    R"("iat":1800000000,"nbf":1799999995,"exp":1800003600})");
}

TEST(DataplaneTokenTest, ItIsRefusedOnceRevokedOrExpired) {
  DataplaneToken token = kWeb;
  token.id = "gone";
  const std::string text = issue(token);
  EXPECT_EQ(reason(verify_dataplane_token(text, "default", keys(), parse_revocations("a, gone ,b"), kNow).status()),
            "the token was revoked");
  EXPECT_EQ(reason(verify_dataplane_token(text, "default", keys(), {}, kNow + 2 * kHour).status()),
            "the token expired 3600 s ago");
  EXPECT_TRUE(verify_dataplane_token(text, "default", keys(), parse_revocations(" , ,"), kNow).ok());
}

TEST(DataplaneTokenTest, ATokenOfAnotherMeshIsNamedAsThat) {
  EXPECT_EQ(reason(verify_dataplane_token(issue(kWeb), "payments", other_keys(), {}, kNow).status()),
            "the token is for mesh \"default\", not \"payments\"");
  EXPECT_EQ(reason(verify_dataplane_token(issue(kWeb), "default", other_keys(), {}, kNow).status()),
            "the token's signature does not match its content");
}

TEST(DataplaneTokenTest, ATokenForAnotherKindOfProxyIsRefused) {
  DataplaneToken token = kWeb;
  token.type = "ingress";
  EXPECT_FALSE(verify_dataplane_token(issue(token), "default", keys(), {}, kNow).ok());
}

TEST(DataplaneTokenTest, GarbledClaimsAreRefused) {
  for (const std::string_view claims :
       {R"({"Name":1})", R"({"Tags":[]})", R"({"Tags":{"a":"b"}})", R"({"Tags":{"a":[1]}})", R"({"jti":{}})"}) {
    const std::string text = sign_jwt(claims, keys()).value();
    EXPECT_FALSE(verify_dataplane_token(text, "default", keys(), {}, kNow).ok()) << claims;
  }
}

TEST(DataplaneTokenTest, NameMeshLabelsAndWorkloadAreHeldAgainstTheDataplane) {
  struct Case {
    std::string mesh, name;
    std::map<std::string, std::string> labels;
    std::string expected;
  };
  const Case cases[] = {
      {"default", "web-1", {{"team", "shop"}, {"kuma.io/workload", "web"}}, ""},
      {"default", "web-1", {{"team", "search"}, {"kuma.io/workload", "web"}, {"x", "y"}}, ""},
      {"payments", "web-1", {}, "the token is for mesh \"default\", not \"payments\""},
      {"default", "web-2", {}, "the token is for dataplane \"web-1\", not \"web-2\""},
      {"default", "web-1", {}, "the token demands label \"team\", which the Dataplane does not have"},
      {"default", "web-1", {{"team", "ads"}}, "the token does not allow \"ads\" as label \"team\""},
      {"default",
       "web-1",
       {{"team", "shop"}},
       "the token is for workload \"web\", but the Dataplane has no label kuma.io/workload"},
      {"default",
       "web-1",
       {{"team", "shop"}, {"kuma.io/workload", "db"}},
       "the token is for workload \"web\", not \"db\""},
  };
  for (const Case& c : cases) {
    Status status = check_token_name(kWeb, c.mesh, c.name);
    if (status.ok()) status = check_token_labels(kWeb, c.labels);
    EXPECT_EQ(reason(status), c.expected);
  }
  EXPECT_TRUE(check_token_name({}, "any", "thing").ok());
  EXPECT_TRUE(check_token_labels({}, {}).ok());
}

TEST(UserTokenTest, NameAndGroupsComeBackAndADataplaneTokenIsNoUserToken) {
  const std::string text = issue_user_token({.name = "jo", .groups = {"a", "b"}}, kHour, keys(), kNow).value();
  const UserToken token = verify_user_token(text, keys(), {}, kNow).value();
  EXPECT_EQ(token.name, "jo");
  EXPECT_EQ(token.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reason(verify_user_token(text, keys(), {token.id}, kNow).status()), "the token was revoked");
  EXPECT_EQ(reason(verify_user_token(issue({.mesh = "default"}), keys(), {}, kNow).status()),
            "the token does not name a user");
}

}  // namespace
}  // namespace weft::cp
