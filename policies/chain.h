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

  // Somebody will read the request in decide().
  bool judges() const { return !judges_.empty(); }
  // The first refusal ends it; all policies share `plan`.
  std::optional<Refusal> decide(const Request& request, Plan& plan) const {
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
};

}  // namespace weft
