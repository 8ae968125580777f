#include "policies/mesh_traffic_permission/mesh_traffic_permission.h"

#include "policies/mesh_traffic_permission/validate.h"

namespace weft {

PolicyKind mesh_traffic_permission_kind() {
  return {.name = "MeshTrafficPermission", .validate = mesh_traffic_permission::validate};
}

}  // namespace weft
