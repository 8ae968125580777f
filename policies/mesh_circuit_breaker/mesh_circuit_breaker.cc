#include "policies/mesh_circuit_breaker/mesh_circuit_breaker.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/decimal.h"
#include "policies/mesh_circuit_breaker/validate.h"
#include "weft/v1/mesh_circuit_breaker.pb.h"

namespace weft {
namespace {

using Conf = v1::MeshCircuitBreakerConf;

class MeshCircuitBreakerPolicy final : public Policy {
 public:
  MeshCircuitBreakerPolicy(const std::optional<LimitRule>& limits, const std::optional<OutlierRule>& outliers,
                           double panic_threshold)
      : limits_(limits), outliers_(outliers), panic_threshold_(panic_threshold) {}

  void prepare(Plan& plan) const override {
    if (limits_) plan.limits = &*limits_;
    if (!outliers_) return;
    plan.outliers = &*outliers_;
    plan.panic_threshold = panic_threshold_;
  }

 private:
  const std::optional<LimitRule> limits_;
  const std::optional<OutlierRule> outliers_;
  const double panic_threshold_;
};

LimitRule rule_of(const Conf::ConnectionLimits& from) {
  LimitRule rule;
  if (from.has_max_connections()) rule.connections = from.max_connections();
  if (from.has_max_pending_requests()) rule.pending = from.max_pending_requests();
  if (from.has_max_requests()) rule.requests = from.max_requests();
  if (from.has_max_retries()) rule.retries = from.max_retries();
  return rule;
}

OutlierRule rule_of(const Conf::OutlierDetection& from) {
  OutlierRule rule;
  constexpr Nanoseconds kLongest = std::chrono::hours(24 * 365);
  if (from.has_interval()) rule.interval = std::min<Nanoseconds>(nanoseconds(from.interval()), kLongest);
  if (from.has_base_ejection_time()) {
    rule.base_time_out = std::min<Nanoseconds>(nanoseconds(from.base_ejection_time()), kLongest);
  }
  if (from.has_max_ejection_percent()) rule.max_out_percent = from.max_ejection_percent();
  rule.no_answer_apart = from.split_external_and_local_errors();
  const Conf::Detectors& detectors = from.detectors();
  rule.failures_in_a_row = detectors.total_failures().consecutive();
  rule.gateway_failures_in_a_row = detectors.gateway_failures().consecutive();
  rule.no_answers_in_a_row = detectors.local_origin_failures().consecutive();
  const Conf::SuccessRate& success = detectors.success_rate();
  rule.by_success_rate = detectors.has_success_rate();
  if (success.has_minimum_hosts()) rule.success_rate_hosts = success.minimum_hosts();
  if (success.has_request_volume()) rule.success_rate_volume = success.request_volume();
  if (success.has_standard_deviation_factor()) {
    rule.success_rate_factor = decimal(success.standard_deviation_factor()).value_or(rule.success_rate_factor);
  }
  const Conf::FailurePercentage& failures = detectors.failure_percentage();
  rule.by_failure_percentage = detectors.has_failure_percentage();
  if (failures.has_minimum_hosts()) rule.failure_percentage_hosts = failures.minimum_hosts();
  if (failures.has_request_volume()) rule.failure_percentage_volume = failures.request_volume();
  if (failures.has_threshold()) rule.failure_percentage = failures.threshold();
  return rule;
}

Result<std::unique_ptr<const Policy>> make(std::string_view bytes, bool /*inbound*/) {
  Conf conf;
  if (!conf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return invalid("MeshCircuitBreaker: the conf cannot be read");
  const Conf::OutlierDetection& detection = conf.outlier_detection();
  std::optional<LimitRule> limits;
  if (conf.has_connection_limits()) limits = rule_of(conf.connection_limits());
  std::optional<OutlierRule> rule;
  double panic_threshold = 50;
  if (conf.has_outlier_detection() && !detection.disabled()) {
    rule = rule_of(detection);
    // A control plane never sends one.
    if (rule->interval.count() <= 0) return invalid("MeshCircuitBreaker: outlierDetection.interval is out of range");
    if (rule->base_time_out.count() <= 0)
      return invalid("MeshCircuitBreaker: outlierDetection.baseEjectionTime is out of range");
    if (detection.has_healthy_panic_threshold()) {
      panic_threshold = decimal(detection.healthy_panic_threshold()).value_or(panic_threshold);
    }
  }
  return std::unique_ptr<const Policy>(std::make_unique<MeshCircuitBreakerPolicy>(limits, rule, panic_threshold));
}

void remark_conf(const Conf& conf, const std::string& field, std::vector<std::string>& remarks) {
  if (conf.connection_limits().has_max_connection_pools()) {
    remarks.push_back(cat(field, ".connectionLimits.maxConnectionPools has no effect: a proxy keeps one pool for each ",
                          "instance and worker"));
  }
  const Conf::OutlierDetection& detection = conf.outlier_detection();
  const Conf::Detectors& detectors = detection.detectors();
  const auto needs_number = [&](bool present, const Conf::Consecutive& detector, std::string_view name) {
    if (!present || detector.has_consecutive()) return;
    remarks.push_back(cat(field, ".outlierDetection.detectors.", name, " has no effect without consecutive"));
  };
  needs_number(detectors.has_total_failures(), detectors.total_failures(), "totalFailures");
  needs_number(detectors.has_gateway_failures(), detectors.gateway_failures(), "gatewayFailures");
  needs_number(detectors.has_local_origin_failures(), detectors.local_origin_failures(), "localOriginFailures");
  if (detectors.has_local_origin_failures() && !detection.split_external_and_local_errors()) {
    remarks.push_back(cat(field, ".outlierDetection.detectors.localOriginFailures has no effect without ",
                          "splitExternalAndLocalErrors"));
  }
}

void remark(const google::protobuf::Message& message, std::vector<std::string>& remarks) {
  const auto& spec = static_cast<const v1::MeshCircuitBreaker&>(message);
  for (int i = 0; i < spec.to_size(); ++i) {
    remark_conf(spec.to(i).default_(), cat("spec.to[", i, "].default"), remarks);
  }
  for (int i = 0; i < spec.rules_size(); ++i) {
    remark_conf(spec.rules(i).default_(), cat("spec.rules[", i, "].default"), remarks);
  }
}

}  // namespace

PolicyKind mesh_circuit_breaker_kind() {
  return {.name = "MeshCircuitBreaker",
          .validate = mesh_circuit_breaker::validate,
          .remark = remark,
          .make = make,
          .remembers_nothing = true};
}

}  // namespace weft
