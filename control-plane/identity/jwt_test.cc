#include "control-plane/identity/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/identity/base64url.h"

namespace weft::cp {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

const SigningKey& first_key() {
  static const SigningKey key = SigningKey::generate().value();
  return key;
}
const SigningKey& second_key() {
  static const SigningKey key = SigningKey::generate().value();
  return key;
}
KeyRing one_key() { return {{1, first_key()}}; }

// A token with any header and payload, signed as RS256 by the first key.
std::string forge(std::string_view header, std::string_view payload) {
  const std::string text = cat(base64url_encode(header), '.', base64url_encode(payload));
  return cat(text, '.', base64url_encode(first_key().sign(text).value()));
}
constexpr std::string_view kHeader = R"({"alg":"RS256","kid":"1","typ":"JWT"})";

std::string refusal(std::string_view token, const KeyRing& keys = one_key()) {
  const Result<std::string> claims = verify_jwt(token, keys, kNow);
  return claims.ok() ? "accepted" : reason(claims.status());
}

TEST(Jwt, WhatWasSignedIsVerifiedAndItsClaimsComeBack) {
  const std::string token = sign_jwt(R"({"Name":"web"})", one_key()).value();
  EXPECT_EQ(verify_jwt(token, one_key(), kNow).value(), R"({"Name":"web"})");
  EXPECT_EQ(std::count(token.begin(), token.end(), '.'), 2);
  EXPECT_EQ(token.find('='), std::string::npos);
}

TEST(Jwt, TheHighestSerialSigns) {
  const KeyRing both{{9, first_key()}, {10, second_key()}};
  const std::string token = sign_jwt("{}", both).value();
  EXPECT_EQ(base64url_decode(split(token, '.')[0]).value(), R"({"alg":"RS256","kid":"10","typ":"JWT"})");
  EXPECT_TRUE(verify_jwt(token, both, kNow).ok());
  EXPECT_EQ(refusal(token, {{9, first_key()}}), "the token was signed by key 10, which is not known");
  EXPECT_TRUE(is_not_found(sign_jwt("{}", {}).status()));
}

TEST(Jwt, EveryWrongHeaderHasItsOwnReason) {
  EXPECT_EQ(refusal(""), "the token is empty");
  EXPECT_EQ(refusal("abc"), "not a JSON web token: it must have three parts, separated by dots");
  EXPECT_EQ(refusal("a.b.c.d"), "not a JSON web token: it must have three parts, separated by dots");
  EXPECT_EQ(refusal("e30=.e30.e30"), "garbled token: a part is not base64url");
  EXPECT_EQ(refusal(std::string(kMaxTokenBytes + 1, 'a')), "the token is longer than 16384 bytes");
  EXPECT_EQ(refusal(forge("[]", "{}")), "garbled token: its header is not a JSON object");
  EXPECT_EQ(refusal(forge("{}", "{}")), "the token does not say its algorithm");
  EXPECT_EQ(refusal(forge(R"({"alg":"RS256"})", "{}")), "the token does not say which key signed it (kid)");
  EXPECT_EQ(refusal(forge(R"({"alg":"RS256","kid":1})", "{}")), "the token does not say which key signed it (kid)");
  EXPECT_EQ(refusal(forge(R"({"alg":"RS256","kid":"../1"})", "{}")), "the token's kid is not a key serial");
  EXPECT_EQ(refusal(forge(R"({"alg":"RS256","kid":"1","crit":["b64"]})", "{}")),
            "the token demands extensions (crit) that are not known here");
  EXPECT_EQ(refusal(forge(kHeader, "[1]")), "garbled token: its payload is not a JSON object");
}

TEST(Jwt, AnUnsignedTokenIsRefused) {
  const std::string token = cat(base64url_encode(R"({"alg":"none","kid":"1"})"), '.', base64url_encode("{}"), '.');
  EXPECT_EQ(refusal(token), "the token's algorithm \"none\" is not accepted, only RS256");
  const std::string unsigned_rs256 = cat(base64url_encode(kHeader), '.', base64url_encode("{}"), '.');
  EXPECT_EQ(refusal(unsigned_rs256), "the token's signature does not match its content");
}

TEST(Jwt, AnHmacKeyedWithThePublicKeyIsRefused) {
  const std::string text = cat(base64url_encode(R"({"alg":"HS256","kid":"1"})"), '.', base64url_encode("{}"));
  unsigned char mac[32];
  unsigned size = 0;
  ASSERT_NE(
      HMAC(EVP_sha256(), "public", 6, reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size),
      nullptr);
  const std::string token = cat(text, '.', base64url_encode({reinterpret_cast<char*>(mac), size}));
  EXPECT_EQ(refusal(token), "the token's algorithm \"HS256\" is not accepted, only RS256");
}

TEST(Jwt, AChangedPayloadOrAForeignKeyBreaksTheSignature) {
  const std::string token = sign_jwt(R"({"Name":"web"})", one_key()).value();
  const auto parts = split(token, '.');
  const std::string changed = cat(parts[0], '.', base64url_encode(R"({"Name":"db"})"), '.', parts[2]);
  EXPECT_EQ(refusal(changed), "the token's signature does not match its content");
  EXPECT_EQ(refusal(token, {{1, second_key()}}), "the token's signature does not match its content");
}

TEST(Jwt, TimesAreChecked) {
  EXPECT_EQ(refusal(forge(kHeader, R"({"exp":1800000001})")), "accepted");
  EXPECT_EQ(refusal(forge(kHeader, R"({"exp":1800000000})")), "the token expired 0 s ago");
  EXPECT_EQ(refusal(forge(kHeader, R"({"exp":1799999000.5})")), "the token expired 1000 s ago");
  EXPECT_EQ(refusal(forge(kHeader, R"({"nbf":1800000000})")), "accepted");
  EXPECT_EQ(refusal(forge(kHeader, R"({"nbf":1800000060})")),
            "the token is not valid yet, but in 60 s; are the clocks right?");
  EXPECT_EQ(refusal(forge(kHeader, R"({"exp":"tomorrow"})")), "garbled token: exp is not a time");
  EXPECT_EQ(refusal(forge(kHeader, R"({"exp":1e300})")), "garbled token: exp is not a time");
  EXPECT_EQ(refusal(forge(kHeader, R"({"exp":-9223372036854775808})")).substr(0, 17), "the token expired");
  EXPECT_EQ(refusal(forge(kHeader, R"({"nbf":9223372036854775807})")).substr(0, 26), "the token is not valid yet");
}

TEST(SigningKeyTest, ItsPemIsReadBackAndSignsTheSame) {
  const std::string pem = first_key().pem().value();
  const SigningKey again = SigningKey::parse(pem).value();
  EXPECT_TRUE(first_key().verifies("message", again.sign("message").value()));
  EXPECT_FALSE(first_key().verifies("massage", again.sign("message").value()));
}

TEST(SigningKeyTest, WhatIsNoRsaKeyIsRefusedWithoutQuotingIt) {
  for (const std::string_view text : {"", "hush", "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n"}) {
    const auto key = SigningKey::parse(text);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(reason(key.status()).find("hush"), std::string::npos);
  }
}

TEST(Base64Url, DecodesExactlyWhatItEncodes) {
  for (const std::string_view text : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"}) {
    EXPECT_EQ(base64url_decode(base64url_encode(text)), std::string(text));
  }
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
  EXPECT_EQ(base64url_decode("-_9"), std::nullopt);  // left-over bits
  EXPECT_EQ(base64url_decode("A"), std::nullopt);
  EXPECT_EQ(base64url_decode("AA=="), std::nullopt);
  EXPECT_EQ(base64url_decode("+/AA"), std::nullopt);
}

}  // namespace
}  // namespace weft::cp
