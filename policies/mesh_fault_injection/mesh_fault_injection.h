// MeshFaultInjection: failures and delays made on purpose. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_fault_injection_kind();

}  // namespace weft
