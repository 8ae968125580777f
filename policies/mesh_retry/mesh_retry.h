// MeshRetry: what is tried again, how often and after which wait. See README.md for what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_retry_kind();

}  // namespace weft
