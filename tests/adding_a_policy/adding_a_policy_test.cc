// The kind that docs/adding-a-policy.md makes up, as everything meets it.
#include <gmock/gmock.h>

#include "base/file.h"
#include "control-plane/engine/policy_warnings.h"
#include "control-plane/engine/test_world.h"
#include "control-plane/engine/views.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/encode.h"
#include "control-plane/resource/kind.h"
#include "policies/inbound_rules.h"
#include "policies/match.h"
#include "policies/policy.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh_maintenance.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Decoded decoded(const std::string& document) {
  const Result<std::vector<Node>> documents = parse_yaml(document);
  EXPECT_TRUE(documents.ok()) << documents.status();
  return decode(documents->at(0));
}
std::string example() { return read_file(WEFT_PAGE_FOLDER "/example.yaml").value(); }
std::string document(const std::string& conf) {
  return "type: MeshMaintenance\nmesh: default\nname: m\nspec: {rules: [{default: " + conf + "}]}\n";
}

PolicyPtr policy(const std::string& name, const std::string& conf) {
  return make_policy_resource("default", name, "", {}, decoded(document(conf)).spec);
}

TEST(AddingAPolicy, TheKindIsKnownByAllItsNames) {
  const Kind* kind = find_kind("MeshMaintenance");
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(find_kind_by_path("meshmaintenances"), kind);
  EXPECT_EQ(find_kind_by_cli_name("meshmaintenance"), kind);
  EXPECT_EQ(find_kind_by_short_name("mmt"), kind);
  EXPECT_TRUE(kind->is_policy());
  EXPECT_NE(find_policy_kind("MeshMaintenance"), nullptr);
  EXPECT_NE(find_policy_kind("MeshTimeout"), nullptr);
}

TEST(AddingAPolicy, ADocumentIsReadWithItsDefaults) {
  const Decoded read = decoded(example());
  EXPECT_TRUE(read.ok());
  EXPECT_THAT(read.warnings, IsEmpty());
  EXPECT_EQ(encode_message(*read.spec),
            R"({"targetRef":{"kind":"Dataplane","labels":{"app":"backend"}},)"
            R"("rules":[{"default":{"closed":true,"status":502,"appendOpenPaths":["/health"]}}]})");
}

TEST(AddingAPolicy, TheSchemaAndTheKindRefuseWhatIsWrong) {
  const Decoded out_of_bounds = decoded(document("{status: 200}"));
  ASSERT_EQ(out_of_bounds.violations.size(), 1u);
  EXPECT_EQ(out_of_bounds.violations[0].field, "spec.rules[0].default.status");
  EXPECT_THAT(sentence(decoded(document("{staus: 500}")).warnings.at(0)), HasSubstr("did you mean \"status\"?"));
  Violations violations;
  find_policy_kind("MeshMaintenance")->validate(*decoded(document("{appendOpenPaths: [health]}")).spec, violations);
  EXPECT_THAT(violations.list(),
              ElementsAre(Violation{"spec.rules[0].default.appendOpenPaths[0]", "must be an absolute path"}));
}

TEST(AddingAPolicy, ItIsForTheProxiesItSelects) {
  const Decoded read = decoded(example());
  const PolicyPtr made = make_policy_resource("default", "backend-moves", "", {}, read.spec);
  ProxyView proxy;
  proxy.ports = {{"10.0.0.1", 80, "main"}};
  EXPECT_FALSE(select(*made, proxy).applies);
  proxy.labels = {{"app", "backend"}};
  EXPECT_THAT(select(*made, proxy).ports, ElementsAre(0));
}

TEST(AddingAPolicy, SeveralAreMergedAsTheSchemaSays) {
  const std::vector<PolicyPtr> both = {policy("aaa", "{status: 500, appendOpenPaths: [/a]}"),
                                       policy("zzz", "{status: 502, appendOpenPaths: [/z]}")};
  const EffectiveConf merged = catch_all(inbound_rules(both));
  EXPECT_EQ(encode_message(*merged.conf), R"({"closed":true,"status":500,"appendOpenPaths":["/z","/a"]})");
  EXPECT_EQ(merged.origins.size(), 2u);
}

TEST(AddingAPolicy, WhatCannotWorkIsSaid) {
  testing::TestWorld world;
  world.put<v1::MeshMaintenance>(
      "m", "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'x' } } rules { default {} }");
  EXPECT_THAT(policy_warnings(*world, *world->find({"MeshMaintenance", "default", "m"})),
              ElementsAre(HasSubstr("no Dataplane of mesh 'default' fits {app: x}")));
  world.put<v1::Dataplane>("d", "networking { address: '10.0.0.1' inbound { port: 5432 } }", {{"app", "x"}});
  EXPECT_THAT(policy_warnings(*world, *world->find({"MeshMaintenance", "default", "m"})),
              ElementsAre(HasSubstr("spec.rules[0] is about requests")));
}

TEST(AddingAPolicy, ItActsOnRequests) {
  const auto made =
      find_policy_kind("MeshMaintenance")
          ->make(
              static_cast<const v1::MeshMaintenance&>(*decoded(example()).spec).rules(0).default_().SerializeAsString(),
              true);
  ASSERT_TRUE(made.ok());
  Plan plan;
  const auto refusal = (*made)->decide({.method = "GET", .path = "/orders"}, plan);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->status, 502);
  EXPECT_FALSE((*made)->decide({.method = "GET", .path = "/health/live"}, plan).has_value());
}

}  // namespace
}  // namespace weft::cp
