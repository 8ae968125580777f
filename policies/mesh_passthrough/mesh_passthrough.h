// MeshPassthrough: which destinations outside the mesh may be reached. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_passthrough_kind();

}  // namespace weft
