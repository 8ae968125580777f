#include "policies/mesh_metric/mesh_metric.h"

#include <gmock/gmock.h>

#include "policies/merge.h"
#include "policies/policy_text.h"
#include "weft/v1/mesh_metric.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& conf) {
  Violations violations;
  mesh_metric_kind().validate(spec_of<v1::MeshMetric>(conf.empty() ? "" : cat("default { ", conf, " }")), violations);
  return violations.list();
}

TEST(MeshMetric, ItMaySayNothing) { EXPECT_THAT(validated(""), IsEmpty()); }

TEST(MeshMetric, ProfilesAreKnown) {
  EXPECT_THAT(validated("sidecar { profiles { append_profiles { name: 'All' } append_profiles { name: 'None' } } }"),
              IsEmpty());
  EXPECT_THAT(validated("sidecar { profiles { append_profiles { name: 'Tiny' } } }"),
              ElementsAre(Violation{"spec.default.sidecar.profiles.appendProfiles[0].name",
                                    "unrecognized profile name 'Tiny' - 'All', 'None', 'Basic' are supported"}));
}

TEST(MeshMetric, ARegularExpressionCompiles) {
  EXPECT_THAT(validated("sidecar { profiles { exclude { type: 'Regex' match: 'a.*' } include { match: '(' } } }"),
              IsEmpty());
  EXPECT_THAT(
      validated("sidecar { profiles { exclude { type: 'Regex' match: '(' } include { type: 'Regex' match: '[' } } }"),
      ElementsAre(Violation{"spec.default.sidecar.profiles.exclude[0].match", "invalid regex"},
                  Violation{"spec.default.sidecar.profiles.include[0].match", "invalid regex"}));
}

TEST(MeshMetric, ApplicationsHaveAPort) {
  const std::string_view reason = "port must be a valid (1-65535)";
  EXPECT_THAT(validated("applications { port: 80 } applications { port: 0 } applications { port: 65536 }"),
              ElementsAre(Violation{"spec.default.applications.application[1]", std::string(reason)},
                          Violation{"spec.default.applications.application[2]", std::string(reason)}));
}

TEST(MeshMetric, BackendsHaveTheObjectOfTheirTypeAndAPort) {
  EXPECT_THAT(validated("backends { type: 'Prometheus' prometheus { port: 5670 } }"), IsEmpty());
  EXPECT_THAT(validated("backends { type: 'Prometheus' } backends { type: 'OpenTelemetry' }"
                        "backends { type: 'Prometheus' prometheus { port: 0 } }"
                        "backends { type: 'OpenTelemetry' open_telemetry {} }"),
              ElementsAre(Violation{"spec.default.backends.backend[0].prometheus", "must be defined"},
                          Violation{"spec.default.backends.backend[1].openTelemetry", "must be defined"},
                          Violation{"spec.default.backends.backend[2].port", "port must be a valid (1-65535)"},
                          Violation{"spec.default.backends.backend[3].openTelemetry.backendRef", "must be defined"}));
}

TEST(MeshMetric, ProfilesOfSeveralPoliciesAreJoined) {
  auto merged = spec_of<v1::MeshMetricConf>("sidecar { profiles { append_profiles { name: 'Basic' } } }");
  merge_conf(spec_of<v1::MeshMetricConf>("sidecar { profiles { append_profiles { name: 'All' } } }"), merged);
  ASSERT_EQ(merged.sidecar().profiles().append_profiles_size(), 2);
  EXPECT_EQ(merged.sidecar().profiles().append_profiles(1).name(), "All");
}

}  // namespace
}  // namespace weft
