#include "control-plane/engine/mesh_insight.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/zone.pb.h"

namespace weft::cp {
namespace {

using testing::TestWorld;
using weft::testing::spec_of;

constexpr char kConnected[] =
    "subscriptions { connect_time { seconds: 1 } disconnect_time { seconds: 2 } "
    "version { kuma_dp { version: '1.0' } } } "
    "subscriptions { connect_time { seconds: 3 } version { kuma_dp { version: '2.0' } "
    "envoy { version: '9' } } }";
constexpr char kGone[] = "subscriptions { connect_time { seconds: 1 } disconnect_time { seconds: 2 } }";

class MeshInsightTest : public ::testing::Test {
 protected:
  MeshInsightTest() { world_.put<v1::Mesh>("default", ""); }

  // `insight` empty: it never connected.
  void dataplane(const std::string& name, const std::string& networking, const std::string& insight,
                 const std::string& mesh = "default") {
    world_.put<v1::Dataplane>(name, cat("networking { ", networking, " }"), {}, mesh);
    if (!insight.empty()) {
      insights_[{"Dataplane", mesh, name}] =
          std::make_shared<const v1::DataplaneInsight>(spec_of<v1::DataplaneInsight>(insight));
    }
  }
  InsightOf insights() {
    return [this](const ResourceKey& key) {
      const auto found = insights_.find(key);
      return found == insights_.end() ? nullptr : found->second;
    };
  }
  // "total online offline partially".
  static std::string text(const v1::MeshInsight::Counters& c) {
    return cat(c.total(), " ", c.online(), " ", c.offline(), " ", c.partially_degraded());
  }

