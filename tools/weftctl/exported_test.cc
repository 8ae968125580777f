#include "tools/weftctl/exported.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/document/print.h"

namespace weft::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kAll = {
      {.type = "Dataplane"},
      {.type = "DataplaneInsight", .read_only = true},
      {.type = "GlobalSecret", .global = true, .in_federation = true},
      {.type = "Mesh", .global = true, .in_federation = true},
      {.type = "MeshTimeout", .policy = true, .in_federation = true},
      {.type = "Secret", .in_federation = true},
  };
  return kAll;
}

std::vector<std::string> types(ExportProfile profile, bool admin) {
  std::vector<std::string> out;
  for (const Kind* kind : exported_kinds(kinds(), profile, admin)) out.push_back(kind->type);
  return out;
}

Node json(std::string_view text) { return parse_json(text).value_or(Node{}); }

TEST(ExportedTest, AProfileSaysWhichKindsGo) {
  EXPECT_THAT(types(ExportProfile::kFederation, false), ElementsAre("GlobalSecret", "Mesh", "Secret"));
  EXPECT_THAT(types(ExportProfile::kFederationWithPolicies, false),
              ElementsAre("GlobalSecret", "Mesh", "MeshTimeout", "Secret"));
  EXPECT_THAT(types(ExportProfile::kAll, false), ElementsAre("Dataplane", "Mesh", "MeshTimeout"));
  EXPECT_THAT(types(ExportProfile::kAll, true),
              ElementsAre("Dataplane", "GlobalSecret", "Mesh", "MeshTimeout", "Secret"));
  EXPECT_THAT(types(ExportProfile::kNoDataplanes, false), ElementsAre("Mesh", "MeshTimeout"));
  EXPECT_THAT(std::string(read_profile("some").status().message()), HasSubstr("federation-with-policies, all"));
}

TEST(ExportedTest, AMeshMakesNoPoliciesWhenItIsAppliedElsewhere) {
  EXPECT_EQ(compact_json(prepare_for_apply(json(R"({"type":"Mesh","name":"m"})"), ExportProfile::kAll)),
            R"({"type":"Mesh","name":"m","skipCreatingInitialPolicies":["*"]})");
}

TEST(ExportedTest, AFederationLeavesOutWhereAResourceComesFrom) {
  const Node timeout = json(R"({"type":"MeshTimeout","labels":{"kuma.io/origin":"zone","a":"b"}})");
  EXPECT_EQ(compact_json(prepare_for_apply(timeout, ExportProfile::kFederationWithPolicies)),
            R"({"type":"MeshTimeout","labels":{"a":"b"}})");
  EXPECT_EQ(compact_json(prepare_for_apply(timeout, ExportProfile::kAll)), compact_json(timeout));
}

TEST(ExportedTest, ObjectsOfKubernetesAreTreatedAlike) {
  const Node mesh = json(R"({"kind":"Mesh","metadata":{"name":"m","labels":{"kuma.io/origin":"zone"}},"spec":{}})");
  EXPECT_EQ(compact_json(prepare_object(mesh, ExportProfile::kFederation)),
            R"({"kind":"Mesh","metadata":{"name":"m"},"spec":{"skipCreatingInitialPolicies":["*"]}})");
  EXPECT_TRUE(is_exported_to(mesh, ExportProfile::kFederation, "kuma-system"));
  const Node elsewhere = json(R"({"kind":"MeshRetry","metadata":{"name":"r","namespace":"shop"}})");
  EXPECT_FALSE(is_exported_to(elsewhere, ExportProfile::kFederationWithPolicies, "kuma-system"));
  EXPECT_TRUE(is_exported_to(elsewhere, ExportProfile::kAll, "kuma-system"));
}

TEST(ExportedTest, CertificatesThatEveryControlPlaneMakesStay) {
  EXPECT_FALSE(is_exported(json(R"({"type":"GlobalSecret","name":"inter-cp-ca"})")));
  EXPECT_FALSE(is_exported(json(R"({"type":"GlobalSecret","name":"envoy-admin-ca"})")));
  EXPECT_TRUE(is_exported(json(R"({"type":"GlobalSecret","name":"mine"})")));
  EXPECT_TRUE(is_exported(json(R"({"type":"Secret","name":"inter-cp-ca"})")));
}

TEST(ExportedTest, TheKeysOfUsersComeLast) {
  std::vector<Node> documents;
  for (const char* text :
       {R"({"type":"GlobalSecret","name":"user-token-signing-key-1"})", R"({"type":"GlobalSecret","name":"zone-key"})",
        R"({"type":"Zone","name":"z"})", R"({"type":"Secret","name":"s"})", R"({"type":"Mesh","name":"m"})"}) {
    documents.push_back(json(text));
  }
  sort_for_apply(documents);
  std::vector<std::string> names;
  for (const Node& document : documents) names.push_back(document.find("name")->text);
  EXPECT_THAT(names, ElementsAre("m", "s", "z", "zone-key", "user-token-signing-key-1"));
}

}  // namespace
}  // namespace weft::ctl
