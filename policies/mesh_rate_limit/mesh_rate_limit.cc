#include "policies/mesh_rate_limit/mesh_rate_limit.h"

#include "policies/mesh_rate_limit/validate.h"

namespace weft {

PolicyKind mesh_rate_limit_kind() { return {.name = "MeshRateLimit", .validate = mesh_rate_limit::validate}; }

}  // namespace weft