  TestWorld world_;
  std::map<ResourceKey, std::shared_ptr<const v1::DataplaneInsight>> insights_;
};

TEST_F(MeshInsightTest, AProxyIsOnlineWhenItIsConnectedAndAllItOffersIsReady) {
  const auto state = [](const std::string& networking, const std::string& insight) {
    const auto dataplane = spec_of<v1::Dataplane>(cat("networking { ", networking, " }"));
    const auto known = spec_of<v1::DataplaneInsight>(insight);
    return state_of(dataplane, &known);
  };
  EXPECT_EQ(state("inbound { port: 1 }", kConnected), ProxyState::kOnline);
  EXPECT_EQ(state("inbound { port: 1 }", kGone), ProxyState::kOffline);
  EXPECT_EQ(state("inbound { port: 1 }", ""), ProxyState::kOffline);
  EXPECT_EQ(state("inbound { port: 1 } inbound { port: 2 state: 'NotReady' }", kConnected),
            ProxyState::kPartiallyDegraded);
  EXPECT_EQ(state("inbound { port: 1 } listeners { port: 2 state: 'NotReady' }", kConnected),
            ProxyState::kPartiallyDegraded);
  EXPECT_EQ(state("inbound { port: 1 state: 'NotReady' }", kConnected), ProxyState::kOffline);
  EXPECT_EQ(state("inbound { port: 1 } inbound { port: 2 state: 'Ignored' }", kConnected), ProxyState::kOnline);
  EXPECT_EQ(state("listeners { port: 1 }", kConnected), ProxyState::kOnline);
  EXPECT_EQ(state("", kConnected), ProxyState::kOnline) << "it offers nothing that could be missing";
  EXPECT_EQ(state("gateway {}", kConnected), ProxyState::kOnline);
  EXPECT_EQ(state("gateway {}", kGone), ProxyState::kOffline);
  EXPECT_EQ(state_of(v1::Dataplane(), nullptr), ProxyState::kOffline);
}

TEST_F(MeshInsightTest, CountsProxiesByStateTypeAndVersion) {
  dataplane("a", "inbound { port: 1 }", kConnected);
  dataplane("b", "inbound { port: 1 }", "");
  dataplane("c", "inbound { port: 1 } inbound { port: 2 state: 'NotReady' }", kConnected);
  dataplane("d", "gateway {}", kConnected);
  const v1::MeshInsight insight = mesh_insight(*world_, "default", insights());
  EXPECT_EQ(text(insight.dataplanes()), "4 2 1 1");
  EXPECT_EQ(text(insight.dataplanes_by_type().standard()), "3 1 1 1");
  EXPECT_EQ(text(insight.dataplanes_by_type().gateway()), "1 1 0 0");
  EXPECT_EQ(text(insight.dataplanes_by_type().gateway_delegated()), "1 1 0 0");
  EXPECT_EQ(text(insight.dp_versions().kuma_dp().at("2.0")), "3 2 0 1");
  EXPECT_EQ(text(insight.dp_versions().kuma_dp().at("unknown")), "1 0 1 0");
  EXPECT_EQ(text(insight.dp_versions().envoy().at("9")), "3 2 0 1");
}

TEST_F(MeshInsightTest, CountsWhoVouchesForTheProxies) {
  const std::string mtls =
      "m_tls { issued_backend: 'kri_mid' supported_backends: 'kri_t1' supported_backends: 'kri_t2' }";
  dataplane("a", "inbound { port: 1 }", cat(kConnected, mtls));
  dataplane("b", "inbound { port: 1 }", cat(kGone, mtls));
  dataplane("c", "inbound { port: 1 }", kConnected);
  const v1::MeshInsight insight = mesh_insight(*world_, "default", insights());
  EXPECT_EQ(text(insight.m_tls().issued_backends().at("kri_mid")), "2 1 1 0");
  EXPECT_EQ(text(insight.m_tls().supported_backends().at("kri_t2")), "2 1 1 0");
}

TEST_F(MeshInsightTest, CountsTheMeshsResourcesByType) {
  world_.put<v1::MeshRetry>("r1", "");
  world_.put<v1::MeshRetry>("r2", "");
  world_.put<v1::MeshRetry>("r3", "", {}, "other");
  const v1::MeshInsight insight = mesh_insight(*world_, "default", insights());
  EXPECT_EQ(insight.resources().at("MeshRetry").total(), 2u);
  EXPECT_FALSE(insight.resources().contains("MeshTimeout"));
  EXPECT_FALSE(insight.has_dataplanes());
}

TEST_F(MeshInsightTest, GlobalCountsAreThoseOfAllMeshes) {
  world_.put<v1::Mesh>("other", "");
  dataplane("a", "inbound { port: 1 }", kConnected);
  dataplane("a", "inbound { port: 1 }", "", "other");
  dataplane("g", "gateway {}", kConnected, "other");
  world_.put<v1::MeshRetry>("r1", "");
  world_.put<v1::MeshService>("s1", "state: 'Available'");
  world_.put<v1::MeshService>("s2", "state: 'Unavailable'", {}, "other");
  world_.put<v1::MeshExternalService>("e", "");
  world_.put<v1::Zone>("east", "");
  world_.put<v1::Zone>("west", "");
  world_.put<v1::ZoneInsight>("east", "subscriptions { connect_time { seconds: 1 } }");
  world_.put<v1::ZoneInsight>("west", "subscriptions { connect_time { seconds: 1 } disconnect_time { seconds: 2 } }");
  const GlobalInsight insight = global_insight(*world_, insights());
  EXPECT_EQ(insight.meshes, 2u);
  EXPECT_EQ(text(insight.standard), "2 1 1 0");
  EXPECT_EQ(text(insight.gateway_delegated), "1 1 0 0");
  EXPECT_EQ(text(insight.internal_services), "2 1 1 0");
  EXPECT_EQ(insight.external_services, 1u);
  EXPECT_EQ(insight.policies, 1u);
  EXPECT_EQ(insight.zones, 2u);
  EXPECT_EQ(insight.zones_online, 1u);
  EXPECT_EQ(insight.resources.at("Dataplane"), 3u);
  EXPECT_EQ(insight.resources.at("Mesh"), 2u);
}

}  // namespace
}  // namespace weft::cp
