// MeshTrafficPermission: who may talk to a proxy. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_traffic_permission_kind();

}  // namespace weft
