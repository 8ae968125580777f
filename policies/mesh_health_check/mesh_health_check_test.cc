#include "policies/mesh_health_check/mesh_health_check.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_health_check.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> validated(const std::string& text) {
  return testing::violations_of<v1::MeshHealthCheck>(mesh_health_check_kind(), text);
}

std::vector<std::string> validated_conf(const std::string& conf) {
  return validated("to { target_ref { kind: 'Mesh' } default { " + conf + " } }");
}

TEST(MeshHealthCheck, OneProtocolIsEnough) {
  for (const char* protocol : {"tcp", "http", "grpc"}) {
    EXPECT_THAT(validated_conf(std::string(protocol) + " { }"), IsEmpty()) << protocol;
  }
  EXPECT_THAT(validated(""), IsEmpty());
}

TEST(MeshHealthCheck, WithoutAProtocolNothingIsChecked) {
  EXPECT_THAT(validated_conf(""), ElementsAre("spec.to[0].default: must have at least one defined: http, tcp, grpc"));
}

TEST(MeshHealthCheck, TimesAndThresholdsAreAboveZero) {
  EXPECT_THAT(
      validated_conf("tcp { } interval { } timeout { seconds: -1 } unhealthy_threshold: 0 healthy_threshold: -1 "
                     "initial_jitter { } interval_jitter { } no_traffic_interval { }"),
      ElementsAre("spec.to[0].default.interval: must be greater than zero when defined",
                  "spec.to[0].default.timeout: must be greater than zero when defined",
                  "spec.to[0].default.unhealthyThreshold: must be greater than zero when defined",
                  "spec.to[0].default.healthyThreshold: must be greater than zero when defined",
                  "spec.to[0].default.initialJitter: must be greater than zero when defined",
                  "spec.to[0].default.intervalJitter: must be greater than zero when defined",
                  "spec.to[0].default.noTrafficInterval: must be greater than zero when defined"));
}

TEST(MeshHealthCheck, TheJitterIsAShare) {
  for (const int wrong : {-1, 101}) {
    EXPECT_THAT(validated_conf(cat("tcp { } interval_jitter_percent: ", wrong)),
                ElementsAre("spec.to[0].default.intervalJitterPercent: must be in inclusive range [0, 100]"));
  }
  EXPECT_THAT(validated_conf("tcp { } interval_jitter_percent: 100"), IsEmpty());
}

TEST(MeshHealthCheck, TheLogIsAFile) {
  for (const char* wrong : {"", "not a path", "log.txt"}) {
    EXPECT_THAT(validated_conf(cat("tcp { } event_log_path: '", wrong, "'")),
                ElementsAre("spec.to[0].default.eventLogPath: must be a valid path when defined"))
        << wrong;
  }
  EXPECT_THAT(validated_conf("tcp { } event_log_path: '/tmp/log.txt'"), IsEmpty());
}

TEST(MeshHealthCheck, HttpAsksForAPathAndExpectsStatuses) {
  EXPECT_THAT(validated_conf("http { path: '' expected_statuses: [200, 99, 600] }"),
              ElementsAre("spec.to[0].default.http.path: must be defined",
                          "spec.to[0].default.http.expectedStatuses[1]: must be in inclusive range [100, 599]",
                          "spec.to[0].default.http.expectedStatuses[2]: must be in inclusive range [100, 599]"));
  EXPECT_THAT(validated_conf("http { path: '/health' expected_statuses: [100, 599] }"), IsEmpty());
}

}  // namespace
}  // namespace weft
