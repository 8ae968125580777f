#include "policies/mesh_tcp_route/mesh_tcp_route.h"

#include "policies/mesh_tcp_route/conf.h"
#include "policies/mesh_tcp_route/validate.h"

namespace weft {

PolicyKind mesh_tcp_route_kind() {
  return {.name = "MeshTCPRoute", .validate = mesh_tcp_route::validate, .conf_of_item = mesh_tcp_route::conf_of_item};
}

}  // namespace weft
