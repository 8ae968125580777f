// The policies of one route in the order of the registry. Owns them; copies share them. Only the kinds that judge
// requests or observe outcomes are asked again for each request; the rest spoke in prepare(). Immutable after
// construction, shared by all workers.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "policies/policy.h"

namespace weft {

class PolicyChain {
 public:
  PolicyChain() = default;
  // `policies` in the order of the registry.
  explicit PolicyChain(std::vector<std::shared_ptr<const Policy>> policies);

  // Lets every policy write its share of a route's or a listener's defaults.
  void prepare(Plan& plan) const;
  void prepare_connection(ConnectionPlan& plan) const;

  // Somebody will read the request in decide(); its headers too.
  bool judges() const { return judges_; }
  bool reads_headers() const { return reads_headers_; }
  bool reads_source() const { return reads_source_; }
  // Somebody says who may talk. Where nobody does, an authenticated peer may not: decide() refuses it.
  bool guards() const { return guards_; }
  // The same for a connection that is not HTTP.
  std::optional<Refusal> decide_connection(const Peer& peer, Plan& plan) const {
    if (!peer.authenticated) return std::nullopt;
    if (!guards_) return denied_by_default();
    for (const Policy* policy : members_->guards) {
      if (auto refusal = policy->decide_connection(peer, plan)) return refusal;
    }
    return std::nullopt;
  }
  // The same objects say who may talk here and there.
  bool same_guards(const PolicyChain& other) const;
  // The first refusal ends it; all policies share `plan`.
  std::optional<Refusal> decide(const Request& request, Plan& plan) const {
    if (request.peer.authenticated && !guards_) return denied_by_default();
    if (!judges_) return std::nullopt;
    for (const Policy* policy : members_->judges) {
      if (auto refusal = policy->decide(request, plan)) return refusal;
    }
    return std::nullopt;
  }
  void observe(const Outcome& outcome) const {
    if (!observes_) return;
    for (const Policy* policy : members_->observers) policy->observe(outcome);
  }

  std::span<const std::shared_ptr<const Policy>> policies() const;
  // Some copy of this one is alive.
  bool has_copies() const { return members_.use_count() > 1; }

 private:
  struct Members {
    std::vector<std::shared_ptr<const Policy>> policies;
    std::vector<const Policy*> judges;
    std::vector<const Policy*> observers;
    std::vector<const Policy*> guards;
  };

  std::shared_ptr<const Members> members_;  // null: there are none
  bool judges_ = false;
  bool observes_ = false;
  bool guards_ = false;
  bool reads_headers_ = false;
  bool reads_source_ = false;
};

}  // namespace weft
