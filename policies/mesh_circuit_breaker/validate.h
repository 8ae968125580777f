// Semantic checks of a MeshCircuitBreaker. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_circuit_breaker {

// `spec` is a v1::MeshCircuitBreaker.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_circuit_breaker
