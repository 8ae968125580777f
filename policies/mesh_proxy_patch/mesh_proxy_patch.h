// MeshProxyPatch: changes to an Envoy, kept and shown without an effect. Pure; see README.md.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_proxy_patch_kind();

}  // namespace weft
