// MeshTimeout: how long a connection, a request and a quiet stream may last. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_timeout_kind();

}  // namespace weft
