#include "policies/mesh_rate_limit/validate.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_rate_limit.pb.h"

namespace weft::mesh_rate_limit {
namespace {

using Conf = v1::MeshRateLimitConf;

// Shorter ones would be below what a bucket can be filled by.
constexpr std::chrono::milliseconds kShortestInterval{50};

void validate_rate(const Conf::Rate& rate, const std::string& field, Violations& violations) {
  if (rate.num() == 0) violations.add(field + ".num", reason_text::kGreaterThanZero);
  if (nanoseconds(rate.interval()) <= kShortestInterval) {
    violations.add(field + ".interval", "must be greater than: 50ms");
  }
}

void validate_http(const Conf::Http& http, const std::string& field, Violations& violations) {
  if (!http.has_disabled() && !http.has_request_rate() && !http.has_on_rate_limit()) {
    violations.add(field, "must have at least one defined: disabled, requestRate, onRateLimit");
  }
  if (http.has_request_rate()) validate_rate(http.request_rate(), field + ".requestRate", violations);
  if (http.on_rate_limit().has_status() && http.on_rate_limit().status() == 0) {
    violations.add(field + ".onRateLimit.status", reason_text::kGreaterThanZero);
  }
}

void validate_tcp(const Conf::Tcp& tcp, const std::string& field, Violations& violations) {
  if (!tcp.has_disabled() && !tcp.has_connection_rate()) {
    violations.add(field, "must have at least one defined: disabled, connectionRate");
  }
  if (tcp.has_connection_rate()) validate_rate(tcp.connection_rate(), field + ".connectionRate", violations);
}

void validate_conf(const Conf& conf, const std::string& field, Violations& violations) {
  if (!conf.has_local()) return violations.add(field + ".local", reason_text::kMustBeDefined);
  const Conf::Local& local = conf.local();
  if (!local.has_tcp() && !local.has_http()) {
    violations.add(field + ".local", "must have at least one defined: tcp, http");
  }
  if (local.has_http()) validate_http(local.http(), field + ".local.http", violations);
  if (local.has_tcp()) validate_tcp(local.tcp(), field + ".local.tcp", violations);
}

void validate_rule(const v1::MeshRateLimit::Rule& rule, const std::string& field, Violations& violations) {
  for (int i = 0; i < rule.matches_size(); ++i) {
    validate_match(rule.matches(i), cat(field, ".matches[", i, "]"), MatchCheck::kStrict, violations);
  }
  validate_conf(rule.default_(), field + ".default", violations);
  const bool names_callers = std::any_of(rule.matches().begin(), rule.matches().end(),
                                         [](const v1::Match& match) { return match.has_spiffe_id(); });
  // A connection is counted before its caller is known.
  if (names_callers && rule.default_().local().has_tcp()) {
    violations.add(field + ".default.local.tcp", reason_text::kNotByCaller);
  }
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshRateLimit&>(message);
  validate_targets(spec, violations);
  if (!spec.to().empty() && !spec.rules().empty()) {
    violations.add("spec", "field 'to' must be empty when 'rules' is defined");
  }
  if (spec.to().empty() && spec.rules().empty()) violations.add("spec", reason_text::kToOrRules);
  const bool whole_mesh = !spec.has_target_ref() || spec.target_ref().kind() == "Mesh";
  if (whole_mesh && !spec.rules().empty()) violations.add("spec.rules", reason_text::kMustNotBeDefined);
  if (!whole_mesh && !spec.to().empty()) violations.add("spec.to", reason_text::kMustNotBeDefined);
  for (int i = 0; i < spec.to_size(); ++i) {
    validate_conf(spec.to(i).default_(), cat("spec.to[", i, "].default"), violations);
  }
  for (int i = 0; i < spec.rules_size(); ++i) validate_rule(spec.rules(i), cat("spec.rules[", i, "]"), violations);
}

}  // namespace weft::mesh_rate_limit
