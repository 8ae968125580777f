// What may be written where: on the global control plane, in a zone on its own, in a federated zone.
#include <gmock/gmock.h>

#include "control-plane/source/api_test_fixture.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

class ApiPlaces : public ApiTest {
 protected:
  void start_as(const Place& place) {
    options_.place = place;
    start();
  }
  // Stored as if it had come from another control plane.
  void store(std::string_view type, std::string_view mesh, std::string_view name, Labels labels) {
    auto resource = std::make_shared<Resource>();
    resource->key = {std::string(type), std::string(mesh), std::string(name)};
    resource->labels = std::move(labels);
    resource->spec.reset(find_kind(type)->spec->New());
    ASSERT_TRUE(store_->write({{Write::Kind::kPut, resource->key, resource, std::nullopt}}).ok());
  }
  static std::string timeout(std::string_view labels) {
    return cat(R"({"type":"MeshTimeout","mesh":"default","name":"t","labels":)", labels,
               R"(,"spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"1s"}}]}})");
  }
};

TEST_F(ApiPlaces, AFederatedZoneAsksForTheOrigin) {
  start_as({.is_federated = true, .zone = "east"});
  store("Mesh", "", "default", {});
  const TestAnswer refused = client_->put("/meshes/default/meshtimeouts/t", timeout("{}"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(at(refused, {"title"}), "Could not process a resource");
  EXPECT_EQ(at(refused, {"invalid_parameters", "0", "field"}), "labels[\"kuma.io/origin\"]");
  const TestAnswer taken = client_->put("/meshes/default/meshtimeouts/t", timeout(R"({"kuma.io/origin":"zone"})"));
  EXPECT_EQ(taken.status, 201) << taken.body;
}

TEST_F(ApiPlaces, InAFederatedZoneWhatTheGlobalControlPlaneOwnsIsReadOnly) {
  start_as({.is_federated = true, .zone = "east"});
  const TestAnswer put = client_->put("/meshes/shop", R"({"type":"Mesh","name":"shop"})");
  EXPECT_EQ(put.status, 405);
  EXPECT_EQ(at(put, {"title"}), "Method not allowed");
  EXPECT_EQ(client_->send("DELETE", "/meshes/shop", "").status, 405);
  const TestAnswer kinds = client_->get("/_resources");
  EXPECT_THAT(kinds.body, HasSubstr("\"pluralDisplayName\": \"Meshes\",\n   \"readOnly\": true"));
}

TEST_F(ApiPlaces, InAFederatedZoneACopyIsReadOnly) {
  start_as({.is_federated = true, .zone = "east"});
  store("Mesh", "", "default", {});
  store("MeshTimeout", "default", "t", {{"kuma.io/origin", "global"}});
  EXPECT_EQ(client_->put("/meshes/default/meshtimeouts/t", timeout(R"({"kuma.io/origin":"zone"})")).status, 405);
  EXPECT_EQ(client_->send("DELETE", "/meshes/default/meshtimeouts/t", "").status, 405);
  EXPECT_EQ(client_->get("/meshes/default/meshtimeouts/t").status, 200);
}

TEST_F(ApiPlaces, AFederatedZoneKeepsRoomForItsNameBeforeTheResources) {
  start_as({.is_federated = true, .zone = "east"});
  store("Mesh", "", "default", {});
  const auto put = [&](size_t length) {
    const std::string name(length, 'a');
    return client_->put(cat("/meshes/default/secrets/", name),
                        cat(R"({"type":"Secret","mesh":"default","name":")", name, "\"}"));
  };
  EXPECT_EQ(put(248).status, 201);
  EXPECT_EQ(at(put(249), {"invalid_parameters", "0", "field"}), "name");
}

TEST_F(ApiPlaces, OnTheGlobalControlPlaneWhatZonesOwnIsReadOnly) {
  start_as({.is_global = true});
  create_mesh("default");
  EXPECT_EQ(client_->put("/meshes/default/dataplanes/d", dataplane("d")).status, 405);
  EXPECT_EQ(client_->put("/zones/east", R"({"type":"Zone","name":"east"})").status, 201);
  EXPECT_EQ(client_->put("/meshes/default/meshtimeouts/t", timeout("{}")).status, 201);
  const TestAnswer stored = client_->get("/meshes/default/meshtimeouts/t");
  EXPECT_EQ(at(stored, {"labels", "kuma.io/origin"}), "global");
  EXPECT_EQ(at(stored, {"labels", "kuma.io/zone"}), "-");
}

TEST_F(ApiPlaces, OnTheGlobalControlPlaneAWorkloadLabelIsRefusedBeforeTheType) {
  start_as({.is_global = true});
  create_mesh("default");
  const TestAnswer refused = client_->put(
      "/meshes/default/dataplanes/d",
      R"({"type":"Dataplane","mesh":"default","name":"d","labels":{"kuma.io/workload":"w"},"networking":{}})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(at(refused, {"detail"}), HasSubstr("not allowed on Global control plane"));
}

TEST_F(ApiPlaces, AZoneOnItsOwnWritesEverything) {
  create_mesh("default");
  EXPECT_EQ(client_->put("/zones/other", R"({"type":"Zone","name":"other"})").status, 201);
  EXPECT_EQ(client_
                ->put("/meshes/default/meshmultizoneservices/m",
                      R"({"type":"MeshMultiZoneService","mesh":"default","name":"m","spec":{"selector":{"meshService":
                          {"matchLabels":{"a":"b"}}},"ports":[{"port":80}]}})")
                .status,
            201);
}

}  // namespace
}  // namespace weft::cp
