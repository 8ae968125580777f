#include "policies/mesh_fault_injection/mesh_fault_injection.h"

#include "policies/mesh_fault_injection/validate.h"

namespace weft {

PolicyKind mesh_fault_injection_kind() {
  return {.name = "MeshFaultInjection", .validate = mesh_fault_injection::validate};
}

}  // namespace weft
