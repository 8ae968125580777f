#include "policies/mesh_timeout/validate.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft::mesh_timeout {
namespace {

using google::protobuf::Duration;

using reason_text::kNotByCaller;

void not_negative(bool present, const Duration& duration, const std::string& field, Violations& violations) {
  if (present && nanoseconds(duration).count() < 0) violations.add(field, reason_text::kNotNegativeWhenDefined);
}

void validate_http(const v1::MeshTimeoutConf::Http& http, const std::string& field, Violations& violations) {
  // The contract does not count requestHeadersTimeout here.
  const bool says_something = http.has_request_timeout() || http.has_stream_idle_timeout() ||
                              http.has_max_stream_duration() || http.has_max_connection_duration();
  if (!says_something) violations.add(field, "at least one timeout in this section should be configured");
  not_negative(http.has_request_timeout(), http.request_timeout(), field + ".requestTimeout", violations);
  not_negative(http.has_stream_idle_timeout(), http.stream_idle_timeout(), field + ".streamIdleTimeout", violations);
  not_negative(http.has_max_stream_duration(), http.max_stream_duration(), field + ".maxStreamDuration", violations);
  not_negative(http.has_max_connection_duration(), http.max_connection_duration(), field + ".maxConnectionDuration",
               violations);
  not_negative(http.has_request_headers_timeout(), http.request_headers_timeout(), field + ".requestHeadersTimeout",
               violations);
}

void validate_conf(const v1::MeshTimeoutConf& conf, const std::string& field, Violations& violations) {
  if (!conf.has_connection_timeout() && !conf.has_idle_timeout() && !conf.has_http()) {
    return violations.add(field, "at least one timeout should be configured");
  }
  if (conf.has_connection_timeout() && nanoseconds(conf.connection_timeout()).count() <= 0) {
    violations.add(field + ".connectionTimeout", reason_text::kGreaterThanZeroWhenDefined);
  }
  not_negative(conf.has_idle_timeout(), conf.idle_timeout(), field + ".idleTimeout", violations);
  if (conf.has_http()) validate_http(conf.http(), field + ".http", violations);
}

// What belongs to a connection, or to its upstream, is decided before a caller's rule is looked up.
void validate_rule_for_callers(const v1::MeshTimeoutConf& conf, const std::string& field, Violations& violations) {
  const v1::MeshTimeoutConf::Http& http = conf.http();
  if (conf.has_connection_timeout()) violations.add(field + ".connectionTimeout", kNotByCaller);
  if (conf.has_idle_timeout()) violations.add(field + ".idleTimeout", kNotByCaller);
  if (http.has_request_headers_timeout()) violations.add(field + ".http.requestHeadersTimeout", kNotByCaller);
  if (http.has_max_stream_duration()) violations.add(field + ".http.maxStreamDuration", kNotByCaller);
  if (http.has_max_connection_duration()) violations.add(field + ".http.maxConnectionDuration", kNotByCaller);
}

void validate_rule(const v1::MeshTimeout::Rule& rule, const std::string& field, Violations& violations) {
  for (int i = 0; i < rule.matches_size(); ++i) {
    validate_match(rule.matches(i), cat(field, ".matches[", i, "]"), MatchCheck::kStrict, violations);
  }
  validate_conf(rule.default_(), field + ".default", violations);
  const bool names_callers = std::any_of(rule.matches().begin(), rule.matches().end(),
                                         [](const v1::Match& match) { return match.has_spiffe_id(); });
  if (names_callers) validate_rule_for_callers(rule.default_(), field + ".default", violations);
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshTimeout&>(message);
  validate_targets(spec, violations);
  if (spec.to_size() > 0 && spec.rules_size() > 0) {
    violations.add("spec", "fields 'to' must be empty when 'rules' is defined");
  }
  if (spec.to_size() == 0 && spec.rules_size() == 0) {
    violations.add("spec", reason_text::kToOrRules);
  }
  for (int i = 0; i < spec.to_size(); ++i)
    validate_conf(spec.to(i).default_(), cat("spec.to[", i, "].default"), violations);
  for (int i = 0; i < spec.rules_size(); ++i) validate_rule(spec.rules(i), cat("spec.rules[", i, "]"), violations);
}

}  // namespace weft::mesh_timeout
