#include "policies/chain.h"

#include <utility>

namespace weft {

Refusal denied_by_default() { return {403, Reason::kDenied, kPermissionKind, "default", "RBAC: access denied"}; }

PolicyChain::PolicyChain(std::vector<std::shared_ptr<const Policy>> policies) {
  if (policies.empty()) return;
  auto members = std::make_shared<Members>();
  for (const auto& policy : policies) {
    if (policy->judges_requests()) members->judges.push_back(policy.get());
    if (policy->judges_requests() && policy->reads_headers()) reads_headers_ = true;
    if (policy->judges_requests() && policy->reads_source()) reads_source_ = true;
    if (policy->judges_connections()) members->guards.push_back(policy.get());
    if (policy->observes_outcomes()) members->observers.push_back(policy.get());
  }
  judges_ = !members->judges.empty();
  observes_ = !members->observers.empty();
  guards_ = !members->guards.empty();
  members->policies = std::move(policies);
  members_ = std::move(members);
}

std::span<const std::shared_ptr<const Policy>> PolicyChain::policies() const {
  if (members_ == nullptr) return {};
  return members_->policies;
}

bool PolicyChain::same_guards(const PolicyChain& other) const {
  if (!guards_ || !other.guards_) return guards_ == other.guards_;
  return members_ == other.members_ || members_->guards == other.members_->guards;
}

void PolicyChain::prepare(Plan& plan) const {
  for (const auto& policy : policies()) policy->prepare(plan);
}

void PolicyChain::prepare_connection(ConnectionPlan& plan) const {
  for (const auto& policy : policies()) policy->prepare_connection(plan);
}

}  // namespace weft
