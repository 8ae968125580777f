#include "policies/mesh_access_log/mesh_access_log.h"

#include "policies/mesh_access_log/validate.h"

namespace weft {

PolicyKind mesh_access_log_kind() { return {.name = "MeshAccessLog", .validate = mesh_access_log::validate}; }

}  // namespace weft
