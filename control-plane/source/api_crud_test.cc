#include <gmock/gmock.h>

#include <thread>

#include "control-plane/source/api_test_fixture.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

using ApiCrud = ApiTest;

TEST_F(ApiCrud, CreatesReadsUpdatesAndDeletes) {
  create_mesh("default");
  const TestAnswer created = client_->put("/meshes/default/meshretries/r", retry("r"));
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body, "{}\n");
  EXPECT_EQ(created.header("x-weft-revision"), cat(store_->revision()));

  const TestAnswer read = client_->get("/meshes/default/meshretries/r");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(at(read, {"kri"}), "kri_mr_default_default__r_");
  EXPECT_EQ(at(read, {"labels", "kuma.io/display-name"}), "r");
  EXPECT_EQ(at(read, {"spec", "to", "0", "default", "http", "numRetries"}), "3");

  const TestAnswer updated = client_->put("/meshes/default/meshretries/r", retry("r", R"({"numRetries":4})"));
  EXPECT_EQ(updated.status, 200);
  const TestAnswer deleted = client_->remove("/meshes/default/meshretries/r");
  EXPECT_EQ(deleted.status, 200);
  EXPECT_EQ(deleted.body, "{}\n");
  EXPECT_NE(deleted.header("x-weft-revision"), updated.header("x-weft-revision"));
  const TestAnswer gone = client_->remove("/meshes/default/meshretries/r");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(at(gone, {"title"}), "Could not delete a resource");
  EXPECT_EQ(at(client_->get("/meshes/default/meshretries/r"), {"title"}), "Could not retrieve a resource");
}

TEST_F(ApiCrud, AWriteThatChangesNothingIsNoWrite) {
  create_mesh("default");
  const std::string first = client_->put("/meshes/default/meshretries/r", retry("r")).header("x-weft-revision");
  const TestAnswer again = client_->put("/meshes/default/meshretries/r", retry("r"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.header("x-weft-revision"), first);
}

TEST_F(ApiCrud, ADryRunMakesEveryCheckAndStoresNothing) {
  create_mesh("default");
  const uint64_t before = store_->revision();
  const TestAnswer good = client_->put("/meshes/default/meshretries/r?dryRun=true", retry("r"));
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.header("x-weft-revision"), "");
  EXPECT_EQ(client_->get("/meshes/default/meshretries/r").status, 404);
  EXPECT_EQ(client_->put("/meshes/default/meshretries/r?dryRun=true", retry("other")).status, 400);
  const TestAnswer bad =
      client_->put("/meshes/default/meshretries/r?dryRun=true", retry("r", R"({"retryOn":["nonsense"]})"));
  EXPECT_EQ(at(bad, {"title"}), "Failed to create a resource");
  EXPECT_EQ(store_->revision(), before);
}

TEST_F(ApiCrud, AMeshComesWithItsCompanionsAndTakesAllWithIt) {
  create_mesh("default");
  EXPECT_EQ(client_->get("/meshes/default/secrets/dataplane-token-signing-key-default-1").status, 200);
  ASSERT_EQ(client_->put("/meshes/default/dataplanes/web", dataplane("web")).status, 201);
  const TestAnswer refused = client_->remove("/meshes/default");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(at(refused, {"invalid_parameters", "0", "field"}), "mesh");
  EXPECT_EQ(client_->remove("/meshes/default/dataplanes/web").status, 200);
  EXPECT_EQ(client_->remove("/meshes/default").status, 200);
  uint64_t revision = 0;
  EXPECT_TRUE(store_->list_all(&revision)->empty());
}

TEST_F(ApiCrud, UpdatingAMeshDoesNotMakeItsCompanionsAgain) {
  create_mesh("default");
  ASSERT_EQ(client_->remove("/meshes/default/secrets/dataplane-token-signing-key-default-1").status, 200);
  EXPECT_EQ(
      client_->put("/meshes/default", R"({"type":"Mesh","name":"default","skipCreatingInitialPolicies":["*"]})").status,
      200);
  EXPECT_EQ(client_->get("/meshes/default/secrets/dataplane-token-signing-key-default-1").status, 404);
}

TEST_F(ApiCrud, ARequestForAnUnknownMeshIs404) {
  for (const TestAnswer& answer :
       {client_->put("/meshes/no/meshretries/r", retry("r")), client_->get("/meshes/no/meshretries/r"),
        client_->get("/meshes/no/meshretries"), client_->remove("/meshes/no/meshretries/r")}) {
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(at(answer, {"title"}), "Failed to retrieve Mesh");
    EXPECT_EQ(at(answer, {"detail"}), "Not found");
    EXPECT_EQ(at(answer, {"details"}), "Not found");
  }
}

