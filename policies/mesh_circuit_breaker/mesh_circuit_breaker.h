// MeshCircuitBreaker: how much a destination is asked at once, and when an instance is left alone. See README.md for
// what users are promised.
#pragma once

#include "policies/policy.h"

namespace weft {

PolicyKind mesh_circuit_breaker_kind();

}  // namespace weft
