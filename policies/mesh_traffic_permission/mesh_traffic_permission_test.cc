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

TEST(MeshTrafficPermission, ItSaysNoUnlessARuleNamesSomebodyToLetIn) {
  const PolicyKind kind = mesh_traffic_permission_kind();
  ASSERT_TRUE(kind.denies_by_default());
  const auto lets_in = [&](const std::string& conf) {
    return kind.lets_anybody_in(spec_of<v1::MeshTrafficPermissionConf>(conf));
  };
  EXPECT_TRUE(lets_in("allow " + kWeb));
  EXPECT_TRUE(lets_in("allow_with_shadow_deny { sni { value: 'a' } }"));
  EXPECT_FALSE(lets_in("deny " + kWeb));
  EXPECT_FALSE(lets_in("allow { }"));
}

TEST(MeshTrafficPermission, AServerNameIsAName) {
  EXPECT_THAT(fields(validated("rules { default { allow { sni { type: 'Exact' value: 'a_b' } } } }")),
              ElementsAre("spec.rules[0].allow[0].sni.value"));
}

}  // namespace
}  // namespace weft
