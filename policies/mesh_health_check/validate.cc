#include "policies/mesh_health_check/validate.h"

#include <string>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/decimal.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_health_check.pb.h"

namespace weft::mesh_health_check {
namespace {

using Conf = v1::MeshHealthCheckConf;

void validate_times(const Conf& conf, const std::string& field, Violations& violations) {
  if (conf.has_interval()) check_positive(conf.interval(), field + ".interval", violations);
  if (conf.has_timeout()) check_positive(conf.timeout(), field + ".timeout", violations);
  if (conf.has_unhealthy_threshold() && conf.unhealthy_threshold() <= 0) {
    violations.add(field + ".unhealthyThreshold", reason_text::kGreaterThanZeroWhenDefined);
  }
  if (conf.has_healthy_threshold() && conf.healthy_threshold() <= 0) {
    violations.add(field + ".healthyThreshold", reason_text::kGreaterThanZeroWhenDefined);
  }
  if (conf.has_initial_jitter()) check_positive(conf.initial_jitter(), field + ".initialJitter", violations);
  if (conf.has_interval_jitter()) check_positive(conf.interval_jitter(), field + ".intervalJitter", violations);
  check_percentage(int64_t{conf.interval_jitter_percent()}, field + ".intervalJitterPercent", violations);
  if (conf.has_no_traffic_interval()) {
    check_positive(conf.no_traffic_interval(), field + ".noTrafficInterval", violations);
  }
}

bool is_path(const std::string& text) { return text.starts_with('/') && text.find('\0') == std::string::npos; }

void validate_http(const Conf::Http& http, const std::string& field, Violations& violations) {
  if (http.has_path() && http.path().empty()) violations.add(field + ".path", reason_text::kMustBeDefined);
  for (int i = 0; i < http.expected_statuses_size(); ++i) {
    check_status(http.expected_statuses(i), cat(field, ".expectedStatuses[", i, "]"), violations);
  }
}

void validate_conf(const Conf& conf, const std::string& field, Violations& violations) {
  validate_times(conf, field, violations);
  if (conf.has_event_log_path() && !is_path(conf.event_log_path())) {
    violations.add(field + ".eventLogPath", "must be a valid path when defined");
  }
  if (!conf.has_http() && !conf.has_tcp() && !conf.has_grpc()) {
    violations.add(field, "must have at least one defined: http, tcp, grpc");
  }
  validate_http(conf.http(), field + ".http", violations);
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshHealthCheck&>(message);
  validate_targets(spec, violations);
  for (int i = 0; i < spec.to_size(); ++i) {
    validate_conf(spec.to(i).default_(), cat("spec.to[", i, "].default"), violations);
  }
}

}  // namespace weft::mesh_health_check
