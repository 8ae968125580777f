// Semantic checks of a MeshTrafficPermission. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_traffic_permission {

// `spec` is a v1::MeshTrafficPermission.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_traffic_permission
