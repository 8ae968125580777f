#include "policies/match.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::policy_of;

constexpr char kMesh[] = "target_ref { kind: 'Mesh' }";
constexpr char kWebOnly[] = "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } }";

PolicyPtr timeout(const std::string& spec, const Labels& labels = {}) {
  return policy_of<v1::MeshTimeout>("p", spec, labels);
}

ProxyView web() {
  ProxyView proxy;
  proxy.labels = {{"app", "web"}, {"team", "shop"}};
  proxy.display_name = "web-1";
  proxy.ports = {{"10.0.0.1", 8080, "http"}, {"10.0.0.1", 9090, ""}};
  return proxy;
}

bool applies(const PolicyPtr& policy, const ProxyView& proxy) { return select(*policy, proxy).applies; }

TEST(Match, APolicyWithoutTargetIsForEveryPort) {
  EXPECT_THAT(select(*timeout(""), web()).ports, ElementsAre(0, 1));
  EXPECT_THAT(select(*timeout(kMesh), web()).ports, ElementsAre(0, 1));
}

TEST(Match, AllLabelsHaveToBeEqual) {
  EXPECT_TRUE(applies(timeout(kWebOnly), web()));
  EXPECT_FALSE(applies(timeout("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' }"
                               "labels { key: 'team' value: 'other' } }"),
                       web()));
  EXPECT_TRUE(applies(timeout("target_ref { kind: 'Dataplane' }"), web()));
}

TEST(Match, TheLabelOfTheDisplayNameIsComparedWithTheDisplayName) {
  const auto policy = timeout("target_ref { kind: 'Dataplane' labels { key: 'kuma.io/display-name' value: 'web-1' } }");
  EXPECT_TRUE(applies(policy, web()));
  ProxyView other = web();
  other.display_name = "web-2";
  EXPECT_FALSE(applies(policy, other));
}

TEST(Match, ASectionIsAPortNameOrTheNumberOfAPortWithoutName) {
  const auto section = [](const std::string& name) {
    return timeout("target_ref { kind: 'Dataplane' section_name: '" + name + "' }");
  };
  EXPECT_THAT(select(*section("http"), web()).ports, ElementsAre(0));
  EXPECT_THAT(select(*section("9090"), web()).ports, ElementsAre(1));
  EXPECT_THAT(select(*section("8080"), web()).ports, IsEmpty());
  EXPECT_FALSE(applies(section("8080"), web()));
}

TEST(Match, ADelegatedGatewayIsSelectedThoughItHasNoPorts) {
  ProxyView gateway;
  gateway.labels = {{"app", "web"}};
  gateway.delegated_gateway = true;
  EXPECT_TRUE(applies(timeout(kMesh), gateway));
  EXPECT_TRUE(applies(timeout(kWebOnly), gateway));
  EXPECT_TRUE(applies(timeout("target_ref { kind: 'Dataplane' section_name: 'http' }"), gateway));
}

TEST(Match, AProxyThatOnlySendsIsSelectedAsAWhole) {
  ProxyView client;
  client.labels = {{"app", "web"}};
  EXPECT_TRUE(applies(timeout(kMesh), client));
  EXPECT_TRUE(applies(timeout(kWebOnly), client));
  EXPECT_FALSE(applies(timeout("target_ref { kind: 'Dataplane' section_name: 'http' }"), client));
}

TEST(Match, AShadowPolicyIsIgnoredUnlessAskedFor) {
  const auto shadow = timeout(kMesh, {{"kuma.io/effect", "shadow"}});
  EXPECT_FALSE(applies(shadow, web()));
  EXPECT_TRUE(select(*shadow, web(), Shadow::kInclude).applies);
}

TEST(Match, APolicyOfAnotherZoneIsIgnoredUnlessAProducerWroteIt) {
  const Labels west = {{"kuma.io/origin", "zone"}, {"kuma.io/zone", "west"}};
  ProxyView east = web();
  east.labels.insert({{"kuma.io/origin", "zone"}, {"kuma.io/zone", "east"}});
  EXPECT_FALSE(applies(timeout(kMesh, west), east));
  EXPECT_TRUE(applies(timeout(kMesh, west), web()));  // the proxy has no origin
  Labels producer = west;
  producer.insert({"kuma.io/policy-role", "producer"});
  EXPECT_TRUE(applies(timeout(kMesh, producer), east));
  Labels no_zone = {{"kuma.io/origin", "zone"}};
  EXPECT_TRUE(applies(timeout(kMesh, no_zone), east));
  EXPECT_TRUE(applies(timeout(kMesh, {{"kuma.io/origin", "global"}, {"kuma.io/zone", "west"}}), east));
  ProxyView zoneless = web();
  zoneless.labels.insert({"kuma.io/origin", "zone"});
  EXPECT_TRUE(applies(timeout(kMesh, west), zoneless));
}

TEST(Match, ConsumersAndOwnersSpeakForTheirNamespaceOnly) {
  ProxyView shop = web();
  shop.labels.insert({"k8s.kuma.io/namespace", "shop"});
  for (const char* role : {"consumer", "workload-owner"}) {
    EXPECT_TRUE(applies(timeout(kMesh, {{"kuma.io/policy-role", role}, {"k8s.kuma.io/namespace", "shop"}}), shop));
    EXPECT_FALSE(applies(timeout(kMesh, {{"kuma.io/policy-role", role}, {"k8s.kuma.io/namespace", "bank"}}), shop));
    EXPECT_FALSE(applies(timeout(kMesh, {{"kuma.io/policy-role", role}}), web()));
  }
  EXPECT_TRUE(applies(timeout(kMesh, {{"kuma.io/policy-role", "system"}, {"k8s.kuma.io/namespace", "bank"}}), shop));
}

TEST(Match, AnUnknownTargetKindMatchesNothingAndWarns) {
  const Selection selection = select(*timeout("target_ref { kind: 'MeshService' }"), web());
  EXPECT_FALSE(selection.applies);
  EXPECT_EQ(selection.warning, "unsupported targetRef kind 'MeshService'");
}

}  // namespace
}  // namespace weft
