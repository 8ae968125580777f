#include "control-plane/engine/workload_identity.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"

namespace weft::cp {
namespace {

using testing::TestWorld;

class WorkloadIdentityTest : public ::testing::Test {
 protected:
  // `labels`: protobuf text of match_labels entries.
  void identity(const std::string& name, const std::string& labels, const std::string& more = "") {
    world_.put<v1::MeshIdentity>(name, cat("selector { dataplane { ", labels, " } } ", more));
  }
  std::string best(const Labels& labels) {
    const auto views = identity_views(*world_->table("MeshIdentity", "default"), "east");
    const IdentityView* found = best_identity(views, labels);
    return found == nullptr ? "-" : found->resource->key.name;
  }
  // The SPIFFE ID by the best identity, or "error".
  std::string id(const Labels& labels) {
    const auto views = identity_views(*world_->table("MeshIdentity", "default"), "east");
    const IdentityView* found = best_identity(views, labels);
    if (found == nullptr) return "-";
    const Result<std::string> id = spiffe_id(*found, labels);
    return id.ok() ? *id : "error";
  }

  TestWorld world_;
};

TEST_F(WorkloadIdentityTest, AnIdentityWithoutSelectorSelectsNothingAndAnEmptyOneEverything) {
  world_.put<v1::MeshIdentity>("none", "");
  world_.put<v1::MeshIdentity>("none-either", "selector {}");
  EXPECT_EQ(best({{"a", "b"}}), "-");
  identity("all", "");
  EXPECT_EQ(best({{"a", "b"}}), "all");
}

TEST_F(WorkloadIdentityTest, MostLabelsWinThenTheName) {
  identity("z-one", "match_labels { key: 'a' value: '1' }");
  identity("two", "match_labels { key: 'a' value: '1' } match_labels { key: 'b' value: '2' }");
  identity("a-one", "match_labels { key: 'b' value: '2' }");
  EXPECT_EQ(best({{"a", "1"}, {"b", "2"}}), "two");
  EXPECT_EQ(best({{"a", "1"}}), "z-one");
  world_.remove({"MeshIdentity", "default", "two"});
  EXPECT_EQ(best({{"a", "1"}, {"b", "2"}}), "a-one");
}

TEST_F(WorkloadIdentityTest, ByDefaultAWorkloadIsCalledByMeshZoneAndLabel) {
  identity("all", "");
  EXPECT_EQ(id({{"kuma.io/workload", "web"}}), "spiffe://default.east.mesh.local/workload/web");
  EXPECT_EQ(id({}), "error") << "the path would end in a slash";
}

TEST_F(WorkloadIdentityTest, TemplatesTakeTheIdentitysAndTheDataplanesLabels) {
  world_.put<v1::MeshIdentity>("all",
                               "selector { dataplane {} } spiffe_id { trust_domain: '{{ .Mesh }}.{{ .Zone }}.{{ label "
                               "\"org\" }}' path: '/{{ .TrustDomain }}/{{ .Namespace }}/{{ .ServiceAccount }}/{{ label "
                               "\"version\" }}' }",
                               {{"org", "acme"}, {"kuma.io/zone", "west"}});
  EXPECT_EQ(id({{"k8s.kuma.io/namespace", "ns"}, {"k8s.kuma.io/service-account", "sa"}, {"version", "V1"}}),
            "spiffe://default.west.acme/default.west.acme/ns/sa/V1");
  EXPECT_EQ(id({{"k8s.kuma.io/namespace", "ns"}, {"k8s.kuma.io/service-account", "sa"}}), "error");
}

TEST_F(WorkloadIdentityTest, WhatIsNoSpiffeIdIsAnError) {
  identity("all", "", "spiffe_id { trust_domain: 'Upper' }");
  EXPECT_EQ(id({{"kuma.io/workload", "web"}}), "error");
}

TEST_F(WorkloadIdentityTest, ItsConditionReadySaysWhatItCanDo) {
  identity("all", "", "provider { type: 'Spire' }");
  const auto view = [&] { return identity_views(*world_->table("MeshIdentity", "default"), "east").front(); };
  EXPECT_TRUE(view().is_spire());
  EXPECT_FALSE(view().is_ready);
  auto stored = std::make_shared<Resource>(*world_->find({"MeshIdentity", "default", "all"}));
  stored->status = std::make_shared<v1::MeshIdentityStatus>(weft::testing::spec_of<v1::MeshIdentityStatus>(
      "conditions { type: 'Provider' status: 'False' } conditions { type: 'Ready' status: 'True' reason: 'Ready' }"));
  world_.put(stored);
  EXPECT_TRUE(view().is_ready);
  EXPECT_FALSE(view().is_partially_ready);
  world_.put<v1::Dataplane>("web", "", {{"kuma.io/workload", "web"}, {"kuma.io/zone", "west"}});
  const ResourcePtr web = world_->find({"Dataplane", "default", "web"});
  EXPECT_EQ(spiffe_id_of(*world_, *web), "spiffe://default.west.mesh.local/workload/web");
  stored = std::make_shared<Resource>(*stored);
  stored->status = std::make_shared<v1::MeshIdentityStatus>(weft::testing::spec_of<v1::MeshIdentityStatus>(
      "conditions { type: 'Ready' status: 'False' reason: 'PartiallyReady' }"));
  world_.put(stored);
  EXPECT_FALSE(view().is_ready);
  EXPECT_TRUE(view().is_partially_ready);
  EXPECT_EQ(spiffe_id_of(*world_, *web), std::nullopt);
}

}  // namespace
}  // namespace weft::cp
