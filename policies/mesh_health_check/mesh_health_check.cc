#include "policies/mesh_health_check/mesh_health_check.h"

#include "policies/mesh_health_check/validate.h"

namespace weft {

PolicyKind mesh_health_check_kind() { return {.name = "MeshHealthCheck", .validate = mesh_health_check::validate}; }

}  // namespace weft
