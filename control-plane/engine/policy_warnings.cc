#include "control-plane/engine/policy_warnings.h"

#include <utility>

#include "base/text.h"
#include "control-plane/engine/need_warnings.h"
#include "control-plane/engine/overridden.h"
#include "control-plane/engine/target_warnings.h"
#include "control-plane/engine/views.h"
#include "policies/policy.h"

namespace weft::cp {
namespace {

// Policies of one kind in a mesh that are compared for values that override each other. A write waits for this, and
// sorting thousands costs more than storing one.
constexpr size_t kMostCompared = 256;

// What can be said without comparing with other policies.
std::vector<std::string> warnings_of(const Reach& reach, const PolicyResource& policy) {
  std::vector<std::string> warnings;
  const auto add = [&](std::string warning) {
    if (!warning.empty()) warnings.push_back(std::move(warning));
  };
  const v1::PolicyRules& rules = PolicySpec::rules_of(policy.spec.message());
  if (!rules.no_effect().empty()) {
    add(cat(policy.meta.type, " has no effect here: ", rules.no_effect()));
    return warnings;
  }
  const PolicyKind* kind = find_policy_kind(policy.meta.type);
  if (kind == nullptr || !kind->is_enforced()) {
    add(cat(policy.meta.type, " is kept and shown, but weft-proxy does not act on it yet"));
  }
  if (kind != nullptr && kind->remark != nullptr) kind->remark(policy.spec.message(), warnings);
  if (policy.meta.shadow) add("label kuma.io/effect is shadow: the policy can be inspected and changes nothing");
  add(proxies_warning(reach, policy));
  add_identity_warnings(reach, policy, warnings);
  add_destination_warnings(reach.world, policy, warnings);
  add_backend_warnings(reach.world, policy, warnings);
  add_http_warnings(reach, policy, warnings);
  return warnings;
}

void add_all(std::vector<std::string> from, std::vector<std::string>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

std::vector<std::string> policy_warnings(const World& world, const Resource& resource) {
  const PolicyPtr policy = view_policy(std::make_shared<const Resource>(resource));
  if (policy == nullptr) return identity_warnings(world, resource);
  std::vector<std::string> warnings = warnings_of({world, nullptr}, *policy);
  const auto table = world.table(resource.key.type, resource.key.mesh);
  if (table->size() > kMostCompared) return warnings;
  std::vector<PolicyPtr> others;
  for (const auto& [name, other] : *table) others.push_back(view_policy(other));
  add_all(overridden_values(policy, others), warnings);
  return warnings;
}

std::vector<std::string> proxy_warnings(const World& world, const ResourcePtr& dataplane,
                                        std::span<const PolicyPtr> policies) {
  std::vector<std::string> warnings;
  const std::vector<PolicyPtr> all(policies.begin(), policies.end());
  for (const PolicyPtr& policy : all) {
    std::vector<std::string> own = warnings_of({world, dataplane}, *policy);
    if (all.size() <= kMostCompared) add_all(overridden_values(policy, all), own);
    for (const std::string& sentence : own) warnings.push_back(cat(policy->meta.display_name, ": ", sentence));
  }
  return warnings;
}

}  // namespace weft::cp
