#include "policies/mesh_tcp_route/mesh_tcp_route.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_tcp_route.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& to) {
  Violations violations;
  const std::string spec = cat("to { target_ref { kind: 'MeshService' labels { key: 'app' value: 'db' } } ", to, " }");
  mesh_tcp_route_kind().validate(spec_of<v1::MeshTCPRoute>(spec), violations);
  return violations.list();
}

TEST(MeshTCPRoute, AnItemWithoutARuleMeansTheServiceItself) { EXPECT_THAT(validated(""), IsEmpty()); }

TEST(MeshTCPRoute, ARuleHasBackends) {
  EXPECT_THAT(validated("rules { default {} }"),
              ElementsAre(Violation{"spec.to[0].rules[0].default.backendRefs", "must be defined"}));
}

TEST(MeshTCPRoute, BackendsAreServices) {
  const std::string labels = "labels { key: 'app' value: 'db' }";
  EXPECT_THAT(validated(cat("rules { default { backend_refs { kind: 'MeshService' ", labels, " } } }")), IsEmpty());
  EXPECT_THAT(validated(cat("rules { default { backend_refs { kind: 'MeshService' ", labels, " } backend_refs {} } }")),
              ElementsAre(Violation{"spec.to[0].rules[0].default.backendRefs[1].kind", "must be defined"}));
}

}  // namespace
}  // namespace weft
