#include "policies/mesh_circuit_breaker/validate.h"

#include <optional>
#include <string>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/decimal.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_circuit_breaker.pb.h"

namespace weft::mesh_circuit_breaker {
namespace {

using Conf = v1::MeshCircuitBreakerConf;

void above_zero(bool present, uint32_t value, const std::string& field, Violations& violations) {
  if (present && value == 0) violations.add(field, reason_text::kGreaterThanZero);
}

void validate_limits(const Conf::ConnectionLimits& limits, const std::string& field, Violations& violations) {
  above_zero(limits.has_max_connection_pools(), limits.max_connection_pools(), field + ".maxConnectionPools",
             violations);
  above_zero(limits.has_max_connections(), limits.max_connections(), field + ".maxConnections", violations);
  above_zero(limits.has_max_pending_requests(), limits.max_pending_requests(), field + ".maxPendingRequests",
             violations);
  above_zero(limits.has_max_requests(), limits.max_requests(), field + ".maxRequests", violations);
  above_zero(limits.has_max_retries(), limits.max_retries(), field + ".maxRetries", violations);
}

void validate_consecutive(const Conf::Consecutive& detector, const std::string& field, Violations& violations) {
  above_zero(detector.has_consecutive(), detector.consecutive(), field + ".consecutive", violations);
}

// What successRate and failurePercentage have in common.
template <typename Detector>
void validate_volume(const Detector& detector, const std::string& field, Violations& violations) {
  above_zero(detector.has_minimum_hosts(), detector.minimum_hosts(), field + ".minimumHosts", violations);
  above_zero(detector.has_request_volume(), detector.request_volume(), field + ".requestVolume", violations);
}

void validate_factor(const v1::IntOrString& factor, const std::string& field, Violations& violations) {
  const std::optional<double> value = decimal(factor);
  if (!value) return violations.add(field, "invalid number");
  if (*value <= 0) violations.add(field, reason_text::kGreaterThanZero);
}

void validate_detectors(const Conf::Detectors& detectors, const std::string& field, Violations& violations) {
  if (detectors.ByteSizeLong() == 0) {
    return violations.add(field,
                          "must have at least one defined: totalFailures, gatewayFailures, localOriginFailures, "
                          "successRate, failurePercentage");
  }
  validate_consecutive(detectors.total_failures(), field + ".totalFailures", violations);
  validate_consecutive(detectors.gateway_failures(), field + ".gatewayFailures", violations);
  validate_consecutive(detectors.local_origin_failures(), field + ".localOriginFailures", violations);
  const Conf::SuccessRate& success = detectors.success_rate();
  validate_volume(success, field + ".successRate", violations);
  if (success.has_standard_deviation_factor()) {
    validate_factor(success.standard_deviation_factor(), field + ".successRate.standardDeviationFactor", violations);
  }
  const Conf::FailurePercentage& failures = detectors.failure_percentage();
  validate_volume(failures, field + ".failurePercentage", violations);
  check_percentage(int64_t{failures.threshold()}, field + ".failurePercentage.threshold", violations);
}

void validate_outliers(const Conf::OutlierDetection& outliers, const std::string& field, Violations& violations) {
  if (outliers.has_interval()) check_positive(outliers.interval(), field + ".interval", violations);
  if (outliers.has_base_ejection_time()) {
    check_positive(outliers.base_ejection_time(), field + ".baseEjectionTime", violations);
  }
  check_percentage(int64_t{outliers.max_ejection_percent()}, field + ".maxEjectionPercent", violations);
  if (outliers.has_healthy_panic_threshold()) {
    check_percentage(outliers.healthy_panic_threshold(), field + ".healthyPanicThreshold", violations);
  }
  if (!outliers.has_detectors()) return violations.add(field + ".detectors", reason_text::kMustBeDefined);
  validate_detectors(outliers.detectors(), field + ".detectors", violations);
}

void validate_conf(const Conf& conf, const std::string& field, Violations& violations) {
  if (!conf.has_connection_limits() && !conf.has_outlier_detection()) {
    violations.add(field, "at least one of: 'connectionLimits' or 'outlierDetection' should be configured");
  }
  validate_limits(conf.connection_limits(), field + ".connectionLimits", violations);
  if (conf.has_outlier_detection()) {
    validate_outliers(conf.outlier_detection(), field + ".outlierDetection", violations);
  }
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshCircuitBreaker&>(message);
  validate_targets(spec, violations);
  if (spec.to().empty() && spec.rules().empty()) violations.add("spec", reason_text::kToOrRules);
  for (int i = 0; i < spec.to_size(); ++i) {
    validate_conf(spec.to(i).default_(), cat("spec.to[", i, "].default"), violations);
  }
  for (int i = 0; i < spec.rules_size(); ++i) {
    // The contract reports these under a "from" that no document has.
    validate_conf(spec.rules(i).default_(), cat("spec.from[", i, "].default"), violations);
  }
}

}  // namespace weft::mesh_circuit_breaker
