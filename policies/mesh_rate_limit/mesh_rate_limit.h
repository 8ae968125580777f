// MeshRateLimit: how many requests and connections a proxy takes in. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_rate_limit_kind();

}  // namespace weft
