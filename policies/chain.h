// The policies of one route in the order of the registry. Owns them. Only the kinds that judge requests or observe
// outcomes are asked again for each request; the rest spoke in prepare(). Immutable after construction, shared by all
// workers.
#pragma once

#include <memory>
#include <optional>
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
  bool judges() const { return !judges_.empty(); }
  bool reads_headers() const { return reads_headers_; }
  bool reads_source() const { return reads_source_; }
  // Somebody says who may talk. Where nobody does, an authenticated peer may not: decide() refuses it.
  bool guards() const { return !guards_.empty(); }
  // The same for a connection that is not HTTP.
  std::optional<Refusal> decide_connection(const Peer& peer, Plan& plan) const {
    if (!peer.authenticated) return std::nullopt;
    if (guards_.empty()) return denied_by_default();
    for (const Policy* policy : guards_) {
      if (auto refusal = policy->decide_connection(peer, plan)) return refusal;
    }
    return std::nullopt;
  }
  // The same objects say who may talk here and there.
  bool same_guards(const PolicyChain& other) const { return guards_ == other.guards_; }
  // The first refusal ends it; all policies share `plan`.
  std::optional<Refusal> decide(const Request& request, Plan& plan) const {
    if (request.peer.authenticated && guards_.empty()) return denied_by_default();
    for (const Policy* policy : judges_) {
      if (auto refusal = policy->decide(request, plan)) return refusal;
    }
    return std::nullopt;
  }
  void observe(const Outcome& outcome) const {
    for (const Policy* policy : observers_) policy->observe(outcome);
  }

 private:
  std::vector<std::shared_ptr<const Policy>> policies_;
  std::vector<const Policy*> judges_;
  std::vector<const Policy*> observers_;
  std::vector<const Policy*> guards_;
  bool reads_headers_ = false;
  bool reads_source_ = false;
};

}  // namespace weft