TEST_F(ApiCrud, SchemaViolationsComeAllAtOnceAndFirst) {
  create_mesh("default");
  const TestAnswer answer =
      client_->put("/meshes/default/meshretries/r", R"({"type":"MeshRetry","mesh":"default","name":"r",
    "spec":{"targetRef":{"kind":"MeshService","sectionName":2},"to":[{"default":{"http":{"numRetries":-1}}}]}})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, {"title"}), "Could not process a resource");
  EXPECT_EQ(at(answer, {"invalid_parameters", "0", "field"}), "spec.targetRef.kind");
  EXPECT_EQ(at(answer, {"invalid_parameters", "0", "reason"}), "in body should be one of [Mesh Dataplane]");
  EXPECT_EQ(at(answer, {"invalid_parameters", "1", "field"}), "spec.targetRef.sectionName");
  EXPECT_EQ(at(answer, {"causes", "2", "field"}), "spec.to[0].targetRef");
  EXPECT_EQ(at(answer, {"causes", "2", "message"}), "in body is required");
}

TEST_F(ApiCrud, WhatCannotBeReadIsABadRequest) {
  create_mesh("default");
  for (const std::string& body : {std::string("{,\n}"), std::string("null"), std::string("[]"), std::string("5"),
                                  retry("r", R"({"perTryTimeout":"soon"})"), retry("r", R"({"numRetries":-1})"),
                                  std::string(R"({"type":"MeshRetry","mesh":"default","name":4})")}) {
    const TestAnswer answer = client_->put("/meshes/default/meshretries/r", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(at(answer, {"title"}), "Bad Request") << body;
    EXPECT_EQ(at(answer, {"invalid_parameters"}), "-") << body;
    EXPECT_THAT(at(answer, {"detail"}), HasSubstr("invalid MeshRetry object: \"")) << body;
  }
}

TEST_F(ApiCrud, BodyAndUrlMustAgree) {
  create_mesh("default");
  const TestAnswer answer =
      client_->put("/meshes/default/dataplanes/foo", R"({"type":"Mesh","mesh":"other","name":"F$"})");
  EXPECT_EQ(answer.status, 400);
  std::vector<std::string> reasons;
  for (const char* i : {"0", "1", "2", "3"}) reasons.push_back(at(answer, {"invalid_parameters", i, "reason"}));
  EXPECT_EQ(reasons[0], "name from the URL has to be the same as in body");
  EXPECT_EQ(reasons[1], "type from the URL has to be the same as in body");
  EXPECT_EQ(reasons[2], "mesh from the URL has to be the same as in body");
  EXPECT_THAT(reasons[3], HasSubstr("RFC 1123"));
}

TEST_F(ApiCrud, ADocumentThatNamesNoMeshBelongsToTheOneItIsPutInto) {
  create_mesh("shop");
  EXPECT_EQ(client_->put("/meshes/shop/meshmetrics/m", R"({"type":"MeshMetric","name":"m","spec":{}})").status, 201);
  EXPECT_EQ(at(client_->get("/meshes/shop/meshmetrics/m"), {"mesh"}), "shop");
}

TEST_F(ApiCrud, MeaningIsCheckedLast) {
  create_mesh("default");
  const TestAnswer answer =
      client_->put("/meshes/default/dataplanes/d",
                   R"({"type":"Dataplane","mesh":"default","name":"d","networking":{"address":"::"}})");
  EXPECT_EQ(at(answer, {"title"}), "Failed to create a resource");
  EXPECT_EQ(at(answer, {"invalid_parameters", "0", "field"}), "networking.address");
  EXPECT_EQ(at(client_->put("/meshes/aa.a", R"({"type":"Mesh","name":"aa.a"})"), {"title"}),
            "Failed to create a resource");
}

TEST_F(ApiCrud, LabelsAreReplacedAndComputedAgain) {
  create_mesh("default");
  const auto with_labels = [](std::string_view labels) {
    return cat(R"({"type":"MeshRetry","mesh":"default","name":"r","labels":)", labels,
               R"(,"spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"http":{"numRetries":3}}}]}})");
  };
  ASSERT_EQ(
      client_->put("/meshes/default/meshretries/r", with_labels(R"({"a":"1","kuma.io/display-name":"x"})")).status,
      201);
  TestAnswer read = client_->get("/meshes/default/meshretries/r");
  EXPECT_EQ(at(read, {"labels", "a"}), "1");
  EXPECT_EQ(at(read, {"labels", "kuma.io/display-name"}), "r");
  ASSERT_EQ(client_->put("/meshes/default/meshretries/r", with_labels(R"({"b":"2"})")).status, 200);
  read = client_->get("/meshes/default/meshretries/r");
  EXPECT_EQ(at(read, {"labels", "a"}), "-");
  EXPECT_EQ(at(read, {"labels", "kuma.io/zone"}), "default");
  const TestAnswer refused = client_->put("/meshes/default/meshretries/r", with_labels(R"({"kuma.io/zone":"west"})"));
  EXPECT_EQ(at(refused, {"invalid_parameters", "0", "reason"}), "kuma.io/zone label should have default value");
}

