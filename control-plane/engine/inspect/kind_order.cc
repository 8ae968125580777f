#include "control-plane/engine/inspect/kind_order.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace weft::cp {
namespace {

constexpr std::array<std::string_view, 16> kApplication = {"MeshHTTPRoute",
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

auto place_of(const KindRules& kind) {
  return std::pair(std::find(kApplication.begin(), kApplication.end(), kind.kind->name) - kApplication.begin(),
                   kind.kind->name);
}

template <typename Less>
std::vector<const KindRules*> sorted(const EffectiveRules& rules, const Less& less) {
  std::vector<const KindRules*> kinds;
  for (const KindRules& kind : rules.kinds) kinds.push_back(&kind);
  std::stable_sort(kinds.begin(), kinds.end(), less);
  return kinds;
}

}  // namespace

std::vector<const KindRules*> by_name(const EffectiveRules& rules) {
  return sorted(rules, [](const KindRules* a, const KindRules* b) { return a->kind->name < b->kind->name; });
}

std::vector<const KindRules*> by_application(const EffectiveRules& rules) {
  return sorted(rules, [](const KindRules* a, const KindRules* b) { return place_of(*a) < place_of(*b); });
}

}  // namespace weft::cp
