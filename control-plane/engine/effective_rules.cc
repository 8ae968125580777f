#include "control-plane/engine/effective_rules.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "policies/order.h"

namespace weft::cp {
namespace {

// One kind for one proxy.
KindRules rules_of(size_t kind, const DataplaneView& dataplane, const RuleIndex& index, Shadow shadow,
                   std::vector<TargetViewPtr>& targets) {
  KindRules out;
  out.kind = &policy_kinds()[kind];
  std::vector<std::vector<PolicyPtr>> inbound(dataplane.proxy.ports.size());
  for (const PolicyPtr& policy : index.policies(kind)) {
    const Selection selection = select(*policy, dataplane.proxy, shadow);
    if (!selection.applies) continue;
    out.policies.push_back(policy);
    if (!policy->spec.is_inbound()) continue;
    for (const size_t port : selection.ports) inbound[port].push_back(policy);
  }
  out.to = to_rules(sorted_to_entries(out.policies), index.mesh() == nullptr ? nullptr : &index.mesh()->target,
                    [&](const v1::TargetRef& ref) {
                      std::vector<const TargetResource*> named;
                      for (TargetViewPtr& view : index.named(ref)) {
                        named.push_back(&view->target);
                        targets.push_back(std::move(view));
                      }
                      return named;
                    });
  for (size_t port = 0; port < inbound.size(); ++port) {
    if (!inbound[port].empty()) out.inbounds.push_back({port, inbound_rules(inbound[port])});
  }
  if (!out.policies.empty() && PolicySpec::rules_of(out.policies.front()->spec.message()).has_single_default()) {
    out.proxy = effective_single_conf(out.policies);
  }
  return out;
}

}  // namespace

const KindRules* EffectiveRules::find(std::string_view kind) const {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const KindRules& one) { return one.kind->name == kind; });
  return found == kinds.end() ? nullptr : &*found;
}

Result<EffectiveRules> effective_rules(const World& world, const ResourceKey& dataplane, RuleIndexes& indexes,
                                       Shadow shadow) {
  const ResourcePtr resource = world.find(dataplane);
  EffectiveRules out;
  if (resource != nullptr) out.dataplane = view_dataplane(resource);
  if (out.dataplane == nullptr) return not_found(cat("there is no Dataplane '", dataplane.name, "'"));
  indexes.with(world, dataplane.mesh, [&](const RuleIndex& index) {
    out.mesh = index.mesh();
    for (size_t kind = 0; kind < policy_kinds().size(); ++kind) {
      KindRules rules = rules_of(kind, *out.dataplane, index, shadow, out.targets);
      if (!rules.policies.empty()) out.kinds.push_back(std::move(rules));
    }
  });
  std::sort(out.targets.begin(), out.targets.end());
  out.targets.erase(std::unique(out.targets.begin(), out.targets.end()), out.targets.end());
  return out;
}

}  // namespace weft::cp
