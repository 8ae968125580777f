#include "policies/mesh_circuit_breaker/mesh_circuit_breaker.h"

#include <gmock/gmock.h>

#include "base/text.h"
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

Plan planned(const std::string& conf) {
  static std::vector<std::unique_ptr<const Policy>> kept;  // the plan points into it
  auto made =
      mesh_circuit_breaker_kind().make(testing::spec_of<v1::MeshCircuitBreakerConf>(conf).SerializeAsString(), false);
  EXPECT_TRUE(made.ok());
  Plan plan;
  if (!made.ok()) return plan;
  kept.push_back(*std::move(made));
  kept.back()->prepare(plan);
  return plan;
}

TEST(MeshCircuitBreaker, DetectionHasTheDefaultsOfTheContract) {
  const Plan plan = planned(
      "outlier_detection { detectors { total_failures { } success_rate { } "
      "failure_percentage { } } }");
  ASSERT_NE(plan.outliers, nullptr);
  EXPECT_EQ(plan.panic_threshold, 50);
  OutlierRule expected;
  expected.by_success_rate = expected.by_failure_percentage = true;
  EXPECT_EQ(*plan.outliers, expected);
  EXPECT_EQ(expected.interval, std::chrono::seconds(10));
  EXPECT_EQ(expected.base_time_out, std::chrono::seconds(30));
}

TEST(MeshCircuitBreaker, DetectionIsAsItIsWritten) {
  const Plan plan = planned(
      "outlier_detection { interval { seconds: 5 } base_ejection_time { seconds: 20 } max_ejection_percent: 50 "
      "healthy_panic_threshold { text: '25.5' } split_external_and_local_errors: true detectors { "
      "total_failures { consecutive: 10 } gateway_failures { consecutive: 9 } local_origin_failures { consecutive: 8 } "
      "success_rate { minimum_hosts: 3 request_volume: 20 standard_deviation_factor { text: '1.1' } } "
      "failure_percentage { minimum_hosts: 2 request_volume: 7 threshold: 60 } } }");
  ASSERT_NE(plan.outliers, nullptr);
  const OutlierRule& rule = *plan.outliers;
  EXPECT_EQ(plan.panic_threshold, 25.5);
  EXPECT_EQ(rule.interval, std::chrono::seconds(5));
  EXPECT_EQ(rule.base_time_out, std::chrono::seconds(20));
  EXPECT_EQ(rule.max_out_percent, 50u);
  EXPECT_TRUE(rule.no_answer_apart);
  EXPECT_EQ(rule.failures_in_a_row, 10u);
  EXPECT_EQ(rule.gateway_failures_in_a_row, 9u);
  EXPECT_EQ(rule.no_answers_in_a_row, 8u);
  EXPECT_EQ(rule.success_rate_hosts, 3u);
  EXPECT_EQ(rule.success_rate_volume, 20u);
  EXPECT_EQ(rule.success_rate_factor, 1.1);
  EXPECT_EQ(rule.failure_percentage_hosts, 2u);
  EXPECT_EQ(rule.failure_percentage_volume, 7u);
  EXPECT_EQ(rule.failure_percentage, 60u);
}

TEST(MeshCircuitBreaker, DetectionThatIsDisabledOrNotThereLeavesThePanicThresholdAlone) {
  const std::string detectors = "healthy_panic_threshold { number: 9 } detectors { total_failures { consecutive: 1 } }";
  for (const Plan& plan : {planned("outlier_detection { disabled: true " + detectors + " }"),
                           planned("connection_limits { max_requests: 1 }")}) {
    EXPECT_EQ(plan.outliers, nullptr);
    EXPECT_EQ(plan.panic_threshold, 50);
  }
}

TEST(MeshCircuitBreaker, LimitsThatAreNotSaidHaveTheirDefaults) {
  EXPECT_EQ(planned("outlier_detection { detectors { } }").limits, nullptr);
  const Plan some = planned("connection_limits { max_connections: 7 max_retries: 9 }");
  ASSERT_NE(some.limits, nullptr);
  EXPECT_EQ(*some.limits, (LimitRule{.connections = 7, .pending = 1024, .requests = 1024, .retries = 9}));
  const Plan others = planned("connection_limits { max_pending_requests: 2 max_requests: 4 }");
  EXPECT_EQ(*others.limits, (LimitRule{.connections = 1024, .pending = 2, .requests = 4, .retries = 3}));
}

TEST(MeshCircuitBreaker, TimesThatCannotBeAreRefused) {
  for (const char* field : {"interval", "base_ejection_time"}) {
    v1::MeshCircuitBreakerConf conf = testing::spec_of<v1::MeshCircuitBreakerConf>(
        cat("outlier_detection { ", field, " { seconds: -1 } detectors { success_rate { } } }"));
    EXPECT_FALSE(mesh_circuit_breaker_kind().make(conf.SerializeAsString(), false).ok());
  }
}

TEST(MeshCircuitBreaker, WhatHasNoEffectIsRemarkedOn) {
  std::vector<std::string> out;
  mesh_circuit_breaker_kind().remark(
      testing::spec_of<v1::MeshCircuitBreaker>(
          "to { target_ref { kind: 'Mesh' } default { connection_limits { "
          "max_connection_pools: 1 } outlier_detection { detectors { gateway_failures { } "
          "local_origin_failures { consecutive: 2 } } } } }"),
      out);
  EXPECT_THAT(out,
              ElementsAre("spec.to[0].default.connectionLimits.maxConnectionPools has no effect: a proxy keeps one "
                          "pool for each instance and worker",
                          "spec.to[0].default.outlierDetection.detectors.gatewayFailures has no effect without "
                          "consecutive",
                          "spec.to[0].default.outlierDetection.detectors.localOriginFailures has no effect "
                          "without splitExternalAndLocalErrors"));
}

}  // namespace
}  // namespace weft
