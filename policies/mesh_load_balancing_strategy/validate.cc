#include "policies/mesh_load_balancing_strategy/validate.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/decimal.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft::mesh_load_balancing_strategy {
namespace {

using Conf = v1::MeshLoadBalancingStrategyConf;

void validate_affinity(const Conf::LocalZone& zone, const std::string& field, Violations& violations) {
  const auto weighted = std::count_if(zone.affinity_tags().begin(), zone.affinity_tags().end(),
                                      [](const Conf::AffinityTag& tag) { return tag.has_weight(); });
  for (int i = 0; i < zone.affinity_tags_size(); ++i) {
    const Conf::AffinityTag& tag = zone.affinity_tags(i);
    const std::string at = cat(field, "[", i, "]");
    if (tag.key().empty()) violations.add(at + ".key", reason_text::kMustNotBeEmpty);
    if (tag.has_weight() && tag.weight() == 0) violations.add(at + ".weight", reason_text::kGreaterThanZero);
  }
  if (weighted > 0 && weighted < zone.affinity_tags_size()) {
    violations.add(field, "all or none affinity tags should have weight");
  }
}

void validate_failover(const Conf::Failover& failover, const std::string& field, Violations& violations) {
  const auto& from = failover.from().zones();
  if (failover.has_from() && from.empty()) violations.add(field + ".from.zones", reason_text::kMustNotBeEmpty);
  for (int i = 0; i < from.size(); ++i) {
    if (from[i].empty()) violations.add(cat(field, ".from.zones[", i, "]"), reason_text::kMustNotBeEmpty);
  }
  const std::string& type = failover.to().type();
  const bool names_zones = type == "Only" || type == "AnyExcept";
  if (names_zones == !failover.to().zones().empty()) return;
  violations.add(field + ".to.zones", cat(names_zones ? "must not be empty" : "must be empty", " when type is ", type));
}

void validate_threshold(const v1::IntOrString& percentage, const std::string& field, Violations& violations) {
  check_percentage(percentage, field, violations);
  if (decimal(percentage) == 0.0) violations.add(field, reason_text::kGreaterThanZero);
}

void validate_locality(const Conf::LocalityAwareness& locality, bool one_service, const std::string& field,
                       Violations& violations) {
  validate_affinity(locality.local_zone(), field + ".localZone.affinityTags", violations);
  if (!locality.has_cross_zone()) return;
  const Conf::CrossZone& cross_zone = locality.cross_zone();
  if (one_service) return violations.add(field + ".crossZone", "must not be set: MeshService traffic is local");
  for (int i = 0; i < cross_zone.failover_size(); ++i) {
    validate_failover(cross_zone.failover(i), cat(field, ".crossZone.failover[", i, "]"), violations);
  }
  if (cross_zone.has_failover_threshold()) {
    validate_threshold(cross_zone.failover_threshold().percentage(), field + ".crossZone.failoverThreshold.percentage",
                       violations);
  }
}

void validate_slow_start(const Conf::SlowStart& slow_start, const std::string& field, Violations& violations) {
  if (nanoseconds(slow_start.window()).count() <= 0) violations.add(field + ".window", reason_text::kGreaterThanZero);
  if (!slow_start.has_aggression()) return;
  const std::optional<double> aggression = decimal(slow_start.aggression());
  if (!aggression) return violations.add(field + ".aggression", reason_text::kValidNumber);
  if (*aggression <= 0) violations.add(field + ".aggression", reason_text::kGreaterThanZero);
}

void validate_balancer(const Conf::LoadBalancer& balancer, const std::string& field, Violations& violations) {
  if (balancer.has_slow_start()) validate_slow_start(balancer.slow_start(), field + ".slowStart", violations);
  if (!balancer.least_request().has_active_request_bias()) return;
  const std::optional<double> bias = decimal(balancer.least_request().active_request_bias());
  const std::string at = field + ".leastRequest.activeRequestBias";
  if (!bias) return violations.add(at, reason_text::kValidNumber);
  if (*bias < 0) violations.add(at, "must be greater or equal then: 0");
}

void validate_hash_policy(const Conf::HashPolicy& policy, const std::string& field, Violations& violations) {
  const auto needs = [&](bool present, std::string_view block) {
    if (!present) violations.add(cat(field, ".", block), reason_text::kMustBeDefined);
  };
  if (policy.type() == "Header") return needs(policy.has_header(), "header");
  if (policy.type() == "Connection") return needs(policy.has_connection(), "connection");
  if (policy.type() == "QueryParameter") return needs(policy.has_query_parameter(), "queryParameter");
  if (policy.type() == "FilterState") return needs(policy.has_filter_state(), "filterState");
  if (policy.type() != "Cookie") return violations.add(field + ".type", "unrecognized type");
  needs(policy.has_cookie(), "cookie");
  if (policy.cookie().has_path() && !policy.cookie().path().starts_with('/')) {
    violations.add(field + ".cookie.path", "must be an absolute path");
  }
}

void validate_conf(const Conf& conf, const v1::TargetRef& target, const std::string& field, Violations& violations) {
  constexpr std::string_view kOnlyHashes =
      "field is not allowed when targetRef.kind is MeshHTTPRoute, only hashPolicies is supported";
  for (int i = 0; i < conf.hash_policies_size(); ++i) {
    validate_hash_policy(conf.hash_policies(i), cat(field, ".hashPolicies[", i, "]"), violations);
  }
  if (target.kind() == "MeshHTTPRoute") {
    if (conf.has_load_balancer()) violations.add(field + ".loadBalancer", kOnlyHashes);
    if (conf.has_locality_awareness()) violations.add(field + ".localityAwareness", kOnlyHashes);
    return;
  }
  const bool one_service =
      target.kind() == "MeshService" && (!target.labels().empty() || !target.section_name().empty());
  validate_locality(conf.locality_awareness(), one_service, field + ".localityAwareness", violations);
  validate_balancer(conf.load_balancer(), field + ".loadBalancer", violations);
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshLoadBalancingStrategy&>(message);
  validate_targets(spec, violations);
  for (int i = 0; i < spec.to_size(); ++i) {
    validate_conf(spec.to(i).default_(), spec.to(i).target_ref(), cat("spec.to[", i, "].default"), violations);
  }
}

}  // namespace weft::mesh_load_balancing_strategy
