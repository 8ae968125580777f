// Who may do what, tokens for everybody, pages of other origins, paths below a base.
#include <gmock/gmock.h>

#include "control-plane/source/api_test_fixture.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

class ApiTokens : public ApiTest {
 protected:
  void SetUp() override {
    hooks_.issue_dataplane_token = [](const DataplaneTokenRequest& request) -> Result<std::string> {
      return request.mesh;
    };
    hooks_.issue_user_token = [](const UserTokenRequest& request) -> Result<std::string> {
      if (request.name == "keyless") return not_found("there is no signing key for user tokens");
      return cat(request.name, "|", join(request.groups, ","), "|", request.valid_for.count());
    };
    hooks_.issue_zone_token = [](const ZoneTokenRequest& request) -> Result<std::string> {
      return cat(request.zone, "|", join(request.scope, ","), "|", request.valid_for.count());
    };
    ApiTest::SetUp();
  }
  TestAnswer ask(std::string_view kind, std::string_view body, std::string headers = "") {
    return client_->send("POST", cat("/tokens/", kind), body, std::move(headers));
  }
  std::string reason_of(std::string_view kind, std::string_view body) {
    const TestAnswer answer = ask(kind, body);
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(at(answer, {"title"}), "Invalid request");
    return cat(at(answer, {"invalid_parameters", "0", "field"}), " ",
               at(answer, {"invalid_parameters", "0", "reason"}));
  }
};

TEST_F(ApiTokens, ForAUserNeedANameAndATime) {
  EXPECT_EQ(ask("user", R"({"name":"jo","groups":["a","b"],"validFor":"24h"})").body, "jo|a,b|86400");
  EXPECT_EQ(ask("user", R"({"name":"jo","validFor":"1ms"})").body, "jo||1") << "never nothing";
  EXPECT_EQ(reason_of("user", R"({"validFor":"24h"})"), "name cannot be empty");
  EXPECT_EQ(reason_of("user", R"({"name":"jo"})"), "validFor cannot be empty");
  EXPECT_EQ(reason_of("user", R"({"name":"jo","validFor":"0"})"), "validFor cannot be empty or nil");
  EXPECT_THAT(reason_of("user", R"({"name":"jo","validFor":"soon"})"), HasSubstr("validFor is invalid: "));
  EXPECT_EQ(reason_of("user", R"({"name":"jo","validFor":"-1h"})"), "validFor must not be negative");
  EXPECT_EQ(reason_of("user", R"({"name":"jo","validFor":"1h","groups":[1]})"), "groups must be a list of strings");
  const TestAnswer keyless = ask("user", R"({"name":"keyless","validFor":"1h"})");
  EXPECT_EQ(keyless.status, 404);
  EXPECT_EQ(at(keyless, {"title"}), "Signing Key not found");
}

TEST_F(ApiTokens, ForAZoneLastTenYearsUnlessSaidOtherwise) {
  EXPECT_EQ(ask("zone", R"({"zone":"east","scope":["cp"]})").body, "east|cp|315360000");
  EXPECT_EQ(ask("zone", R"({"zone":"east","validFor":"1h"})").body, "east||3600");
  EXPECT_EQ(ask("zone", "{}").header("content-type"), "text/plain");
}

TEST_F(ApiTokens, OnlyThoseOnTheListGetOne) {
  for (const char* kind : {"dataplane", "user", "zone"}) {
    const TestAnswer refused = ask(kind, R"({"mesh":"m"})", "Host: cp\r\n");
    EXPECT_EQ(refused.status, 403) << kind;
    EXPECT_EQ(at(refused, {"title"}), "Access Denied");
    EXPECT_THAT(at(refused, {"detail"}), HasSubstr(cat("cannot generate ", kind, " token")));
  }
  options_.access.generate_zone_token.groups.push_back("mesh-system:authenticated");
  options_.access.generate_user_token.users = {"jo"};
  start();
  const std::string jo = "Host: cp\r\nAuthorization: Bearer jo\r\n";
  EXPECT_EQ(ask("zone", "{}", jo).status, 200);
  EXPECT_EQ(ask("user", R"({"name":"x","validFor":"1h"})", jo).status, 200);
  EXPECT_EQ(ask("dataplane", R"({"mesh":"m"})", jo).status, 403);
}

TEST_F(ApiTokens, AnIssuerThatIsSwitchedOffSaysSo) {
  options_.issue_user_tokens = false;
  start();
  const TestAnswer off = ask("user", R"({"name":"x","validFor":"1h"})");
  EXPECT_EQ(off.status, 400);
  EXPECT_EQ(at(off, {"title"}), "Could not issue a token");
  EXPECT_EQ(at(off, {"detail"}), "issuing tokens using the control plane is disabled.");
  EXPECT_EQ(ask("zone", "{}").status, 200);
}

