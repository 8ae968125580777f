#include "policies/mesh_passthrough/mesh_passthrough.h"

#include "policies/mesh_passthrough/validate.h"

namespace weft {

PolicyKind mesh_passthrough_kind() { return {.name = "MeshPassthrough", .validate = mesh_passthrough::validate}; }

}  // namespace weft
