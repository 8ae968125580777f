// Tokens of users and zones: every way to be let in, and every way not to be.
#include "control-plane/identity/user_token.h"

#include <gtest/gtest.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/text.h"
#include "control-plane/identity/base64url.h"
#include "control-plane/identity/jwt.h"
#include "control-plane/identity/zone_token.h"

namespace weft::cp {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::chrono::hours kDay{24};

const SigningKey& first_key() {
  static const SigningKey key = SigningKey::generate().value();
  return key;
}
const SigningKey& second_key() {
  static const SigningKey key = SigningKey::generate().value();
  return key;
}
KeyRing ring() { return {{1, first_key()}}; }

std::string jo(std::string id = "") {
  return issue_user_token({"jo", {"team-a", "team-b"}, std::move(id)}, kDay, ring(), kNow).value();
}

std::string refusal(std::string_view token, std::chrono::sys_seconds now = kNow, const KeyRing& keys = ring(),
                    const ForeignKeys& foreign = {}) {
  const Result<UserToken> user = verify_user_token(token, keys, {"gone"}, now, foreign);
  return user.ok() ? "accepted" : reason(user.status());
}

// A token of jo's with another header, signed as RS256 by the first key.
std::string with_header(std::string_view header) {
  const std::string text = cat(base64url_encode(header), '.', split(jo(), '.')[1]);
  return cat(text, '.', base64url_encode(first_key().sign(text).value()));
}

TEST(UserTokens, NameGroupsAndIdComeBack) {
  const Result<UserToken> user = verify_user_token(jo("an-id"), ring(), {}, kNow);
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_EQ(user->name, "jo");
  EXPECT_EQ(user->groups, (std::vector<std::string>{"team-a", "team-b"}));
  EXPECT_EQ(user->id, "an-id");
}

TEST(UserTokens, ClaimsHaveTheNamesOthersReadThemBy) {
  const std::string claims = base64url_decode(split(jo("an-id"), '.')[1]).value();
  EXPECT_EQ(claims, R"({"Name":"jo","Groups":["team-a","team-b"],"jti":"an-id","iat":1800000000,)"
                    R"("nbf":1799999995,"exp":1800086400})");
}

TEST(UserTokens, AnUnsignedTokenIsRefused) {
  EXPECT_EQ(refusal(cat(base64url_encode(R"({"alg":"none","kid":"1"})"), '.', split(jo(), '.')[1], '.')),
            "the token's algorithm \"none\" is not accepted, only RS256");
}

TEST(UserTokens, ATokenSignedWithThePublicKeyAsASecretIsRefused) {
  const std::string text = cat(base64url_encode(R"({"alg":"HS256","kid":"1"})"), '.', split(jo(), '.')[1]);
  const std::string pem = first_key().pem().value();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), mac, &size);
  EXPECT_EQ(refusal(cat(text, '.', base64url_encode({reinterpret_cast<char*>(mac), size}))),
            "the token's algorithm \"HS256\" is not accepted, only RS256");
}

TEST(UserTokens, AKeyThatNobodyKnowsIsRefused) {
  EXPECT_EQ(refusal(with_header(R"({"alg":"RS256","kid":"7"})")), "the token was signed by key 7, which is not known");
  EXPECT_EQ(refusal(with_header(R"({"alg":"RS256","kid":"stranger"})")), "the token's kid is not a key serial");
}

TEST(UserTokens, AKeyNamedLikeAPathOrASecretIsRefused) {
  for (const char* kid : {"../../etc/passwd", "/dev/null", "1/../1", "1 ", "-1", "user-token-signing-key-1", ""}) {
    EXPECT_EQ(refusal(with_header(cat(R"({"alg":"RS256","kid":")", kid, "\"}"))), "the token's kid is not a key serial")
        << kid;
  }
}

TEST(UserTokens, AnExpiredTokenIsRefused) {
  EXPECT_EQ(refusal(jo(), kNow + kDay), "the token expired 0 s ago");
  EXPECT_EQ(refusal(jo(), kNow + kDay - std::chrono::seconds(1)), "accepted");
}

TEST(UserTokens, ARevokedTokenIsRefused) {
  EXPECT_EQ(refusal(jo("gone")), "the token was revoked");
  EXPECT_EQ(refusal(jo("here")), "accepted");
}

TEST(UserTokens, ATokenWithoutANameIsRefused) {
  EXPECT_EQ(refusal(sign_jwt(R"({"Groups":["mesh-system:admin"]})", ring()).value()), "the token does not name a user");
}

TEST(UserTokens, AKeyFromTheConfigurationIsKnownByItsNameAndNoOther) {
  const ForeignKeys foreign{{"partner", second_key()}};
  const std::string header = base64url_encode(R"({"alg":"RS256","kid":"partner"})");
  const std::string text = cat(header, '.', split(jo(), '.')[1]);
  const std::string token = cat(text, '.', base64url_encode(second_key().sign(text).value()));
  EXPECT_EQ(refusal(token, kNow, {}, foreign), "accepted");
  EXPECT_EQ(refusal(token, kNow, ring(), {}), "the token's kid is not a key serial");
  EXPECT_EQ(refusal(token, kNow, ring(), {{"partner", first_key()}}),
            "the token's signature does not match its content");
}

TEST(ZoneTokens, NameTheZoneAndItsScope) {
  const std::string token = issue_zone_token({"east", {"cp"}, "an-id"}, kDay, ring(), kNow).value();
  EXPECT_EQ(verify_jwt(token, ring(), kNow).value(),
            R"({"Zone":"east","Scope":["cp"],"jti":"an-id","iat":1800000000,"nbf":1799999995,"exp":1800086400})");
  EXPECT_TRUE(is_not_found(issue_zone_token({"east", {}, ""}, kDay, {}, kNow).status()));
}

}  // namespace
}  // namespace weft::cp
