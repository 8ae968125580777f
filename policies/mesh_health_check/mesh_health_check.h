// MeshHealthCheck: which instances answer at all, asked by every caller. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_health_check_kind();

}  // namespace weft
