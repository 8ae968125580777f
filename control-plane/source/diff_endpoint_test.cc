#include <gmock/gmock.h>

#include "control-plane/source/api_test_fixture.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ApiDiff : public ApiTest {
 protected:
  void SetUp() override {
    hooks_.compare = [](const World& before, const World& after, const std::vector<ResourceKey>& changed) {
      std::string out = "[";
      for (const ResourceKey& key : changed)
        append(out, out == "[" ? "" : ",", "\"", key.name, before.find(key) == nullptr ? " new" : " old",
               after.find(key) == nullptr ? " gone" : "", "\"");
      return out + "]";
    };
    hooks_.effective = [](const World& world, const ResourceKey& key, bool shadow) -> Result<std::string> {
      if (world.find(key) == nullptr) return not_found("no");
      return std::string(shadow ? R"({"shadow":true})" : "{}");
    };
    ApiTest::SetUp();
    create_mesh("default");
  }
  TestAnswer diff(const std::string& documents) {
    return client_->post("/_diff", cat(R"({"documents":[)", documents, "]}"));
  }
};

TEST_F(ApiDiff, SaysWhatWouldBeCreatedChangedOrLeftAndWritesNothing) {
  ASSERT_EQ(client_->put("/meshes/default/meshretries/r", retry("r")).status, 201);
  ASSERT_EQ(client_->put("/meshes/default/meshretries/same", retry("same")).status, 201);
  const uint64_t revision = store_->revision();
  const TestAnswer answer = diff(cat(retry("r", R"({"numRetries":5})"), ",", retry("same"), ",", retry("new")));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(at(answer, {"documents", "0", "change"}), "changed");
  EXPECT_EQ(at(answer, {"documents", "0", "fields", "0", "path"}), "spec.to[0].default.http.numRetries");
  EXPECT_EQ(at(answer, {"documents", "0", "fields", "0", "before"}), "3");
  EXPECT_EQ(at(answer, {"documents", "0", "fields", "0", "after"}), "5");
  EXPECT_EQ(at(answer, {"documents", "1", "change"}), "unchanged");
  EXPECT_EQ(at(answer, {"documents", "2", "change"}), "created");
  EXPECT_EQ(at(answer, {"proxies", "0"}), "r old");
  EXPECT_EQ(at(answer, {"proxies", "1"}), "new new");
  EXPECT_EQ(at(answer, {"proxies", "2"}), "-");
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(ApiDiff, ADocumentSeesThoseBeforeIt) {
  const std::string in_shop =
      R"({"type":"MeshRetry","mesh":"shop","name":"r","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"http":{"numRetries":3}}}]}})";
  EXPECT_EQ(diff(cat(R"({"type":"Mesh","name":"shop"},)", in_shop)).status, 200);
  const TestAnswer alone = diff(in_shop);
  EXPECT_EQ(alone.status, 400);
  EXPECT_EQ(at(alone, {"invalid_parameters", "0", "field"}), "documents[0]");
}

TEST_F(ApiDiff, EverythingThatIsWrongIsNamedWithItsDocument) {
  const TestAnswer answer = diff(cat(retry("r"), ",", retry("s", R"({"numRetries":"x"})"), R"(,{"type":"Nothing"},7)"));
  ASSERT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, {"invalid_parameters", "0", "field"}), "documents[1].spec.to[0].default.http.numRetries");
  EXPECT_EQ(at(answer, {"invalid_parameters", "1", "field"}), "documents[2].type");
  EXPECT_EQ(at(answer, {"invalid_parameters", "2", "field"}), "documents[3]");
}

TEST_F(ApiDiff, WhatASecretHoldsIsNotShown) {
  const TestAnswer answer = diff(R"({"type":"Secret","mesh":"default","name":"s","data":"dG9wc2VjcmV0"})");
  ASSERT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("(hidden)"));
  EXPECT_THAT(answer.body, Not(HasSubstr("dG9wc2VjcmV0")));
}

TEST_F(ApiDiff, TheBodyMustBeAListOfDocuments) {
  EXPECT_EQ(client_->post("/_diff", "{}").status, 400);
  EXPECT_EQ(client_->post("/_diff", "[").status, 400);
  EXPECT_EQ(diff("").status, 200);
}

TEST_F(ApiDiff, WhatHoldsForAProxyIsAskedOfTheEngine) {
  ASSERT_EQ(client_->put("/meshes/default/dataplanes/d", dataplane("d")).status, 201);
  EXPECT_EQ(client_->get("/meshes/default/dataplanes/d/_effective").status, 200);
  EXPECT_EQ(at(client_->get("/meshes/default/dataplanes/d/_effective?shadow=true"), {"shadow"}), "");
  EXPECT_EQ(client_->get("/meshes/default/dataplanes/x/_effective").status, 404);
  EXPECT_EQ(client_->get("/meshes/nowhere/dataplanes/d/_effective").status, 404);
}

}  // namespace
}  // namespace weft::cp
