// MeshTCPRoute: where connections to a service go. Pure; see README.md.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_tcp_route_kind();

}  // namespace weft
