// What one proxy depends on, collected and nothing more: its Dataplane, the policies matched to it, where its outbounds
// lead. All by pointer, so comparing two of these tells whether there is anything to compile. Plain data.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control-plane/engine/memo_table.h"
#include "control-plane/engine/mesh_index.h"
#include "policies/inbound_rules.h"
#include "policies/order.h"

namespace weft::cp {

// An identity says what its own connections speak, too.
inline constexpr std::string_view kTlsKind = "MeshTLS";

// The to-items of one kind that one proxy is subject to. Proxies matched by the same policies share it.
struct OutboundPolicies {
  std::vector<ToEntry> entries;  // weakest first
};
// The same for the rules of one kind on one inbound.
struct InboundPolicies {
  std::vector<InboundRule> rules;
};
using OutboundPoliciesPtr = std::shared_ptr<const OutboundPolicies>;
using InboundPoliciesPtr = std::shared_ptr<const InboundPolicies>;

struct PolicyTables {
  MemoTable<OutboundPolicies> outbound;
  MemoTable<InboundPolicies> inbound;
};

// By the position of the kind in policy_kinds(). Null where no proxy acts on the kind.
struct ProxyPolicies {
  std::vector<OutboundPoliciesPtr> outbound;
  // For each inbound of the Dataplane.
  std::vector<std::vector<InboundPoliciesPtr>> inbound;
  // MeshTLS for the connections the proxy opens: every policy for the proxy, whatever port it names.
  InboundPoliciesPtr own_tls;
  bool operator==(const ProxyPolicies&) const = default;
};

// Where one networking.outbound[] leads.
struct OutboundTarget {
  // Null: there is no such service.
  ServiceViewPtr service;
  // Position in the service's ports; -1: it has no such port.
  int port = -1;
  // Null when there is no service or no port.
  Instances instances;
  bool operator==(const OutboundTarget&) const = default;
};

ProxyPolicies gather_policies(const DataplaneView& dataplane, const MeshIndex& index, PolicyTables& tables,
                              Shadow shadow = Shadow::kIgnore);

// One for each networking.outbound[], in that order.
std::vector<OutboundTarget> gather_outbounds(const DataplaneView& dataplane, MeshIndex& index);

}  // namespace weft::cp
