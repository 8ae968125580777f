#include "control-plane/generate/live_status.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/mesh_open_telemetry_backend.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_trace.pb.h"
#include "weft/v1/policy_status.pb.h"
#include "weft/v1/workload.pb.h"

namespace weft::cp {
namespace {

using testing::TestWorld;

class LiveStatusTest : public ::testing::Test {
 protected:
  void dataplane(const std::string& name, const std::string& inbounds) {
    world_.put<v1::Dataplane>(name, cat("networking { ", inbounds, " }"), {{"kuma.io/workload", "web"}});
  }
  // "connected healthy total".
  std::string counts(const std::string& type) {
    const ResourcePtr shown = live_.shown(*world_, world_->find({type, "default", "web"}));
    const auto text = [](const v1::DataplaneProxies& c) {
      return cat(c.connected(), " ", c.healthy(), " ", c.total());
    };
    if (type == "Workload") return text(dynamic_cast<const v1::WorkloadStatus&>(*shown->status).dataplane_proxies());
    return text(dynamic_cast<const v1::MeshServiceStatus&>(*shown->status).dataplane_proxies());
  }

  TestWorld world_;
  std::set<std::string> connected_;
  LiveStatus live_{[this](const ResourceKey& key) { return connected_.contains(key.name); }};
};

TEST_F(LiveStatusTest, InstancesAreCountedWhenTheServiceIsLookedAt) {
  world_.put<v1::MeshService>(
      "web",
      "selector { dataplane_labels { match_labels { key: 'kuma.io/workload' value: 'web' } } } ports { port: 80 }");
  world_.put<v1::Workload>("web", "");
  EXPECT_EQ(counts("MeshService"), "0 0 0");
  dataplane("a", "inbound { port: 80 } inbound { port: 81 state: 'NotReady' }");
  dataplane("b", "inbound { port: 80 state: 'NotReady' }");
  EXPECT_EQ(counts("MeshService"), "0 1 2");
  EXPECT_EQ(counts("Workload"), "0 0 2") << "of a workload every inbound counts";
  connected_ = {"b"};
  EXPECT_EQ(counts("MeshService"), "1 1 2");
  EXPECT_EQ(counts("Workload"), "1 0 2");
  world_.remove({"Dataplane", "default", "a"});
  world_.remove({"Dataplane", "default", "b"});
  EXPECT_EQ(counts("MeshService"), "0 0 0");
}

TEST_F(LiveStatusTest, TheRestOfAStoredStatusStays) {
  auto stored = std::make_shared<Resource>();
  stored->key = {"MeshService", "default", "web"};
  stored->spec = std::make_shared<v1::MeshService>();
  stored->status = std::make_shared<v1::MeshServiceStatus>(
      weft::testing::spec_of<v1::MeshServiceStatus>("vips { ip: '241.0.0.1' }"));
  world_.put(stored);
  const ResourcePtr shown = live_.shown(*world_, world_->find(stored->key));
  EXPECT_EQ(dynamic_cast<const v1::MeshServiceStatus&>(*shown->status).vips(0).ip(), "241.0.0.1");
}

TEST_F(LiveStatusTest, ACollectorSaysWhetherAnyPolicyNamesIt) {
  world_.put<v1::MeshOpenTelemetryBackend>("otel", "");
  const ResourcePtr shown = live_.shown(*world_, world_->find({"MeshOpenTelemetryBackend", "default", "otel"}));
  const auto& status = dynamic_cast<const v1::MeshOpenTelemetryBackendStatus&>(*shown->status);
  ASSERT_EQ(status.conditions_size(), 1);
  EXPECT_EQ(status.conditions(0).type() + status.conditions(0).status() + status.conditions(0).reason(),
            "ReferencedByPoliciesFalseNotReferenced");
}

TEST_F(LiveStatusTest, APolicySaysWhetherItsCollectorIsThere) {
  world_.put<v1::MeshTrace>(
      "t", "default { backends { open_telemetry { backend_ref { labels { key: 'a' value: 'b' } } } } }");
  const ResourcePtr shown = live_.shown(*world_, world_->find({"MeshTrace", "default", "t"}));
  const auto& status = dynamic_cast<const v1::PolicyStatus&>(*shown->status);
  ASSERT_EQ(status.conditions_size(), 1);
  EXPECT_EQ(status.conditions(0).reason(), "BackendNotFound");
}

TEST_F(LiveStatusTest, OtherResourcesAndCopiesFromElsewhereAreShownAsTheyAreStored) {
  world_.put<v1::MeshRetry>("r", "");
  world_.put<v1::MeshService>("far", "", {{"kuma.io/origin", "global"}});
  for (const ResourceKey& key :
       {ResourceKey{"MeshRetry", "default", "r"}, ResourceKey{"MeshService", "default", "far"}}) {
    EXPECT_EQ(live_.shown(*world_, world_->find(key)), world_->find(key));
  }
}

}  // namespace
}  // namespace weft::cp
