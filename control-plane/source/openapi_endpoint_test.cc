#include <gmock/gmock.h>

#include "api/reference/schema.h"
#include "control-plane/resource/check.h"
#include "control-plane/source/api_test_fixture.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

using ::testing::IsEmpty;

TEST_F(ApiTest, TheApiDescribesItself) {
  const TestAnswer answer = client_->get("/openapi.json");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer, {"openapi"}), "3.0.3");
  EXPECT_EQ(at(answer, {"paths", "/meshes/{mesh}/meshretries/{name}", "put", "summary"}),
            "Create or replace a MeshRetry");
  EXPECT_EQ(at(answer, {"paths", "/who-am-i", "get", "summary"}), "The user and the groups of the caller");
}

TEST_F(ApiTest, EveryRouteIsInTheDescription) {
  const TestAnswer answer = client_->get("/openapi.json");
  ApiContext api(options_, hooks_, *store_, *world_);
  Router router;
  add_all_endpoints(router, api);
  for (const auto& [method, path] : router.routes()) {
    EXPECT_NE(at(answer, {"paths", path, lower(method), "responses"}), "-") << method << " " << path;
    EXPECT_NE(at(answer, {"paths", path, lower(method), "summary"}), "-")
        << method << " " << path << " has no line in openapi_endpoint.cc";
  }
}

// The examples of the reference are documents that the control plane takes.
TEST(ReferenceExample, OfEveryKindDecodesAndIsValid) {
  for (const reference::Kind& kind : reference::Schema::embedded().kinds()) {
    if (kind.example.empty()) continue;
    const auto documents = parse_yaml(kind.example);
    ASSERT_TRUE(documents.ok()) << kind.type() << ": " << documents.status();
    ASSERT_EQ(documents->size(), 1u) << kind.type();
    const Checked checked = check_document(documents->front(), "default");
    for (const auto* findings : {&checked.errors, &checked.warnings}) {
      for (const Finding& finding : *findings) ADD_FAILURE() << kind.type() << ": " << sentence(finding);
    }
    ASSERT_NE(checked.resource, nullptr) << kind.type();
    EXPECT_EQ(checked.resource->key.type, kind.type());
  }
}

}  // namespace
}  // namespace weft::cp
