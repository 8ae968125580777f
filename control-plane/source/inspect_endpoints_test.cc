#include <gmock/gmock.h>

#include "control-plane/source/api_test_fixture.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

class ApiInspect : public ApiTest {
 protected:
  void SetUp() override {
    hooks_.dataplane_documents.push_back({"_echo/{one}/_and/{two}",
                                          [](const World&, const Resource& dataplane,
                                             const std::vector<std::string>& parameters) -> Result<std::string> {
                                            if (parameters[0] == "bad") return invalid("no identifier");
                                            if (parameters[0] == "gone") return not_found("no such place");
                                            return cat(R"({"of":")", dataplane.key.name, " ", parameters[0], " ",
                                                       parameters[1], "\"}");
                                          }});
    const auto all = [](const World& world, const Resource& resource) {
      std::vector<ResourcePtr> found;
      for (const auto& [name, dataplane] : *world.table("Dataplane", resource.key.mesh)) found.push_back(dataplane);
      return found;
    };
    hooks_.dataplanes_of_policy = hooks_.dataplanes_of_service = hooks_.clients_of_service = all;
    ApiTest::SetUp();
    create_mesh("default");
    for (const char* name : {"d1", "d2", "e1"}) {
      ASSERT_EQ(client_->put(cat("/meshes/default/dataplanes/", name), dataplane(name)).status, 201);
    }
    ASSERT_EQ(client_->put("/meshes/default/meshretries/r", retry("r")).status, 201);
  }
};

TEST_F(ApiInspect, ADocumentGetsItsParametersInOrder) {
  EXPECT_EQ(at(client_->get("/meshes/default/dataplanes/d1/_echo/a/_and/b"), {"of"}), "d1 a b");
}

TEST_F(ApiInspect, WhatIsNotThereIsNotFoundEachWithItsTitle) {
  const auto title = [&](std::string_view path) {
    const TestAnswer answer = client_->get(path);
    EXPECT_EQ(answer.status, 404) << answer.body;
    return at(answer, {"title"});
  };
  EXPECT_EQ(title("/meshes/no/dataplanes/d1/_echo/a/_and/b"), "Failed to retrieve Mesh");
  EXPECT_EQ(title("/meshes/default/dataplanes/d9/_echo/a/_and/b"), "Could not retrieve Dataplane");
  EXPECT_EQ(title("/meshes/default/dataplanes/d1/_echo/gone/_and/b"), "Could not retrieve a resource");
  EXPECT_EQ(title("/meshes/no/meshretries/r/_resources/dataplanes"), "Failed to retrieve Mesh");
  EXPECT_EQ(title("/meshes/default/meshretries/no/_resources/dataplanes"), "Could not retrieve policy");
  EXPECT_EQ(title("/meshes/default/meshretries/no/dataplanes"), "Could not retrieve policy");
  EXPECT_EQ(title("/meshes/default/meshservices/no/_dataplanes"), "Could not retrieve a resource");
}

TEST_F(ApiInspect, AWordThatIsNoIdentifierIsABadRequest) {
  const TestAnswer answer = client_->get("/meshes/default/dataplanes/d1/_echo/bad/_and/b");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, {"title"}), "Bad Request");
  EXPECT_EQ(at(answer, {"detail"}), "bad request: no identifier");
}

TEST_F(ApiInspect, DataplanesOfAPolicyComeInPages) {
  const TestAnswer all = client_->get("/meshes/default/meshretries/r/_resources/dataplanes");
  EXPECT_EQ(at(all, {"total"}), "3");
  EXPECT_EQ(at(all, {"items", "0", "type"}), "Dataplane");
  EXPECT_EQ(at(all, {"items", "0", "mesh"}), "default");
  EXPECT_EQ(at(all, {"items", "0", "labels", "kuma.io/display-name"}), "d1");
  EXPECT_EQ(at(all, {"next"}), "-") << "the last page says nothing of another one";
  const TestAnswer page = client_->get("/meshes/default/meshretries/r/_resources/dataplanes?name=d&size=1");
  EXPECT_EQ(at(page, {"total"}), "2");
  EXPECT_THAT(at(page, {"next"}), HasSubstr("/_resources/dataplanes?name=d&offset=1&size=1"));
  EXPECT_EQ(client_->get("/meshes/default/meshretries/r/_resources/dataplanes?size=0").status, 400);
}

TEST_F(ApiInspect, OlderClientsGetAttachments) {
  const TestAnswer answer = client_->get("/meshes/default/meshretries/r/dataplanes");
  EXPECT_EQ(at(answer, {"total"}), "3");
  EXPECT_EQ(at(answer, {"items", "0", "kind"}), "SidecarDataplane");
  EXPECT_EQ(at(answer, {"items", "0", "dataplane", "name"}), "d1");
  EXPECT_EQ(at(answer, {"items", "0", "attachments", "0", "type"}), "dataplane");
}

TEST_F(ApiInspect, ServicesTellWhoRunsAndWhoUsesThem) {
  ASSERT_EQ(client_
                ->put("/meshes/default/meshservices/web",
                      R"({"type":"MeshService","mesh":"default","name":"web","spec":{"ports":[{"port":80}]}})")
                .status,
            201);
  EXPECT_EQ(at(client_->get("/meshes/default/meshservices/web/_dataplanes"), {"total"}), "3");
  EXPECT_EQ(at(client_->get("/meshes/default/meshservices/web/_resources/dataplanes"), {"total"}), "3");
}

}  // namespace
}  // namespace weft::cp
