// What a policy names that is not there: no proxy, no destination, no backend. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "control-plane/engine/policy_reach.h"

namespace weft::cp {

// The policy is for no Dataplane; empty when it is for one.
std::string proxies_warning(const Reach& reach, const PolicyResource& policy);
// One sentence for each to-item that names nothing.
void add_destination_warnings(const World& world, const PolicyResource& policy, std::vector<std::string>& out);
// One for each backend, wherever it stands in the policy, that is not there or has no such port.
void add_backend_warnings(const World& world, const PolicyResource& policy, std::vector<std::string>& out);

}  // namespace weft::cp
