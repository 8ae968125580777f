// Semantic checks of a MeshHTTPRoute. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_http_route {

// `spec` is a v1::MeshHTTPRoute.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_http_route
