// Semantic checks of a MeshTimeout. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_timeout {

// `spec` is a v1::MeshTimeout.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_timeout
