#include "policies/mesh_circuit_breaker/mesh_circuit_breaker.h"

#include "policies/mesh_circuit_breaker/validate.h"

namespace weft {

PolicyKind mesh_circuit_breaker_kind() {
  return {.name = "MeshCircuitBreaker", .validate = mesh_circuit_breaker::validate};
}

}  // namespace weft
