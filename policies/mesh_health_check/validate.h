// Semantic checks of a MeshHealthCheck. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_health_check {

// `spec` is a v1::MeshHealthCheck.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_health_check
