#include "policies/mesh_http_route/mesh_http_route.h"

#include "policies/mesh_http_route/validate.h"

namespace weft {

PolicyKind mesh_http_route_kind() { return {.name = "MeshHTTPRoute", .validate = mesh_http_route::validate}; }

}  // namespace weft
