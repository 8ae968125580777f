#include "control-plane/engine/effective_rules.h"

#include <gmock/gmock.h>

#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_http_route.pb.h"
#include "weft/v1/mesh_multi_zone_service.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EffectiveRulesTest : public ::testing::Test {
 protected:
  EffectiveRulesTest() {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::MeshService>("backend", "ports { name: 'http' port: 80 } ports { port: 9000 }");
    world_.put<v1::Dataplane>("web",
                              "networking { address: '10.0.0.1' inbound { port: 80 name: 'main' } inbound { port: 81 }"
                              "  listeners { address: '10.0.0.1' port: 10001 name: 'zi' } }",
                              {{"app", "web"}});
  }
  EffectiveRules rules(Shadow shadow = Shadow::kIgnore) {
    auto found = effective_rules(*world_, {"Dataplane", "default", "web"}, indexes_, shadow);
    EXPECT_TRUE(found.ok());
    return *std::move(found);
  }
  static std::vector<std::string> keys(const KindRules& kind) {
    std::vector<std::string> out;
    for (const auto& [kri, rule] : kind.to) out.push_back(kri);
    return out;
  }
  const std::string backend_ref_ =
      "target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'backend' } }";

  testing::TestWorld world_;
  RuleIndexes indexes_;
};

TEST_F(EffectiveRulesTest, OnlyKindsWithAPolicyForTheProxyAreThere) {
  world_.put<v1::MeshTimeout>("t", "to { target_ref { kind: 'Mesh' } default { idle_timeout { seconds: 1 } } }");
  world_.put<v1::MeshRetry>("elsewhere",
                            "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'other' } }"
                            "to { target_ref { kind: 'Mesh' } default { http { num_retries: 3 } } }");
  const EffectiveRules found = rules();
  ASSERT_EQ(found.kinds.size(), 1u);
  EXPECT_EQ(found.kinds[0].kind->name, "MeshTimeout");
  EXPECT_EQ(found.find("MeshRetry"), nullptr);
  EXPECT_THAT(keys(found.kinds[0]), ElementsAre("kri_m____default_"));
  EXPECT_EQ(found.mesh_kri(), "kri_m____default_");
}

TEST_F(EffectiveRulesTest, DestinationsAreThoseThatSomebodyNamed) {
  world_.put<v1::MeshTimeout>(
      "t", "to { " + backend_ref_ + " default { idle_timeout { seconds: 1 } } }" +
               "to { target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'backend' }"
               "     section_name: '9000' } default { idle_timeout { seconds: 2 } } }");
  const EffectiveRules found = rules();
  EXPECT_THAT(keys(found.kinds.at(0)), ElementsAre("kri_msvc_default___backend_", "kri_msvc_default___backend_9000"));
  EXPECT_EQ(found.targets.size(), 1u);
  world_.remove({"MeshService", "default", "backend"});
  EXPECT_THAT(keys(rules().kinds.at(0)), IsEmpty());
  // What was found before stays readable.
  EXPECT_EQ(found.kinds.at(0).to.begin()->second.resource->name, "backend");
}

TEST_F(EffectiveRulesTest, EveryKindOfServiceHasItsPorts) {
  world_.put<v1::MeshExternalService>("bank", "match { port: 443 }");
  world_.put<v1::MeshMultiZoneService>("all", "ports { port: 80 name: 'http' }");
  world_.put<v1::MeshHTTPRoute>("r", "");
  indexes_.with(*world_, "default", [](const RuleIndex& index) {
    const auto section = [&](const char* type, const char* name) {
      return index.target(type, name)->target.ports.at(0).section();
    };
    EXPECT_EQ(section("MeshExternalService", "bank"), "443");
    EXPECT_EQ(section("MeshMultiZoneService", "all"), "http");
    EXPECT_THAT(index.target("MeshHTTPRoute", "r")->target.ports, IsEmpty());
    EXPECT_EQ(index.target("MeshService", "nobody"), nullptr);
    EXPECT_EQ(index.target("MeshTimeout", "t"), nullptr);
  });
}

TEST_F(EffectiveRulesTest, WithoutTheMeshNothingIsSaidOfIt) {
  world_.put<v1::MeshTimeout>("t", "to { target_ref { kind: 'Mesh' } default { idle_timeout { seconds: 1 } } }");
  world_.remove({"Mesh", "", "default"});
  EXPECT_THAT(keys(rules().kinds.at(0)), IsEmpty());
  EXPECT_EQ(rules().mesh_kri(), "");
}

TEST_F(EffectiveRulesTest, RulesStandAtThePortsTheirPoliciesSelect) {
  world_.put<v1::MeshTimeout>("all", "rules { default { idle_timeout { seconds: 1 } } }");
  world_.put<v1::MeshTimeout>("zi",
                              "target_ref { kind: 'Dataplane' section_name: 'zi' }"
                              "rules { default { idle_timeout { seconds: 2 } } }");
  const EffectiveRules found = rules();
  const KindRules& kind = found.kinds.at(0);
  ASSERT_EQ(kind.inbounds.size(), 3u);
  EXPECT_EQ(kind.inbounds[0].rules.size(), 1u);
  EXPECT_EQ(kind.inbounds[2].port, 2u);
  ASSERT_EQ(kind.inbounds[2].rules.size(), 2u);
  EXPECT_EQ(kind.inbounds[2].rules[1].origin.policy->meta.name, "zi");
}

TEST_F(EffectiveRulesTest, ShadowPoliciesCountWhenAskedFor) {
  world_.put<v1::MeshTimeout>("t", "to { target_ref { kind: 'Mesh' } default { idle_timeout { seconds: 1 } } }",
                              {{"kuma.io/effect", "shadow"}});
  EXPECT_THAT(rules().kinds, IsEmpty());
  EXPECT_EQ(rules(Shadow::kInclude).kinds.size(), 1u);
}

TEST_F(EffectiveRulesTest, AChangeIsSeenAtOnce) {
  world_.put<v1::MeshTimeout>("t", "to { target_ref { kind: 'Mesh' } default { idle_timeout { seconds: 1 } } }");
  EXPECT_EQ(rules().kinds.size(), 1u);
  world_.remove({"MeshTimeout", "default", "t"});
  EXPECT_THAT(rules().kinds, IsEmpty());
}

TEST_F(EffectiveRulesTest, AnUnknownDataplaneIsNotFound) {
  EXPECT_TRUE(is_not_found(effective_rules(*world_, {"Dataplane", "default", "x"}, indexes_).status()));
}

}  // namespace
}  // namespace weft::cp
