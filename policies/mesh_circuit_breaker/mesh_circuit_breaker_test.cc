#include "policies/mesh_circuit_breaker/mesh_circuit_breaker.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_circuit_breaker.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> validated(const std::string& text) {
  return testing::violations_of<v1::MeshCircuitBreaker>(mesh_circuit_breaker_kind(), text);
}

std::vector<std::string> validated_conf(const std::string& conf) {
  return validated("to { target_ref { kind: 'Mesh' } default { " + conf + " } }");
}

std::vector<std::string> validated_detectors(const std::string& detectors) {
  return validated_conf("outlier_detection { detectors { " + detectors + " } }");
}

TEST(MeshCircuitBreaker, LimitsOrDetectorsAreEnough) {
  EXPECT_THAT(validated_conf("connection_limits { }"), IsEmpty());
  EXPECT_THAT(validated_detectors("total_failures { consecutive: 5 }"), IsEmpty());
  EXPECT_THAT(validated("rules { default { connection_limits { max_connections: 1 } } }"), IsEmpty());
  EXPECT_THAT(validated("to { target_ref { kind: 'Mesh' } default { connection_limits { } } }"
                        "rules { default { connection_limits { } } }"),
              IsEmpty());
}

TEST(MeshCircuitBreaker, ItHasToSaySomething) {
  EXPECT_THAT(validated(""), ElementsAre("spec: at least one of 'to' or 'rules' has to be defined"));
  EXPECT_THAT(validated_conf(""), ElementsAre("spec.to[0].default: at least one of: 'connectionLimits' or "
                                              "'outlierDetection' should be configured"));
}

TEST(MeshCircuitBreaker, WhatIsWrongInRulesIsReportedAsTheContractDoes) {
  EXPECT_THAT(validated("rules { default { connection_limits { max_retries: 0 } } }"),
              ElementsAre("spec.from[0].default.connectionLimits.maxRetries: must be greater than 0"));
}

TEST(MeshCircuitBreaker, NoLimitIsZero) {
  EXPECT_THAT(validated_conf("connection_limits { max_connections: 0 max_connection_pools: 0 max_pending_requests: 0 "
                             "max_retries: 0 max_requests: 0 }"),
              ElementsAre("spec.to[0].default.connectionLimits.maxConnectionPools: must be greater than 0",
                          "spec.to[0].default.connectionLimits.maxConnections: must be greater than 0",
                          "spec.to[0].default.connectionLimits.maxPendingRequests: must be greater than 0",
                          "spec.to[0].default.connectionLimits.maxRequests: must be greater than 0",
                          "spec.to[0].default.connectionLimits.maxRetries: must be greater than 0"));
}

TEST(MeshCircuitBreaker, DetectionNeedsADetectorEvenWhenItIsDisabled) {
  EXPECT_THAT(validated_conf("outlier_detection { disabled: true }"),
              ElementsAre("spec.to[0].default.outlierDetection.detectors: must be defined"));
  EXPECT_THAT(validated_detectors(""),
              ElementsAre("spec.to[0].default.outlierDetection.detectors: must have at least one defined: "
                          "totalFailures, gatewayFailures, localOriginFailures, successRate, failurePercentage"));
  for (const char* detector :
       {"total_failures", "gateway_failures", "local_origin_failures", "success_rate", "failure_percentage"}) {
    EXPECT_THAT(validated_detectors(std::string(detector) + " { }"), IsEmpty()) << detector;
  }
}

TEST(MeshCircuitBreaker, TimesAndSharesHaveBounds) {
  EXPECT_THAT(
      validated_conf("outlier_detection { interval { } base_ejection_time { seconds: -1 } max_ejection_percent: 101 "
                     "healthy_panic_threshold { number: 101 } detectors { total_failures { } } }"),
      ElementsAre("spec.to[0].default.outlierDetection.interval: must be greater than zero when defined",
                  "spec.to[0].default.outlierDetection.baseEjectionTime: must be greater than zero when defined",
                  "spec.to[0].default.outlierDetection.maxEjectionPercent: must be in inclusive range [0, 100]",
                  "spec.to[0].default.outlierDetection.healthyPanicThreshold: must be in inclusive range [0.0, "
                  "100.0]"));
  EXPECT_THAT(validated_conf("outlier_detection { max_ejection_percent: 100 healthy_panic_threshold { text: '25.5' } "
                             "detectors { total_failures { } } }"),
              IsEmpty());
}

TEST(MeshCircuitBreaker, EveryDetectorIsChecked) {
  const std::string at = "spec.to[0].default.outlierDetection.detectors.";
  EXPECT_THAT(
      validated_detectors("total_failures { consecutive: 0 } gateway_failures { consecutive: 0 } local_origin_failures "
                          "{ consecutive: 0 } success_rate { minimum_hosts: 0 request_volume: 0 "
                          "standard_deviation_factor { number: 0 } } "
                          "failure_percentage { minimum_hosts: 0 request_volume: 0 threshold: 101 }"),
      ElementsAre(at + "totalFailures.consecutive: must be greater than 0",
                  at + "gatewayFailures.consecutive: must be greater than 0",
                  at + "localOriginFailures.consecutive: must be greater than 0",
                  at + "successRate.minimumHosts: must be greater than 0",
                  at + "successRate.requestVolume: must be greater than 0",
                  at + "successRate.standardDeviationFactor: must be greater than 0",
                  at + "failurePercentage.minimumHosts: must be greater than 0",
                  at + "failurePercentage.requestVolume: must be greater than 0",
                  at + "failurePercentage.threshold: must be in inclusive range [0, 100]"));
  EXPECT_THAT(validated_detectors("success_rate { standard_deviation_factor { text: 'x' } }"),
              ElementsAre(at + "successRate.standardDeviationFactor: invalid number"));
  EXPECT_THAT(validated_detectors("success_rate { standard_deviation_factor { text: '1.9' } }"), IsEmpty());
}

}  // namespace
}  // namespace weft
