// Semantic checks of a MeshTCPRoute. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_tcp_route {

// `spec` is a v1::MeshTCPRoute.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_tcp_route
