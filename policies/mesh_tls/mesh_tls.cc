#include "policies/mesh_tls/mesh_tls.h"

#include "policies/mesh_tls/validate.h"

namespace weft {

PolicyKind mesh_tls_kind() { return {.name = "MeshTLS", .validate = mesh_tls::validate}; }

}  // namespace weft