TEST_F(ApiCrud, ADataplanesWorkloadMustBeAServiceName) {
  create_mesh("default");
  const TestAnswer answer =
      client_->put("/meshes/default/dataplanes/d", R"({"type":"Dataplane","mesh":"default","name":"d",
    "labels":{"kuma.io/workload":"MyWorkload"},"networking":{"address":"10.0.0.1"}})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, {"title"}), "Bad Request");
  EXPECT_THAT(at(answer, {"detail"}),
              HasSubstr("bad request: labels[\"kuma.io/workload\"]: must be a valid DNS-1035 label"));
}

TEST_F(ApiCrud, UnknownFieldsAndAdviceComeBackAsWarnings) {
  hooks_.advise = [](const Resource& resource, const World&) {
    return std::vector<std::string>{cat(resource.key.name, " selects nothing")};
  };
  start();
  create_mesh("default");
  const TestAnswer answer =
      client_->put("/meshes/default/meshretries/r", retry("r", R"({"numRetries":3,"numRetry":3})"));
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(at(answer, {"warnings", "0"}),
              HasSubstr("unknown field \"spec.to[0].default.http.numRetry\", did you mean"));
  EXPECT_EQ(at(answer, {"warnings", "1"}), "r selects nothing");
}

TEST_F(ApiCrud, TheServerKeepsWhatItOwns) {
  create_mesh("default");
  const std::string body =
      R"({"type":"MeshService","mesh":"default","name":"s","spec":{"state":"Available","selector":{"dataplaneRef":
    {"name":"d"}},"ports":[{"port":80}]},"status":{"vips":[{"ip":"10.0.0.2"}]}})";
  ASSERT_EQ(client_->put("/meshes/default/meshservices/s", body).status, 201);
  TestAnswer read = client_->get("/meshes/default/meshservices/s");
  EXPECT_EQ(at(read, {"spec", "state"}), "Unavailable");
  EXPECT_EQ(at(read, {"status", "vips"}), "-");
  // What a generator of the control plane writes...
  auto changed = std::make_shared<Resource>(*world_->current()->find({"MeshService", "default", "s"}));
  auto spec = std::make_shared<v1::MeshService>(
      *google::protobuf::DynamicCastToGenerated<const v1::MeshService>(changed->spec.get()));
  spec->set_state("Available");
  changed->spec = spec;
  auto status = std::make_shared<v1::MeshServiceStatus>();
  status->add_vips()->set_ip("241.0.0.1");
  changed->status = status;
  ASSERT_TRUE(store_->write({{Write::Kind::kPut, changed->key, changed, std::nullopt}}).ok());
  // ...outlives a user's update.
  ASSERT_EQ(client_
                ->put("/meshes/default/meshservices/s", R"({"type":"MeshService","mesh":"default","name":"s",
    "spec":{"ports":[{"port":81}]}})")
                .status,
            200);
  read = client_->get("/meshes/default/meshservices/s");
  EXPECT_EQ(at(read, {"spec", "state"}), "Available");
  EXPECT_EQ(at(read, {"spec", "ports", "0", "port"}), "81");
  EXPECT_EQ(at(read, {"status", "vips", "0", "ip"}), "241.0.0.1");
}

TEST_F(ApiCrud, ReadOnlyKindsTakeNoWrites) {
  create_mesh("default");
  EXPECT_EQ(client_->get("/meshes/default/dataplane-insights").status, 200);
  EXPECT_EQ(client_->put("/meshes/default/dataplane-insights/d", "{}").status, 405);
}

TEST_F(ApiCrud, AStoreThatCannotWriteIs503) {
  client_.reset();
  server_.reset();
  world_.reset();
  store_ = *open_sqlite_store(":memory:", {.max_bytes = 64 * 1024});
  world_ = *WorldPublisher::start(*store_);
  start();
  create_mesh("default");
  const std::string big =
      cat(R"({"type":"Secret","mesh":"default","name":"s","data":")", std::string(100'000, 'A'), "\"}");
  const TestAnswer answer = client_->put("/meshes/default/secrets/s", big);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(at(answer, {"title"}), "Service unavailable");
  EXPECT_EQ(client_->get("/meshes/default").status, 200);
}

TEST_F(ApiCrud, TwoClientsThatWriteTheSameResourceBothSucceed) {
  create_mesh("default");
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      TestClient client(server_->port());
      for (int i = 0; i < 40; ++i) {
        const int status =
            client.put("/meshes/default/meshretries/r", retry("r", cat(R"({"numRetries":)", i * 2 + t, "}"))).status;
        EXPECT_TRUE(status == 200 || status == 201) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ApiCrud, AnIdentifierFindsItsResource) {
  create_mesh("default");
  ASSERT_EQ(client_->put("/meshes/default/meshretries/r", retry("r")).status, 201);
  EXPECT_EQ(at(client_->get("/_kri/kri_mr_default_default__r_"), {"name"}), "r");
  EXPECT_EQ(at(client_->get("/_kri/kri_m____default_"), {"type"}), "Mesh");
  EXPECT_EQ(client_->get("/_kri/kri_mr_default_west__r_").status, 404);
  const TestAnswer bad = client_->get("/_kri/kri___default_default__r_");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(at(bad, {"detail"}), "bad request: unknown short name of resource type: \"\"");
}

}  // namespace
}  // namespace weft::cp
