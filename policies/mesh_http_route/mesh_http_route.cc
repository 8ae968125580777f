#include "policies/mesh_http_route/mesh_http_route.h"

#include "policies/mesh_http_route/conf.h"
#include "policies/mesh_http_route/hidden_rules.h"
#include "policies/mesh_http_route/validate.h"

namespace weft {

PolicyKind mesh_http_route_kind() {
  return {.name = "MeshHTTPRoute",
          .validate = mesh_http_route::validate,
          .conf_of_item = mesh_http_route::conf_of_item,
          .match_hashes = mesh_http_route::match_hashes,
          .hidden_rules = mesh_http_route::hidden_rules};
}

}  // namespace weft
