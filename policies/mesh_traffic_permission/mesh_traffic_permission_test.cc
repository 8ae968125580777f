#include "policies/mesh_traffic_permission/mesh_traffic_permission.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& text) {
  Violations violations;
  mesh_traffic_permission_kind().validate(spec_of<v1::MeshTrafficPermission>(text), violations);
  return violations.list();
}

std::vector<std::string> fields(const std::vector<Violation>& violations) {
  std::vector<std::string> out;
  for (const Violation& violation : violations) out.push_back(violation.field);
  return out;
}

const std::string kWeb = "{ spiffe_id { type: 'Exact' value: 'spiffe://mesh/web' } }";
const std::string kNobody = "{ spiffe_id { type: 'Exact' value: 'web' } }";

TEST(MeshTrafficPermission, OneListIsEnough) {
  EXPECT_THAT(validated("rules { default { allow " + kWeb + " } }"), IsEmpty());
  EXPECT_THAT(validated("rules { default { deny " + kWeb + " } }"), IsEmpty());
  EXPECT_THAT(validated("rules { default { allow_with_shadow_deny " + kWeb + " } }"), IsEmpty());
}

TEST(MeshTrafficPermission, WithoutRulesItSaysNothing) {
  EXPECT_THAT(validated(""), ElementsAre(Violation{"spec", "policy must define rules"}));
}

TEST(MeshTrafficPermission, ARuleHasToNameSomebody) {
  EXPECT_THAT(validated("rules { default { allow " + kWeb + " } } rules { default { } }"),
              ElementsAre(Violation{"spec.rules[1]",
                                    "at least one of 'allow', 'allowWithShadowDeny', 'deny' has to be defined"}));
}

TEST(MeshTrafficPermission, EveryCallerOfEveryListIsChecked) {
  EXPECT_THAT(fields(validated("rules { default { allow " + kWeb + " allow " + kNobody + " allow_with_shadow_deny " +
                               kNobody + " deny " + kNobody + " } }")),
              ElementsAre("spec.rules[0].allow[1].spiffeID", "spec.rules[0].allowWithShadowDeny[0].spiffeID",
                          "spec.rules[0].deny[0].spiffeID"));
}

TEST(MeshTrafficPermission, AnEmptyMatchIsLeftAlone) {
  EXPECT_THAT(validated("rules { default { allow { } } }"), IsEmpty());
}

TEST(MeshTrafficPermission, AServerNameIsAName) {
  EXPECT_THAT(fields(validated("rules { default { allow { sni { type: 'Exact' value: 'a_b' } } } }")),
              ElementsAre("spec.rules[0].allow[0].sni.value"));
}

}  // namespace
}  // namespace weft
