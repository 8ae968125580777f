#include "control-plane/source/api_test_fixture.h"
#include "weft/v1/insights.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/zone.pb.h"

namespace weft::cp {
namespace {

class InsightApiTest : public ApiTest {
 protected:
  void SetUp() override {
    hooks_.mesh_insight = [](const World& world, const std::string& mesh) {
      auto insight = std::make_shared<v1::MeshInsight>();
      insight->mutable_dataplanes()->set_total(static_cast<uint32_t>(world.table("Dataplane", mesh)->size()));
      return insight;
    };
    hooks_.global_insight = [](const World&) { return std::string(R"({"meshes":{"total":1}})"); };
    hooks_.hostnames = [](const World&, const Resource& service) {
      std::vector<std::pair<std::string, std::vector<std::string>>> all;
      if (service.key.name == "web") all = {{"web.local", {"east", "west"}}};
      return all;
    };
    ApiTest::SetUp();
    create_mesh("default");
  }
  // Stores what nobody may write through the API.
  template <typename Spec>
  void store(const ResourceKey& key, std::function<void(Spec&)> fill, Labels labels = {}) {
    auto spec = std::make_shared<Spec>();
    fill(*spec);
    auto resource = std::make_shared<Resource>();
    resource->key = key;
    resource->labels = std::move(labels);
    resource->spec = std::move(spec);
    ASSERT_TRUE(store_->write({{.key = key, .resource = resource}}).ok());
  }
  void store_services() {
    store<v1::ServiceInsight>({"ServiceInsight", "default", "all-services-default"}, [](v1::ServiceInsight& insight) {
      auto& web = (*insight.mutable_services())["web"];
      web.set_status("online");
      web.mutable_dataplanes()->set_online(2);
      web.mutable_dataplanes()->set_offline(1);
      (*insight.mutable_services())["kong"].set_service_type("gateway_delegated");
      (*insight.mutable_services())["bank"].set_service_type("external");
    });
  }
};

TEST_F(InsightApiTest, AMeshInsightIsCountedForEveryMesh) {
  create_mesh("other");
  ASSERT_EQ(client_->put("/meshes/default/dataplanes/d1", dataplane("d1")).status, 201);
  const TestAnswer list = client_->get("/mesh-insights");
  EXPECT_EQ(at(list, {"total"}), "2");
  EXPECT_EQ(at(list, {"items", "0", "type"}), "MeshInsight");
  EXPECT_EQ(at(list, {"items", "0", "dataplanes", "total"}), "1");
  EXPECT_EQ(at(list, {"items", "1", "name"}), "other");
  EXPECT_EQ(at(client_->get("/mesh-insights/default"), {"dataplanes", "total"}), "1");
  EXPECT_EQ(client_->get("/mesh-insights/none").status, 404);
  EXPECT_EQ(at(client_->get("/global-insight"), {"meshes", "total"}), "1");
}

TEST_F(InsightApiTest, ServicesOfAStoredInsightAreShownOneByOne) {
  store_services();
  const TestAnswer list = client_->get("/meshes/default/service-insights?size=2");
  EXPECT_EQ(at(list, {"total"}), "3");
  EXPECT_EQ(at(list, {"items", "0", "name"}), "bank");
  EXPECT_EQ(at(list, {"items", "1", "name"}), "kong");
  EXPECT_EQ(at(list, {"items", "1", "addressPort"}), "-");
  const TestAnswer web = client_->get("/meshes/default/service-insights/web");
  EXPECT_EQ(at(web, {"type"}), "ServiceInsight");
  EXPECT_EQ(at(web, {"dataplanes", "total"}), "3");
  EXPECT_EQ(at(web, {"addressPort"}), "web.mesh:80");
  EXPECT_EQ(at(web, {"creationTime"}), "0001-01-01T00:00:00Z");
  EXPECT_EQ(at(web, {"labels"}), "-");
  EXPECT_EQ(client_->get("/meshes/default/service-insights/none").status, 404);
  EXPECT_EQ(client_->get("/meshes/none/service-insights").status, 404);
}

TEST_F(InsightApiTest, ServicesCanBeAskedForByTypeAndByName) {
  store_services();
  EXPECT_EQ(at(client_->get("/meshes/default/service-insights?type=external,internal"), {"total"}), "2");
  EXPECT_EQ(at(client_->get("/service-insights?type=gateway_delegated"), {"items", "0", "name"}), "kong");
  EXPECT_EQ(at(client_->get("/meshes/default/service-insights?name=e"), {"total"}), "1");
  const TestAnswer wrong = client_->get("/meshes/default/service-insights?type=internal,nonsense");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(at(wrong, {"detail"}), "bad request: unsupported service type");
}

TEST_F(InsightApiTest, WithoutStoredInsightsTheListIsEmpty) {
  const TestAnswer list = client_->get("/meshes/default/service-insights");
  EXPECT_EQ(at(list, {"total"}), "0");
  EXPECT_EQ(at(list, {"next"}), "null");
}

TEST_F(InsightApiTest, AZoneIsShownWithWhatIsKnownOfItsConnection) {
  store<v1::Zone>({"Zone", "", "east"}, [](v1::Zone& zone) { zone.set_enabled(true); });
  store<v1::Zone>({"Zone", "", "west"}, [](v1::Zone&) {});
  store<v1::ZoneInsight>({"ZoneInsight", "", "east"},
                         [](v1::ZoneInsight& insight) { insight.add_subscriptions()->set_id("s1"); });
  for (const char* path : {"/zones/_overview", "/zones+insights"}) {
    const TestAnswer list = client_->get(path);
    EXPECT_EQ(at(list, {"total"}), "2");
    EXPECT_EQ(at(list, {"items", "0", "type"}), "ZoneOverview");
    EXPECT_NE(at(list, {"items", "0", "zone", "enabled"}), "-");
    EXPECT_EQ(at(list, {"items", "0", "zoneInsight", "subscriptions", "0", "id"}), "s1");
    EXPECT_NE(at(list, {"items", "1", "zoneInsight"}), "-");
  }
  EXPECT_EQ(at(client_->get("/zones/east/_overview"), {"kri"}), "kri_z____east_");
  EXPECT_EQ(client_->get("/zones+insights/east").status, 200);
  EXPECT_EQ(client_->get("/zones/north/_overview").status, 404);
}

TEST_F(InsightApiTest, TheInsightOfADataplaneIsTheOneInMemoryElseTheStoredOne) {
  hooks_.insight = [](std::string_view, std::string_view name) -> std::shared_ptr<const v1::DataplaneInsight> {
    if (name != "d1") return nullptr;
    auto insight = std::make_shared<v1::DataplaneInsight>();
    insight->add_subscriptions()->set_id("live");
    return insight;
  };
  start();
  for (const char* name : {"d1", "d2", "d3"}) {
    ASSERT_EQ(client_->put(cat("/meshes/default/dataplanes/", name), dataplane(name)).status, 201);
  }
  store<v1::DataplaneInsight>({"DataplaneInsight", "default", "d2"},
                              [](v1::DataplaneInsight& insight) { insight.add_subscriptions()->set_id("stored"); });
  const TestAnswer list = client_->get("/meshes/default/dataplane-insights");
  EXPECT_EQ(at(list, {"total"}), "2");
  EXPECT_EQ(at(list, {"items", "0", "subscriptions", "0", "id"}), "live");
  EXPECT_EQ(at(client_->get("/dataplane-insights"), {"items", "1", "subscriptions", "0", "id"}), "stored");
  EXPECT_EQ(client_->get("/meshes/default/dataplane-insights/d1").status, 200);
  EXPECT_EQ(client_->get("/meshes/default/dataplane-insights/d3").status, 404);
}

TEST_F(InsightApiTest, HostNamesOfAServiceAreShownWithTheirZones) {
  for (const char* name : {"web", "db"}) {
    store<v1::MeshService>({"MeshService", "default", name}, [](v1::MeshService&) {});
  }
  const TestAnswer web = client_->get("/meshes/default/meshservices/web/_hostnames");
  EXPECT_EQ(at(web, {"total"}), "1");
  EXPECT_EQ(at(web, {"items", "0", "hostname"}), "web.local");
  EXPECT_EQ(at(web, {"items", "0", "zones", "1", "name"}), "west");
  EXPECT_EQ(at(client_->get("/meshes/default/meshservices/db/_hostnames"), {"items"}), "null");
}

TEST_F(InsightApiTest, HostNamesOfWhatIsNoServiceAreAnError) {
  EXPECT_EQ(client_->get("/meshes/default/meshexternalservices/none/_hostnames").status, 404);
  EXPECT_EQ(client_->get("/meshes/none/meshservices/web/_hostnames").status, 404);
  const TestAnswer wrong = client_->get("/meshes/default/meshretries/r/_hostnames");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("meshmultizoneservices"), std::string::npos) << wrong.body;
}

TEST_F(InsightApiTest, WhatIsCountedOnRequestIsShownInItemsAndLists) {
  hooks_.shown = [](const World&, const ResourcePtr& resource) -> ResourcePtr {
    if (resource->key.type != "MeshService") return resource;
    auto status = std::make_shared<v1::MeshServiceStatus>();
    status->mutable_dataplane_proxies()->set_total(7);
    auto shown = std::make_shared<Resource>(*resource);
    shown->status = std::move(status);
    return shown;
  };
  start();
  store<v1::MeshService>({"MeshService", "default", "web"}, [](v1::MeshService&) {}, {{"kuma.io/zone", "east"}});
  const std::string want = "7";
  EXPECT_EQ(at(client_->get("/meshes/default/meshservices/web"), {"status", "dataplaneProxies", "total"}), want);
  EXPECT_EQ(at(client_->get("/meshservices"), {"items", "0", "status", "dataplaneProxies", "total"}), want);
  EXPECT_EQ(at(client_->get("/_kri/kri_msvc_default_east__web_"), {"status", "dataplaneProxies", "total"}), want);
}

}  // namespace
}  // namespace weft::cp
