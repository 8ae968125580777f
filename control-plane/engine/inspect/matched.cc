#include "control-plane/engine/inspect/matched.h"

#include <algorithm>
#include <array>

#include "control-plane/engine/inspect/destinations.h"
#include "policies/order.h"

namespace weft::cp {
namespace {

size_t place_of(std::string_view type) {
  constexpr std::array<std::string_view, 16> kOrder = {"MeshHTTPRoute",
                                                       "MeshTCPRoute",
                                                       "MeshTLS",
                                                       "MeshLoadBalancingStrategy",
                                                       "MeshPassthrough",
                                                       "MeshAccessLog",
                                                       "MeshTrace",
                                                       "MeshFaultInjection",
                                                       "MeshRateLimit",
                                                       "MeshTimeout",
                                                       "MeshTrafficPermission",
                                                       "MeshHealthCheck",
                                                       "MeshCircuitBreaker",
                                                       "MeshRetry",
                                                       "MeshMetric",
                                                       "MeshProxyPatch"};
  return static_cast<size_t>(std::find(kOrder.begin(), kOrder.end(), type) - kOrder.begin());
}

}  // namespace

std::vector<InboundRule> MatchedKind::rules_of_port(size_t port) const {
  std::vector<PolicyPtr> here;
  for (size_t i = 0; i < policies.size(); ++i) {
    const std::vector<size_t>& ports = selections[i].ports;
    if (std::find(ports.begin(), ports.end(), port) != ports.end()) here.push_back(policies[i]);
  }
  return inbound_rules(here);
}

std::vector<MatchedKind> matched_kinds(const World& world, const DataplaneView& dataplane, Shadow shadow) {
  std::vector<MatchedKind> matched;
  for (const Kind& kind : kinds()) {
    if (!kind.is_policy()) continue;
    MatchedKind of_kind{&kind, {}, {}, {}};
    for (const auto& [name, resource] : *world.table(kind.type(), dataplane.resource->key.mesh)) {
      PolicyPtr policy = view_policy(resource);
      Selection selection = select(*policy, dataplane.proxy, shadow);
      if (!selection.warning.empty()) of_kind.warnings.push_back(selection.warning);
      if (selection.applies) of_kind.policies.push_back(std::move(policy));
    }
    sort_policies(of_kind.policies);
    for (const PolicyPtr& policy : of_kind.policies) {
      of_kind.selections.push_back(select(*policy, dataplane.proxy, shadow));
    }
    if (!of_kind.policies.empty() || !of_kind.warnings.empty()) matched.push_back(std::move(of_kind));
  }
  return matched;
}

void sort_by_application(std::vector<MatchedKind>& kinds) {
  std::stable_sort(kinds.begin(), kinds.end(), [](const MatchedKind& a, const MatchedKind& b) {
    return place_of(a.kind->type()) < place_of(b.kind->type());
  });
}

Targets::Targets(const World& world, const std::string& mesh) {
  if (ResourcePtr own = world.find({"Mesh", "", mesh})) resources_.push_back(std::move(own));
  const auto take = [&](std::string_view kind) {
    for (const auto& [name, resource] : *world.table(kind, mesh)) resources_.push_back(resource);
  };
  for (const std::string_view kind : kServiceKinds) take(kind);
  take("MeshHTTPRoute");
  all_.reserve(resources_.size());
  for (const ResourcePtr& resource : resources_) {
    all_.push_back(target_resource(*resource));
    if (resource->key.type == "Mesh") {
      reader_.mesh = &all_.back();
    } else {
      reader_.resources.push_back(&all_.back());
    }
  }
}

const TargetResource* Targets::find(const Kri& kri) const {
  for (size_t i = 0; i < resources_.size(); ++i) {
    if (names(kri, *resources_[i])) return &all_[i];
  }
  return nullptr;
}

}  // namespace weft::cp
