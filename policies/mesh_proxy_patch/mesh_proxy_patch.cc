#include "policies/mesh_proxy_patch/mesh_proxy_patch.h"

#include "policies/mesh_proxy_patch/validate.h"

namespace weft {

PolicyKind mesh_proxy_patch_kind() { return {.name = "MeshProxyPatch", .validate = mesh_proxy_patch::validate}; }

}  // namespace weft
