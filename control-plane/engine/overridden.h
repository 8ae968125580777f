// Which values and rules of a policy can never take effect, because others speak about the same traffic. Pure, any
// thread.
#pragma once

#include <string>
#include <vector>

#include "policies/policy_resource.h"

namespace weft::cp {

// A sentence for each item of `policy` with such values. `others` are the policies of the same kind and mesh, in any
// order; `policy` itself, and an older version of it, are skipped.
std::vector<std::string> overridden_values(const PolicyPtr& policy, const std::vector<PolicyPtr>& others);

}  // namespace weft::cp
