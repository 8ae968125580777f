#include "control-plane/source/write_rules.h"

#include <gmock/gmock.h>

#include "control-plane/source/api_test_fixture.h"
#include "weft/v1/zone.pb.h"

namespace weft::cp {
namespace {

class ApiRemoval : public ApiTest {
 protected:
  void store_insight(bool is_connected) {
    auto spec = std::make_shared<v1::ZoneInsight>();
    auto& subscription = *spec->add_subscriptions();
    subscription.mutable_connect_time()->set_seconds(1);
    if (!is_connected) subscription.mutable_disconnect_time()->set_seconds(2);
    auto insight = std::make_shared<Resource>();
    insight->key = {"ZoneInsight", "", "east"};
    insight->spec = spec;
    ASSERT_TRUE(store_->write({{Write::Kind::kPut, insight->key, insight, std::nullopt}}).ok());
  }
};

TEST_F(ApiRemoval, AConnectedZoneStaysAndADisconnectedOneTakesItsInsightAlong) {
  ASSERT_EQ(client_->put("/zones/east", R"({"type":"Zone","name":"east"})").status, 201);
  store_insight(true);
  const TestAnswer refused = client_->send("DELETE", "/zones/east", "");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(at(refused, {"title"}), "Could not delete a resource");
  EXPECT_EQ(at(refused, {"invalid_parameters", "0", "field"}), "zone");
  store_insight(false);
  EXPECT_EQ(client_->send("DELETE", "/zones/east", "").status, 200);
  EXPECT_EQ(world_->current()->find({"ZoneInsight", "", "east"}), nullptr);
}

TEST_F(ApiRemoval, AReadOnlyServerTakesNothingAndSaysSoOfEveryType) {
  create_mesh("default");
  options_.read_only = true;
  start();
  EXPECT_EQ(client_->put("/meshes/default/dataplanes/d", dataplane("d")).status, 405);
  EXPECT_EQ(client_->send("DELETE", "/meshes/default", "").status, 405);
  EXPECT_EQ(client_->get("/_resources").body.find("\"readOnly\": false"), std::string::npos);
}

TEST_F(ApiRemoval, AGatewayCarriesItsZone) {
  create_mesh("default");
  ASSERT_EQ(client_
                ->put("/meshes/default/dataplanes/g",
                      R"({"type":"Dataplane","mesh":"default","name":"g","networking":{"address":"10.0.0.1",
                          "gateway":{"type":"DELEGATED","tags":{"a":"b","kuma.io/zone":"x"}}}})")
                .status,
            201);
  const TestAnswer stored = client_->get("/meshes/default/dataplanes/g");
  EXPECT_EQ(at(stored, {"networking", "gateway", "tags", "a"}), "b");
  EXPECT_EQ(at(stored, {"networking", "gateway", "tags", "kuma.io/zone"}), "default");
}

}  // namespace
}  // namespace weft::cp
