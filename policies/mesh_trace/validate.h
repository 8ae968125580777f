// Semantic checks of a MeshTrace. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_trace {

// `spec` is a v1::MeshTrace.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_trace
