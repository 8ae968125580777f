// MeshHTTPRoute: where requests to a service go, and what is changed on the way. Pure; see README.md.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_http_route_kind();

}  // namespace weft
