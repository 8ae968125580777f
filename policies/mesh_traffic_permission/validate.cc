#include "policies/mesh_traffic_permission/validate.h"

#include <string>

#include "base/text.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft::mesh_traffic_permission {
namespace {

using Matches = google::protobuf::RepeatedPtrField<v1::Match>;

void validate_matches(const Matches& matches, const std::string& field, Violations& violations) {
  for (int i = 0; i < matches.size(); ++i) {
    validate_match(matches[i], cat(field, "[", i, "]"), MatchCheck::kLoose, violations);
  }
}

// The contract leaves the "default" out of these paths.
void validate_rule(const v1::MeshTrafficPermissionConf& conf, const std::string& field, Violations& violations) {
  if (conf.allow().empty() && conf.allow_with_shadow_deny().empty() && conf.deny().empty()) {
    violations.add(field, "at least one of 'allow', 'allowWithShadowDeny', 'deny' has to be defined");
  }
  validate_matches(conf.allow(), field + ".allow", violations);
  validate_matches(conf.allow_with_shadow_deny(), field + ".allowWithShadowDeny", violations);
  validate_matches(conf.deny(), field + ".deny", violations);
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshTrafficPermission&>(message);
  validate_targets(spec, violations);
  if (spec.rules().empty()) violations.add("spec", "policy must define rules");
  for (int i = 0; i < spec.rules_size(); ++i) {
    validate_rule(spec.rules(i).default_(), cat("spec.rules[", i, "]"), violations);
  }
}

}  // namespace weft::mesh_traffic_permission
