// Semantic checks of a MeshPassthrough. Pure, any thread.
#pragma once

#include <google/protobuf/message.h>

#include "policies/violations.h"

namespace weft::mesh_passthrough {

// `spec` is a v1::MeshPassthrough.
void validate(const google::protobuf::Message& spec, Violations& violations);

}  // namespace weft::mesh_passthrough
