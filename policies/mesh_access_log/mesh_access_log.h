// MeshAccessLog: what is written about every request and connection, and where. Pure; see README.md.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_access_log_kind();

}  // namespace weft
