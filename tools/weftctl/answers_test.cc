// What weftctl makes of answers and of words: errors, warnings, resource types, tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/weftctl/api_error.h"
#include "tools/weftctl/delivery.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/token.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ApiErrorTest, PrintsTitleDetailAndOneLineAViolation) {
  const Answer answer{400, R"({"title":"Could not process a resource","detail":"Resource is not valid","status":400,
    "invalid_parameters":[{"field":"name","reason":"cannot be empty"},{"field":"","reason":"odd"}]})"};
  EXPECT_EQ(read_error(answer).text(),
            "Could not process a resource (Resource is not valid)\n* name: cannot be empty\n* odd");
}

TEST(ApiErrorTest, OldServersAndOtherServersAreUnderstood) {
  const Answer old{400, R"({"title":"T","details":"D","causes":[{"field":"f","message":"m"}]})"};
  EXPECT_EQ(read_error(old).text(), "T (D)\n* f: m");
  EXPECT_EQ(read_error({502, "<html>Bad Gateway</html>"}).text(),
            "the control plane answered 502 (<html>Bad Gateway</html>)");
}

TEST(ApiErrorTest, WarningsAreRead) {
  EXPECT_THAT(read_warnings({200, R"({"warnings":["a","b"]})"}), ElementsAre("a", "b"));
  EXPECT_THAT(read_warnings({200, "{}"}), ElementsAre());
}

Kinds kinds() {
  return Kinds({{"GlobalSecret", "globalsecrets", true, false, false, true},
                {"Mesh", "meshes", true, false, false, true},
                {"MeshRetry", "meshretries", false, false, true, true}});
}

TEST(KindsTest, SingularPluralAndDashesNameTheSameType) {
  const Kinds all = kinds();
  for (const char* word : {"meshretry", "meshretries", "MeshRetry"})
    EXPECT_EQ(all.by_word(word)->type, "MeshRetry") << word;
  for (const char* word : {"global-secret", "globalsecrets", "global-secrets"})
    EXPECT_EQ(all.by_word(word)->type, "GlobalSecret") << word;
  EXPECT_EQ(all.by_word("retry"), nullptr);
  EXPECT_THAT(reason(all.unknown_word("meshretri")),
              StartsWith("unknown TYPE: meshretri (did you mean meshretry?). Allowed values: globalsecret, mesh"));
  EXPECT_EQ(all.type_like("MeshRety"), "MeshRetry");
}

TEST(KindsTest, PathsAreEncoded) {
  const Kinds all = kinds();
  EXPECT_EQ(all.by_type("MeshRetry")->item("a b", "c/d?e"), "/meshes/a%20b/meshretries/c%2Fd%3Fe");
  EXPECT_EQ(all.by_type("Mesh")->item("ignored", "m"), "/meshes/m");
}

TEST(DeliveryTest, AWaitIsADuration) {
  EXPECT_EQ(*parse_wait("1m30s"), std::chrono::seconds(90));
  EXPECT_THAT(reason(parse_wait("soon").status()), HasSubstr("--wait"));
  EXPECT_FALSE(parse_wait("-1s").ok());
}

TEST(TokenTest, ATokenHasThreePartsAndTheKeysPublicHalfFits) {
  const auto key = make_signing_key();
  ASSERT_TRUE(key.ok());
  EXPECT_THAT(*key, StartsWith("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_THAT(*public_key_of(*key), StartsWith("-----BEGIN PUBLIC KEY-----"));
  const auto token = sign_token(*key, "1", object({{"Name", text("web")}}), std::chrono::hours(1));
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(split(*token, '.').size(), 3u);
  // {"alg":"RS256","kid":"1","typ":"JWT"}
  EXPECT_THAT(*token, StartsWith("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEiLCJ0eXAiOiJKV1QifQ."));
}

TEST(TokenTest, AKeyThatIsNoneIsRefusedWithoutRepeatingIt) {
  const auto token = sign_token("top secret", "1", object(), std::chrono::hours(1));
  EXPECT_EQ(reason(token.status()), "not an RSA private key in PEM form");
}

TEST(TokenTest, Base64IsPadded) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("a"), "YQ==");
  EXPECT_EQ(base64("abc"), "YWJj");
}

}  // namespace
}  // namespace weft::ctl
