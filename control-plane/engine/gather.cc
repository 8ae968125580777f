#include "control-plane/engine/gather.h"

#include <map>
#include <utility>

#include "policies/match.h"
#include "policies/policy.h"

namespace weft::cp {
namespace {

MemoKey key_of(const std::vector<PolicyPtr>& policies) {
  MemoKey key;
  for (const PolicyPtr& policy : policies) key.input(policy);
  return key;
}

ServiceViewPtr find_service(const v1::Dataplane::Networking::Outbound::BackendRef& ref, const MeshIndex& index) {
  // An author may leave the kind out; other kinds of destinations are not served.
  if (!ref.kind().empty() && ref.kind() != "MeshService") return nullptr;
  if (ref.name().empty()) return index.oldest_service(ref.labels());
  if (ServiceViewPtr named = index.service(ref.name())) return named;
  // A copy from elsewhere is stored under a name of its own.
  return index.oldest_service(std::map<std::string, std::string>{{std::string(label::kDisplayName), ref.name()}});
}

int find_port(const v1::MeshService& service, uint32_t port) {
  for (int i = 0; i < service.ports_size(); ++i) {
    if (service.ports(i).port() == port) return i;
  }
  return -1;
}

}  // namespace

ProxyPolicies gather_policies(const DataplaneView& dataplane, const MeshIndex& index, PolicyTables& tables,
                              Shadow shadow) {
  const size_t kinds = policy_kinds().size();
  const size_t inbounds = static_cast<size_t>(dataplane.networking().inbound_size());
  ProxyPolicies gathered;
  gathered.outbound.resize(kinds);
  gathered.inbound.assign(inbounds, std::vector<InboundPoliciesPtr>(kinds));
  for (size_t kind = 0; kind < kinds; ++kind) {
    if (!policy_kinds()[kind].is_enforced()) continue;
    const bool is_tls = policy_kinds()[kind].name == kTlsKind;
    std::vector<PolicyPtr> to;
    std::vector<PolicyPtr> own;
    std::vector<std::vector<PolicyPtr>> rules(inbounds);
    for (const PolicyPtr& policy : index.policies(kind)) {
      const Selection selection = select(*policy, dataplane.proxy, shadow);
      if (selection.applies && policy->spec.to_size() > 0) to.push_back(policy);
      if (!policy->spec.is_inbound()) continue;
      if (is_tls && selection.applies) own.push_back(policy);
      for (const size_t port : selection.ports) {
        if (port < inbounds) rules[port].push_back(policy);
      }
    }
    gathered.outbound[kind] = tables.outbound.get(key_of(to), [&] { return OutboundPolicies{sorted_to_entries(to)}; });
    if (is_tls) {
      gathered.own_tls = tables.inbound.get(key_of(own), [&] { return InboundPolicies{inbound_rules(own)}; });
    }
    for (size_t i = 0; i < inbounds; ++i) {
      const auto& here = rules[i];
      gathered.inbound[i][kind] =
          tables.inbound.get(key_of(here), [&] { return InboundPolicies{inbound_rules(here)}; });
    }
  }
  return gathered;
}

std::vector<OutboundTarget> gather_outbounds(const DataplaneView& dataplane, MeshIndex& index) {
  std::vector<OutboundTarget> targets;
  for (const auto& outbound : dataplane.networking().outbound()) {
    OutboundTarget target{find_service(outbound.backend_ref(), index), -1, nullptr};
    if (target.service != nullptr) target.port = find_port(*target.service->spec, outbound.backend_ref().port());
    if (target.port >= 0) target.instances = index.instances(target.service);
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace weft::cp
