#include "policies/chain.h"

#include <utility>

namespace weft {

Refusal denied_by_default() { return {403, Reason::kDenied, kPermissionKind, "default", "RBAC: access denied"}; }

PolicyChain::PolicyChain(std::vector<std::shared_ptr<const Policy>> policies) : policies_(std::move(policies)) {
  for (const auto& policy : policies_) {
    if (policy->judges_requests()) judges_.push_back(policy.get());
    if (policy->judges_requests() && policy->reads_headers()) reads_headers_ = true;
    if (policy->judges_requests() && policy->reads_source()) reads_source_ = true;
    if (policy->judges_connections()) guards_.push_back(policy.get());
    if (policy->observes_outcomes()) observers_.push_back(policy.get());
  }
}

void PolicyChain::prepare(Plan& plan) const {
  for (const auto& policy : policies_) policy->prepare(plan);
}

void PolicyChain::prepare_connection(ConnectionPlan& plan) const {
  for (const auto& policy : policies_) policy->prepare_connection(plan);
}

}  // namespace weft
