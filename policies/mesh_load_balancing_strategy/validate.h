// Semantic checks of a MeshLoadBalancingStrategy. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_load_balancing_strategy {

// `spec` is a v1::MeshLoadBalancingStrategy.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_load_balancing_strategy
