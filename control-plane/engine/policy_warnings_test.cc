#include "control-plane/engine/policy_warnings.h"

#include <gmock/gmock.h>

#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"
#include "weft/v1/mesh_tls.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestWorld;

class WarningsTest : public ::testing::Test {
 protected:
  WarningsTest() {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::Dataplane>("web-1", "networking { address: '10.0.0.1' inbound { port: 80 name: 'http' } }",
                              {{"app", "web"}});
    world_.put<v1::MeshService>("web", "ports { port: 80 name: 'http' }");
  }
  std::vector<std::string> warnings(const std::string& spec, const Labels& labels = {}) {
    TestWorld with = world_;
    with.put<v1::MeshTimeout>("p", spec, labels);
    return policy_warnings(*world_, *with->find({"MeshTimeout", "default", "p"}));
  }
  TestWorld world_;
};

std::string to_service(const std::string& name, const std::string& section) {
  return "to { target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: '" + name +
         "' } section_name: '" + section + "' } }";
}

TEST_F(WarningsTest, APolicyThatFitsSaysNothing) {
  EXPECT_THAT(warnings("target_ref { kind: 'Mesh' } to { target_ref { kind: 'Mesh' } }"), IsEmpty());
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } section_name: 'http' } rules { }"),
      IsEmpty());
  EXPECT_THAT(warnings(to_service("web", "http")), IsEmpty());
}

TEST_F(WarningsTest, APolicyThatSelectsNoProxySaysSo) {
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'wbe' } } rules { }"),
      ElementsAre("spec.targetRef: no Dataplane of mesh 'default' fits {app: wbe}: the policy applies to nothing yet"));
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } section_name: '80' } rules { }"),
      ElementsAre("spec.targetRef: no selected Dataplane has an inbound '80': the policy applies to nothing yet"));
}

TEST_F(WarningsTest, AnItemThatNamesNothingSaysSo) {
  EXPECT_THAT(
      warnings(to_service("wbe", "")),
      ElementsAre(
          "spec.to[0].targetRef: no MeshService of mesh 'default' carries the labels {kuma.io/display-name: wbe}:"
          " the item applies to nothing yet"));
  EXPECT_THAT(warnings(to_service("web", "80")), ElementsAre(HasSubstr("no selected MeshService has a port '80'")));
}

TEST_F(WarningsTest, AShadowPolicyIsAnnounced) {
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' } }", {{"kuma.io/effect", "shadow"}}),
              ElementsAre(HasSubstr("changes nothing")));
}

std::string request_timeout(int seconds) {
  return cat(" default { http { request_timeout { seconds: ", seconds, " } } } ");
}

TEST_F(WarningsTest, AValueThatAStrongerPolicySetsTooSaysSo) {
  world_.put<v1::MeshTimeout>("everywhere", "to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}");
  EXPECT_THAT(
      warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(3) + "}"),
      ElementsAre(
          "spec.to[0].default: http.requestTimeout has no effect: MeshTimeout 'everywhere' sets the same and wins"
          " (of two equal policies the smaller name wins)"));
  // More specific, another value, or the same value: nothing to say.
  EXPECT_THAT(warnings("to { target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'web' } }" +
                       request_timeout(3) + "}"),
              IsEmpty());
  EXPECT_THAT(
      warnings("target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } } to { target_ref { kind: 'Mesh' }" +
               request_timeout(3) + "}"),
      IsEmpty());
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' } default { idle_timeout { seconds: 3 } } }"), IsEmpty());
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}"), IsEmpty());
}

TEST_F(WarningsTest, RulesForEverybodyAreComparedToo) {
  world_.put<v1::MeshTimeout>("in", "rules {" + request_timeout(15) + "}");
  EXPECT_THAT(warnings("rules {" + request_timeout(3) + "}"),
              ElementsAre(HasSubstr("spec.rules[0].default: http.requestTimeout")));
  EXPECT_THAT(
      warnings("rules { matches { spiffe_id { type: 'Exact' value: 'spiffe://m' } }" + request_timeout(3) + "}"),
      IsEmpty());
}

TEST_F(WarningsTest, AShadowPolicyOverridesNothing) {
  world_.put<v1::MeshTimeout>("everywhere", "to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}",
                              {{"kuma.io/effect", "shadow"}});
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(3) + "}"), IsEmpty());
}

TEST_F(WarningsTest, AWriteAmongVeryManyPoliciesDoesNotWaitForTheComparison) {
  for (int i = 0; i < 300; ++i) {
    world_.put<v1::MeshTimeout>(cat("everywhere-", i), "to { target_ref { kind: 'Mesh' }" + request_timeout(15) + "}");
  }
  EXPECT_THAT(warnings("to { target_ref { kind: 'Mesh' }" + request_timeout(3) + "}"), IsEmpty());
}

TEST_F(WarningsTest, AKindThatNoProxyActsOnSaysSo) {
  TestWorld with = world_;
  with.put<v1::MeshTLS>("p", "rules { default { mode: 'Strict' } }");
  EXPECT_THAT(policy_warnings(*world_, *with->find({"MeshTLS", "default", "p"})),
              ElementsAre("MeshTLS is kept and shown, but weft-proxy does not act on it yet"));
}

TEST_F(WarningsTest, WhatTheKindRemarksIsSaidToo) {
  TestWorld with = world_;
  with.put<v1::MeshRetry>("p",
                          "to { target_ref { kind: 'Mesh' } default { http { back_off { base_interval { } } } } }");
  EXPECT_THAT(policy_warnings(*world_, *with->find({"MeshRetry", "default", "p"})),
              ElementsAre(HasSubstr("backOff.baseInterval is not above zero")));
}

TEST_F(WarningsTest, OtherResourcesHaveNoWarnings) {
  EXPECT_THAT(policy_warnings(*world_, *world_->find({"MeshService", "default", "web"})), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
