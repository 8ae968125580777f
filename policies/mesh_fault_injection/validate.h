// Semantic checks of a MeshFaultInjection. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_fault_injection {

// `spec` is a v1::MeshFaultInjection.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_fault_injection
