// MeshLoadBalancingStrategy: which instance and which zone a request goes to. See README.md for what users are
// promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_load_balancing_strategy_kind();

}  // namespace weft
