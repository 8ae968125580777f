// Which policies are for a proxy, and for which of its ports. Pure functions over what is known of the policy and of
// the proxy; the control plane and the CLI both ask here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/policy_resource.h"

namespace weft {

// What matching needs to know of a Dataplane.
struct ProxyView {
  struct Port {
    std::string address;
    uint32_t port = 0;
    std::string name;  // may be empty
    // How policies call it: its name, or its number when it has none.
    std::string section() const;
  };
  Labels labels;
  std::string display_name;
  // Inbounds first, then listeners embedded in the Dataplane.
  std::vector<Port> ports;
  bool delegated_gateway = false;
};

struct Selection {
  // The policy is for this proxy.
  bool applies = false;
  // Indices into ProxyView::ports.
  std::vector<size_t> ports;
  // Why the policy can never select anything; empty when it can.
  std::string warning;
};

enum class Shadow { kIgnore, kInclude };

// Zone, namespace and labels of a proxy fit; which of its ports do is another question.
bool fits_proxy(const PolicyResource& policy, const Labels& labels, std::string_view display_name);

Selection select(const PolicyResource& policy, const ProxyView& proxy, Shadow shadow = Shadow::kIgnore);

// Those of `policies` that are for this proxy, in the order given.
std::vector<PolicyPtr> matched_policies(std::span<const PolicyPtr> policies, const ProxyView& proxy,
                                        Shadow shadow = Shadow::kIgnore);

}  // namespace weft
