#include "policies/target_ref.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;
using ::testing::StartsWith;

template <typename Spec>
std::vector<Violation> targets(const std::string& text) {
  Violations violations;
  validate_targets(spec_of<Spec>(text), violations);
  return violations.list();
}

std::vector<Violation> match(const std::string& text, MatchCheck check = MatchCheck::kStrict) {
  Violations violations;
  validate_match(spec_of<v1::Match>(text), "m", check, violations);
  return violations.list();
}

TEST(TargetRef, AbsentMeansTheMeshAndIsFine) { EXPECT_THAT(targets<v1::MeshRetry>(""), IsEmpty()); }

TEST(TargetRef, AKindIsNeeded) {
  EXPECT_THAT(targets<v1::MeshRetry>("target_ref { }"),
              ElementsAre(Violation{"spec.targetRef.kind", "must be defined"}));
  EXPECT_THAT(targets<v1::MeshRetry>("to { }"), ElementsAre(Violation{"spec.to[0].targetRef.kind", "must be defined"}));
}

TEST(TargetRef, TheSchemaSaysWhichKindsAreAllowed) {
  EXPECT_THAT(targets<v1::MeshRetry>("target_ref { kind: 'MeshService' } to { target_ref { kind: 'Dataplane' } }"),
              ElementsAre(Violation{"spec.targetRef.kind", "value 'MeshService' is not supported"},
                          Violation{"spec.to[0].targetRef.kind", "value 'Dataplane' is not supported"}));
}

TEST(TargetRef, AMeshHasNeitherLabelsNorSections) {
  EXPECT_THAT(targets<v1::MeshRetry>("target_ref { kind: 'Mesh' labels { key: 'a' value: 'b' } section_name: 's' }"),
              ElementsAre(Violation{"spec.targetRef.labels", "must not be set with kind Mesh"},
                          Violation{"spec.targetRef.sectionName", "must not be set with kind Mesh"}));
}

TEST(TargetRef, ASectionOfADataplaneIsForInboundPoliciesOnly) {
  EXPECT_THAT(targets<v1::MeshTimeout>("target_ref { kind: 'Dataplane' section_name: 's' } rules { }"), IsEmpty());
  EXPECT_THAT(targets<v1::MeshTimeout>("target_ref { kind: 'Dataplane' section_name: 's' }"),
              ElementsAre(Violation{"spec.targetRef.sectionName", "can only be used with inbound policies"}));
}

TEST(TargetRef, ServicesAndRoutesAreNamedByLabels) {
  for (const char* kind : {"MeshService", "MeshExternalService", "MeshMultiZoneService", "MeshHTTPRoute"}) {
    EXPECT_THAT(targets<v1::MeshRetry>(cat("to { target_ref { kind: '", kind, "' } }")),
                ElementsAre(Violation{"spec.to[0].targetRef.labels", cat("must be set when kind is ", kind)}));
  }
}

TEST(TargetRef, OnlyWhatHasPortsHasSections) {
  const auto with_section = [](const char* kind) {
    return targets<v1::MeshRetry>(
        cat("to { target_ref { kind: '", kind, "' labels { key: 'a' value: 'b' } section_name: 'http' } }"));
  };
  EXPECT_THAT(with_section("MeshService"), IsEmpty());
  EXPECT_THAT(with_section("MeshMultiZoneService"), IsEmpty());
  EXPECT_THAT(
      with_section("MeshExternalService"),
      ElementsAre(Violation{"spec.to[0].targetRef.sectionName", "must not be set with kind MeshExternalService"}));
  EXPECT_THAT(with_section("MeshHTTPRoute"),
              ElementsAre(Violation{"spec.to[0].targetRef.sectionName", "must not be set with kind MeshHTTPRoute"}));
}

TEST(TargetRef, WhatIsForbiddenIsSaidBeforeWhatIsMissing) {
  EXPECT_THAT(targets<v1::MeshRetry>("to { target_ref { kind: 'MeshHTTPRoute' section_name: 'http' } }"),
              ElementsAre(Violation{"spec.to[0].targetRef.sectionName", "must not be set with kind MeshHTTPRoute"},
                          Violation{"spec.to[0].targetRef.labels", "must be set when kind is MeshHTTPRoute"}));
}

TEST(Match, SpiffeIdsAreAccepted) {
  EXPECT_THAT(match("spiffe_id { type: 'Exact' value: 'spiffe://default.east.mesh.local/ns/Shop/sa/web_1' }"),
              IsEmpty());
  EXPECT_THAT(match("spiffe_id { type: 'Prefix' value: 'spiffe://mesh-1' }"), IsEmpty());
}

TEST(Match, WhatIsNoSpiffeIdIsRefused) {
  for (const char* id : {"", "mesh-1/web", "spiffe://", "spiffe://Mesh/web", "spiffe://mesh/", "spiffe://mesh/a//b",
                         "spiffe://mesh/a/", "spiffe://mesh/..", "spiffe://mesh/a b", "spiffe://mesh:80/a"}) {
    const auto violations = match(cat("spiffe_id { type: 'Exact' value: '", id, "' }"));
    ASSERT_EQ(violations.size(), 1u) << id;
    EXPECT_EQ(violations[0].field, "m.spiffeID");
    EXPECT_THAT(violations[0].reason, StartsWith("must be a valid Spiffe ID: "));
  }
}

TEST(Match, StrictKindsDemandAFieldAndAKnownType) {
  EXPECT_THAT(match(""), ElementsAre(Violation{"m", "must specify at least one of 'spiffeID' or 'sni'"}));
  EXPECT_THAT(match("", MatchCheck::kLoose), IsEmpty());
  EXPECT_THAT(match("spiffe_id { value: 'spiffe://m' }"), ElementsAre(Violation{"m.spiffeID.type", "must be set"}));
  EXPECT_THAT(
      match("spiffe_id { type: 'Regex' value: 'spiffe://m' }"),
      ElementsAre(Violation{"m.spiffeID.type", "unrecognized type \"Regex\", supported values are: Exact, Prefix"}));
  EXPECT_THAT(match("spiffe_id { value: 'spiffe://m' }", MatchCheck::kLoose), IsEmpty());
}

TEST(Match, AServerNameIsAnExactDnsName) {
  EXPECT_THAT(match("sni { type: 'Exact' value: 'backend.mesh-1.x' }"), IsEmpty());
  EXPECT_THAT(match("sni { }"),
              ElementsAre(Violation{"m.sni.type", "must be set"}, Violation{"m.sni.value", "must be set"}));
  EXPECT_THAT(match("sni { type: 'Prefix' value: 'a' }"),
              ElementsAre(Violation{"m.sni.type", "unrecognized type \"Prefix\", supported values are: Exact"}));
  for (const char* name : {"Not_A.Name", "-a.b", "a..b", "a-"}) {
    const auto violations = match(cat("sni { type: 'Exact' value: '", name, "' }"));
    ASSERT_EQ(violations.size(), 1u) << name;
    EXPECT_EQ(violations[0].field, "m.sni.value");
  }
}

}  // namespace
}  // namespace weft