using ApiAccessLists = ApiTest;

TEST_F(ApiAccessLists, AdminResourcesAreForWhomTheyAreOpenedTo) {
  options_.access.admin_resources = {{"jo"}, {"auditors"}};
  start();
  create_mesh("default");
  EXPECT_EQ(client_->send("GET", "/meshes/default/secrets", "", "Host: cp\r\nAuthorization: Bearer jo\r\n").status,
            200);
  EXPECT_EQ(client_->send("GET", "/meshes/default/secrets", "", "Host: cp\r\nAuthorization: Bearer root\r\n").status,
            403);
  EXPECT_EQ(client_->get("/meshes/default/secrets").status, 403) << "not even for the machine itself";
}

TEST_F(ApiAccessLists, TheConfigurationIsForWhomItIsOpenedTo) {
  hooks_.config = [] { return std::string("{}"); };
  start();
  EXPECT_EQ(client_->send("GET", "/config", "", "Host: cp\r\n").status, 200);
  options_.access.control_plane_metadata = AccessList::admins();
  start();
  EXPECT_EQ(client_->send("GET", "/config", "", "Host: cp\r\n").status, 403);
  EXPECT_EQ(client_->get("/config").status, 200);
}

TEST(AccessList, TakesAUserByNameAndAnybodyOfAGroup) {
  const AccessList list{{"jo"}, {"team"}};
  EXPECT_TRUE(list.has({"jo", {}}));
  EXPECT_TRUE(list.has({"ann", {"x", "team"}}));
  EXPECT_FALSE(list.has({"ann", {"x"}}));
  EXPECT_FALSE(list.has({"team", {"jo"}})) << "a name is no group";
}

class ApiCors : public ApiTest {
 protected:
  void SetUp() override {
    options_.cors_allowed_domains = {"https://.*\\.example\\.com", "http://localhost:3000"};
    ApiTest::SetUp();
  }
};

TEST_F(ApiCors, APageOfAnAllowedOriginMayReadAnswers) {
  const TestAnswer answer = client_->send("GET", "/meshes", "", "Origin: https://a.example.com\r\n");
  EXPECT_EQ(answer.header("access-control-allow-origin"), "https://a.example.com");
  EXPECT_EQ(answer.header("vary"), "Origin");
  for (const char* origin : {"https://a.example.com.evil.net", "https://aXexample.com", "null"}) {
    EXPECT_EQ(
        client_->send("GET", "/meshes", "", cat("Origin: ", origin, "\r\n")).header("access-control-allow-origin"), "")
        << origin;
  }
  EXPECT_EQ(client_->get("/meshes").header("vary"), "");
}

TEST_F(ApiCors, ABrowserThatAsksFirstIsAnswered) {
  const TestAnswer answer = client_->send("OPTIONS", "/meshes/m", "",
                                          "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: PUT\r\n"
                                          "Access-Control-Request-Headers: content-type\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("access-control-allow-headers"), "content-type");
  EXPECT_THAT(answer.header("access-control-allow-methods"), HasSubstr("PUT"));
  EXPECT_EQ(
      client_->send("OPTIONS", "/meshes/m", "", "Origin: http://evil.net\r\nAccess-Control-Request-Method: PUT\r\n")
          .status,
      405);
}

TEST_F(ApiCors, AnExpressionThatIsNoneIsNamedAtTheStart) {
  options_.cors_allowed_domains = {"("};
  const auto started = ApiServer::start(options_, *store_, *world_, hooks_);
  EXPECT_THAT(reason(started.status()), HasSubstr("apiServer.corsAllowedDomains: \"(\" is no regular expression"));
}

TEST_F(ApiTest, EveryPathMayLieBelowABase) {
  options_.base_path = "/kuma/";
  start();
  EXPECT_EQ(client_->get("/kuma/meshes").status, 200);
  EXPECT_EQ(client_->get("/kuma/").status, 200);
  EXPECT_EQ(client_->get("/kuma").status, 200);
  EXPECT_EQ(client_->get("/meshes").status, 404);
  EXPECT_EQ(client_->get("/kumameshes").status, 404);
  EXPECT_EQ(client_->put("/kuma/meshes/a", R"({"type":"Mesh","name":"a"})").status, 201);
  EXPECT_EQ(client_->put("/kuma/meshes/b", R"({"type":"Mesh","name":"b"})").status, 201);
  EXPECT_THAT(at(client_->get("/kuma/meshes?size=1"), {"next"}), HasSubstr("/kuma/meshes?offset=1&size=1"));
}

}  // namespace
}  // namespace weft::cp
